from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from reports.tables import build_tables
from suite.cli import app
from suite.cli.report import print_leaderboard
from suite.data.datasets import load
from suite.data.known import DATASETS
from suite.errors import UsageError
from suite.records.arrays import RunArrays
from suite.records.record import DatasetFacts, Environment, Record, make_record
from suite.records.store import open_store
from suite.stats.scoring import Scored


def a_record(**changes: Any) -> Record:
    name = changes.pop("dataset", "digits")
    content: dict[str, Any] = {
        "model": "a_model_of_none",
        "parameters": {},
        "source_hash": "a" * 64,
        "dataset": DatasetFacts(name=name, sums=DATASETS[name].sums),
        "protocol": "holdout",
        "preset": "standard",
        "split_hash": "b" * 64,
        "train_images": 1_150,
        "seed": 0,
        "threads": 1,
        "status": "ok",
        "fit_cpu_seconds": 1.5,
        "environment": Environment(
            processor="Any", cores=1, memory_mib=1, system="any", python="3", packages={}
        ),
        "started_at": "2026-05-01T12:00:00Z",
    } | changes
    return make_record(**content)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Options that name a results folder with two runs of one model, and a new site."""
    monkeypatch.setenv("SUITE_CACHE_DIR", str(tmp_path / "cache"))
    labels = np.array(load("digits").labels("test"))
    with open_store(tmp_path / "results") as store:
        for seed in (0, 1):
            predictions = labels.copy()
            predictions[: 36 * seed] = (predictions[: 36 * seed] + 1) % 10
            arrays = RunArrays(predictions=predictions)
            store.add(a_record(seed=seed, arrays_sha256=arrays.sha256()), arrays)
    names = ["--results", str(tmp_path / "results"), "--site", str(tmp_path / "site")]
    return [*names, "--no-charts"]


def test_the_report_is_written_and_shown(folders: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["report", *folders])
    assert result.exit_code == 0, result.output
    assert "95.00 ± 7.07" in result.stdout
    for name in ("index.html", "leaderboard.md", "leaderboard.json", "leaderboard.csv"):
        assert (tmp_path / "site" / name).is_file()
        assert str(tmp_path / "site" / name) in result.stdout
    content = json.loads((tmp_path / "site" / "leaderboard.json").read_text())
    assert content["rows"][0]["accuracy_mean"] == pytest.approx(0.95)


def test_records_and_guide_are_linked_to_where_the_project_is_said_to_lie(
    folders: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = "digits/holdout-standard/a_model_of_none/seed-1.json"
    page = tmp_path / "site" / "models" / "a_model_of_none.html"
    CliRunner().invoke(app, ["report", *folders])
    assert ">seed-1.json<" in page.read_text()
    assert f'<a href="records/{record}">' in page.read_text()
    assert (page.parent / "records" / record).is_file()
    address = "https://example.org/at/main"
    monkeypatch.chdir(tmp_path)
    given = [folder.replace(f"{tmp_path}/", "") for folder in folders]
    result = CliRunner().invoke(app, ["report", *given, "--project-url", f"{address}/"])
    assert result.exit_code == 0, result.output
    assert f'<a href="{address}/results/{record}">' in page.read_text()
    assert f'<a href="{address}/CONTRIBUTING.md">add a model</a>' in page.read_text()
    # Records that lie elsewhere than in the project have no address there.
    CliRunner().invoke(app, ["report", *folders, "--project-url", address])
    assert f'<a href="records/{record}">' in page.read_text()


def test_charts_are_drawn_unless_they_are_not_wanted(folders: list[str], tmp_path: Path) -> None:
    page = tmp_path / "site" / "charts.html"
    result = CliRunner().invoke(app, ["report", *folders[:-1]])
    assert result.exit_code == 0, result.output
    assert str(page) in result.stdout
    assert page.is_file()
    result = CliRunner().invoke(app, ["report", *folders])
    assert "charts.html" not in result.stdout
    assert "vl-convert" not in result.stdout
    assert not page.exists()


def test_without_the_converter_the_report_says_how_to_get_charts(
    folders: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.charts.drawing.converter", lambda: None)
    result = CliRunner().invoke(app, ["report", *folders[:-1]])
    assert result.exit_code == 0, result.output
    assert "pip install 'fashion-mnist-suite[report]'" in result.stdout
    assert (tmp_path / "site" / "index.html").is_file()
    assert not (tmp_path / "site" / "charts.html").exists()


def test_a_damaged_record_is_named_and_gives_status_1(folders: list[str], tmp_path: Path) -> None:
    path = tmp_path / "results/digits/holdout-standard/a_model_of_none/seed-1.json"
    path.write_text(path.read_text().replace("1150", "1151"))
    result = CliRunner().invoke(app, ["report", *folders])
    assert result.exit_code == 1
    assert str(path) in result.stderr
    assert "changed after it was written" in result.stderr
    assert "100.00" in result.stdout
    assert "seed-1.json" in (tmp_path / "site" / "index.html").read_text()


def test_an_empty_results_folder_says_where_it_looked(tmp_path: Path) -> None:
    empty = tmp_path / "nothing"
    result = CliRunner().invoke(app, ["report", "--results", str(empty)])
    assert isinstance(result.exception, UsageError)
    assert str(empty) in str(result.exception)
    assert "suite run --preset quick" in str(result.exception)


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        (["--preset", "quik"], "unknown preset 'quik'. Did you mean quick?"),
        (["--protocol", "hold"], "unknown protocol 'hold'"),
        (["--preset", "paper"], "There are: holdout-standard."),
        (["--project-url", "javascript:x//https://"], "expected a web address such as https://"),
    ],
)
def test_unknown_and_absent_tables_are_usage_errors(
    folders: list[str], option: list[str], hint: str
) -> None:
    result = CliRunner().invoke(app, ["report", *folders, *option])
    assert isinstance(result.exception, UsageError)
    assert hint in str(result.exception)


def scored(accuracy: float | None, **changes: Any) -> Scored:
    if accuracy is None:
        return Scored(a_record(status="out_of_memory", **changes), None, 0)
    return Scored(a_record(**changes), accuracy, 10_000)


def printed(runs: list[Scored], width: int) -> str:
    (table,) = build_tables(runs, {}, tuple(DATASETS))
    console = Console(file=io.StringIO(), width=width, highlight=False)
    print_leaderboard(table, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture
def runs() -> list[Scored]:
    made = []
    for model in ("machine_learning_mastery", "histogram_gradient_boosting", "svm"):
        for dataset in ("fashion", "mnist"):
            for seed in (0, 1):
                made.append(scored(0.9 + seed / 100, model=model, dataset=dataset, seed=seed))
    return made


@pytest.mark.parametrize("width", [60, 80, 160])
def test_models_and_accuracies_are_whole_at_every_width(runs: list[Scored], width: int) -> None:
    lines = printed(runs, width).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width
    for model in ("machine_learning_mastery", "svm"):
        (line,) = [line for line in lines if model in line]
        assert line.count("90.50 ± 0.71") == 2


def test_costs_come_with_width(runs: list[Scored]) -> None:
    assert "CPU s" not in printed(runs, 60)
    assert "CPU s" in printed(runs, 80)
    assert "µs/image" not in printed(runs, 80)
    assert "µs/image" in printed(runs, 160)


def test_three_datasets_still_fit_a_narrow_terminal(runs: list[Scored]) -> None:
    runs += [scored(0.99, model="svm", dataset="digits")]
    lines = printed(runs, 60).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 60
    (line,) = [line for line in lines if " svm " in line]
    assert line.split()[-3:] == ["90.50", "90.50", "99.00"]


def test_of_a_very_long_table_the_best_lines_are_printed() -> None:
    runs = [scored(number / 1_000, model=f"m{number}") for number in range(203)]
    text = printed(runs, 80)
    assert [f"m{n} " in text for n in (202, 3, 2, 0)] == [True, True, False, False]
    assert "and 3 more: see the page" in text
    assert "more" not in printed(runs[3:], 80)


def test_failures_are_shown_in_words_and_text_is_no_markup() -> None:
    failed = scored(None, model="knn")
    odd = scored(0.9, variant="red", environment=Environment(
        processor="[red]x[/red] [/]", cores=1, memory_mib=1, system="", python="", packages={},
    ))  # fmt: skip
    text = printed([failed, odd], 100)
    assert "out of memory" in text
    assert "1 of 2 runs failed" in text
    assert "[red]x[/red] [/]" in text
