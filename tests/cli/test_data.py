from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from suite.cli import data
from suite.data.duplicates import read_csv
from suite.data.known import DATASETS
from suite.data.status import survey
from suite.errors import DataError, UsageError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, cache and working directory, and no variable that names another place."""
    for name in ("SUITE_DATA_DIR", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("SUITE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(data.app, list(arguments), catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result.output


def test_status_names_every_file_in_plain_lines() -> None:
    lines = run("status", "--datasets", "mnist,digits").splitlines()
    assert lines[0] == "mnist  train-images-idx3-ubyte  missing  -"
    assert lines[4] == "digits  train-images-idx3-ubyte  ok  scikit-learn (made when first used)"


def test_status_tells_where_a_missing_dataset_was_looked_for(home: Path) -> None:
    output = run("status", "--datasets", "mnist")
    assert f"mnist was not found in {home / 'cache/mnist'}, " in output
    assert "suite data fetch --datasets mnist" in output


def test_status_as_json(home: Path) -> None:
    answer = json.loads(run("status", "--json"))
    assert answer["cache"] == str(home / "cache")
    assert [f["dataset"] for f in answer["files"]] == ["fashion"] * 4 + ["mnist"] * 4 + [
        "digits"
    ] * 4
    missing = answer["files"][4]
    assert missing["ok"] is False
    assert missing["sha256"] == DATASETS["mnist"].files[0].sha256
    assert str(home / ".keras/datasets/mnist.npz") in missing["looked"]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_wrong_file_gives_status_one(home: Path, options: Sequence[str]) -> None:
    (home / "train-labels-idx1-ubyte").write_bytes(b"<html>")
    output = run("status", "--datasets", "mnist", "--data-dir", str(home), *options, status=1)
    assert "expected the IDX magic number" in output


@pytest.mark.parametrize("columns", [60, 160])
def test_the_table_fits_and_loses_nothing(home: Path, columns: int) -> None:
    folder = home / "a-folder-with-a-long-name/and-another-inside-of-it/and-one-more-at-the-end"
    folder.mkdir(parents=True)
    (folder / "t10k-labels-idx1-ubyte").write_bytes(b"<html>")
    run("fetch", "--datasets", "digits")
    states = [s for name in ("mnist", "digits") for s in survey(DATASETS[name], folder)]
    console = Console(file=io.StringIO(), width=columns, force_terminal=True, color_system=None)
    console.print(data._table(states))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, text.splitlines())) <= columns
    squeezed = re.sub(r"\s", "", text)
    for word in ("t10k-labels-idx1-ubyte", "wrong", "missing", str(home / "cache/digits")):
        assert word in text or word in squeezed
    assert "…" not in text


def test_fetch_decodes_into_the_cache(home: Path) -> None:
    assert run("fetch", "--datasets", "digits") == f"digits: ready in {home / 'cache/digits'}\n"
    assert (home / "cache/digits/train-images.npy").stat().st_size > 1437 * 784
    assert "digits  t10k-labels-idx1-ubyte  ok  the suite's cache" in run("status")


def test_fetch_goes_on_after_a_dataset_that_fails(home: Path) -> None:
    (home / "train-images-idx3-ubyte").write_bytes(b"<html>")
    with pytest.raises(DataError, match="expected the IDX magic number"):
        run("fetch", "--datasets", "mnist,digits", "--data-dir", str(home))
    assert (home / "cache/digits/train-images.npy").exists()


def test_duplicates_are_printed_as_csv() -> None:
    lines = run("duplicates", "--datasets", "digits").splitlines()
    assert lines[0].startswith("# Near-duplicates between test and training images of Digits")
    assert lines[-1] == "test_index,train_index,distance,test_label,train_label"


def test_duplicates_are_written_to_a_folder(home: Path) -> None:
    assert run("duplicates", "--datasets", "digits", "--output", "lists") == ""
    assert read_csv((home / "lists/digits.csv").read_text(), "digits.csv") == ()


@pytest.mark.parametrize("verb", ["status", "fetch"])
def test_unknown_dataset(verb: str) -> None:
    with pytest.raises(UsageError, match=r"unknown dataset 'mnits'. Did you mean mnist\?"):
        run(verb, "--datasets", "digits,mnits")


@pytest.mark.parametrize("verb", ["status", "fetch"])
def test_no_dataset(verb: str) -> None:
    with pytest.raises(UsageError, match=r"--datasets: expected names, got ' ,'\. Known: digits"):
        run(verb, "--datasets", " ,")


def test_a_folder_that_does_not_exist(home: Path) -> None:
    with pytest.raises(DataError, match="--data-dir: expected a folder"):
        run("status", "--datasets", "mnist", "--data-dir", str(home / "none"))


@pytest.mark.parametrize("verb", ["status", "fetch", "duplicates"])
def test_help_has_an_example(verb: str) -> None:
    assert f"suite data {verb}" in run(verb, "--help")


def test_the_module_loads_no_heavy_library() -> None:
    code = "import sys, suite.cli.data; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(data.__file__).parents[2],
    )
    assert {"numpy", "sklearn", "pooch"}.isdisjoint(done.stdout.split())
