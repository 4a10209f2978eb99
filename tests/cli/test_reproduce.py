from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from reports.reproduction_records import reproduce_records
from suite.cli import app
from suite.cli.reproduce import print_reproductions
from suite.data.datasets import load
from suite.data.known import DATASETS
from suite.errors import UsageError
from suite.records.arrays import RunArrays
from suite.records.record import DatasetFacts, Environment, make_record
from suite.records.store import Contents, open_store

PLUGIN = """
from suite.contract import Plugin, Published, Source

PLUGIN = Plugin(
    title="Mine", family="own", view="flat", build=lambda *, seed, threads, C: None,
    params={"C": 1.0}, variants={"big": {"C": 9.0}}, parameters=len, requires=("no_such_library",),
    source=Source(name="A paper [red]x[/red]", published=(
        Published(dataset="digits", accuracy=0.95, note="one run"),
        Published(dataset="digits", accuracy=0.5, variant="big"),
    )),
)
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SUITE_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "mine.py"
    path.write_text(PLUGIN)
    return path


@pytest.fixture
def results(plugin: Path, tmp_path: Path) -> Path:
    """A results folder with two runs of the plugin, 95 % right on average."""
    labels = np.array(load("digits").labels("test"))
    with open_store(tmp_path / "results") as store:
        for seed in (0, 1):
            predictions = labels.copy()
            predictions[: 36 * seed] = (predictions[: 36 * seed] + 1) % 10
            arrays = RunArrays(predictions=predictions)
            store.add(a_record(seed, arrays.sha256()), arrays)
    return tmp_path / "results"


def a_record(seed: int, arrays_sha256: str) -> Any:
    return make_record(
        model="mine", parameters={"C": 1.0}, source_hash="a" * 64,
        dataset=DatasetFacts(name="digits", sums=DATASETS["digits"].sums), protocol="holdout",
        preset="standard", split_hash="b" * 64, train_images=1_150, seed=seed, threads=1,
        status="ok", arrays_sha256=arrays_sha256, started_at="2026-05-01T12:00:00Z",
        environment=Environment(processor="Any", cores=1, memory_mib=1, system="any", python="3",
                                packages={}),
    )  # fmt: skip


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["reproduce", *map(str, arguments)])


def test_json_has_both_kinds_of_published_values(results: Path, plugin: Path) -> None:
    result = invoke("--results", results, "--models", plugin, "--json")
    assert result.exit_code == 0, result.output
    default, big = json.loads(result.stdout)["rows"]
    assert (default["verdict"], big["verdict"]) == ("reproduced", "not run yet")
    assert default["ours"]["accuracy_percent"] == pytest.approx(95.0)
    assert default["ours"]["seeds"] == [0, 1]
    assert default["published"]["accuracy_percent"] == pytest.approx(95.0)
    assert default["reasons"] == ["its plugin says: one run"]
    everything = json.loads(invoke("--results", results, "--json").stdout)["rows"]
    assert {"cmasch", "xgboost/anktplwl91", ""} <= {row["model"] for row in everything}


def test_models_narrow_the_table(results: Path, plugin: Path) -> None:
    variant = invoke("--results", results, "--models", f"{plugin}/big", "--json")
    assert [row["model"] for row in json.loads(variant.stdout)["rows"]] == ["mine/big"]
    named = invoke("--results", results, "--models", "machine_learning_mastery", "--json")
    rows = json.loads(named.stdout)["rows"]
    assert {row["model"].split("/")[0] for row in rows} == {"machine_learning_mastery"}
    assert "is on file" in invoke("--results", results, "--models", "dummy").stdout
    assert isinstance(invoke("--results", results, "--models", "cmash").exception, UsageError)


def test_without_records_everything_is_still_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("--models", "cmasch")
    assert result.exit_code == 0
    assert "not run yet" in result.stdout
    assert "93.43" in result.stdout


def test_a_damaged_record_gives_status_1(results: Path, plugin: Path) -> None:
    path = results / "digits/holdout-standard/mine/seed-1.json"
    path.write_text(path.read_text().replace("1150", "1151"))
    result = invoke("--results", results, "--models", plugin)
    assert result.exit_code == 1
    assert str(path) in result.stderr
    assert "+5.00  higher" in result.stdout
    assert "unexplained" in result.stdout


@pytest.mark.parametrize("width", [40, 69, 80, 160])
def test_the_table_fits_the_terminal(plugin: Path, width: int) -> None:
    rows, _ = reproduce_records(Contents((), ()))
    mine, _ = reproduce_records(Contents((), ()), [str(plugin)])
    file = io.StringIO()
    print_reproductions([*mine, *rows], Console(file=file, width=width, highlight=False))
    text = file.getvalue()
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    flat = " ".join(text.split())
    for words in ("not run yet", "91.187", "mean of 5 folds", "2 combined deviations",
                  "have no model here"):  # fmt: skip
        assert words in flat
    assert ("93.43 ± 0.05" in text) == (width == 160)
