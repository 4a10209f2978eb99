"""Records as tables for other programs."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from suite.audit import export
from suite.cli import app
from suite.errors import UsageError
from suite.records.store import read

DOCUMENTED = Path(__file__).parents[2] / "docs" / "records.md"


def invoke(made: Path, *arguments: object) -> Any:
    return CliRunner().invoke(app, ["export", "--results", str(made), *map(str, arguments)])


def test_every_run_is_a_row_in_every_format(made: Path, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(invoke(made).stdout)))
    content = json.loads(invoke(made, "--format", "json").stdout)
    done = invoke(made, "--format", "parquet", "--out", tmp_path / "runs.parquet")
    assert (done.exit_code, "6 runs written" in done.stdout) == (0, True)
    frame = pd.read_parquet(tmp_path / "runs.parquet")
    assert list(rows[0]) == list(frame.columns) == list(export.COLUMNS)
    runs = {run.record.digest: run.record for run in read(made).runs}
    assert len(rows) == len(frame) == len(content["rows"]) == len(runs) == 6
    for row, entry, (_, typed) in zip(rows, content["rows"], frame.iterrows(), strict=True):
        record = runs[row["digest"]]
        assert entry["parameters"] == record.parameters == json.loads(typed["parameters"])
        assert float(row["accuracy"]) == entry["accuracy"] == typed["accuracy"] > 0.5
        assert int(row["seed"]) == entry["seed"] == typed["seed"] == record.seed
        assert (row["fold"], "fold" in entry, typed["fold"]) == ("", False, pd.NA) or pd.isna(
            typed["fold"]
        )
        assert row["unverified"] == "false"
        assert entry["unverified"] is False
        assert entry.get("epochs", 0) == len(record.history or ())


def test_columns_of_parquet_have_their_types(made: Path, tmp_path: Path) -> None:
    invoke(made, "--format", "parquet", "--out", tmp_path / "runs.parquet")
    kinds = pd.read_parquet(tmp_path / "runs.parquet").dtypes.astype(str).to_dict()
    assert kinds["fold"] == "Int64"  # though no run has one
    assert kinds["accuracy"] == kinds["peak_memory_mib"] == "Float64"
    assert kinds["git_dirty"] == kinds["unverified"] == "boolean"
    assert kinds["model"].startswith("str")


def test_the_columns_are_documented_in_their_order() -> None:
    text = DOCUMENTED.read_text()
    places = [text.find(f"`{name}`", text.find("Columns:")) for name in export.COLUMNS]
    assert -1 not in places
    assert places == sorted(places)


def test_parquet_without_its_library_is_a_clear_error(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "missing_of", lambda names: tuple(names))
    done = invoke(made, "--format", "parquet", "--out", tmp_path / "x")
    assert isinstance(done.exception, UsageError)
    assert "pip install pyarrow" in str(done.exception)
    assert not (tmp_path / "x").exists()


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    assert isinstance(invoke(tmp_path / "misspelt").exception, UsageError)


@pytest.mark.parametrize(
    "arguments", [["--format", "xml"], ["--format", "parquet"], ["--out", "/nowhere/at/all.csv"]]
)
def test_what_can_t_be_written_is_a_usage_error(made: Path, arguments: list[str]) -> None:
    assert isinstance(invoke(made, *arguments).exception, UsageError)


def test_a_damaged_record_is_told_and_the_others_are_written(results: Path) -> None:
    next(results.rglob("*.npz")).unlink()
    done = invoke(results)
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == 6
    assert "damaged: " in done.stderr


def test_a_link_stays_one_and_what_it_leads_to_is_written(made: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "runs.csv").symlink_to(tmp_path / "there" / "runs.csv")
    for _ in range(2):  # the file is not there yet, and then it is
        assert invoke(made, "--out", tmp_path / "runs.csv").exit_code == 0
        assert (tmp_path / "runs.csv").is_symlink()
        assert [path.name for path in (tmp_path / "there").iterdir()] == ["runs.csv"]
    assert (tmp_path / "there" / "runs.csv").read_text().startswith("dataset,")


def test_a_pipe_stays_one_and_gets_the_table(made: Path, tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()), daemon=True)
    reader.start()
    assert invoke(made, "--out", pipe).exit_code == 0
    assert pipe.is_fifo()
    reader.join(10)
    assert heard[0].startswith(b"dataset,")
