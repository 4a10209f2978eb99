"""Predictions made elsewhere: read strictly, scored like the rest, and never ranked."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from suite.audit.known import Known
from suite.audit.outside import read_predictions
from suite.audit.validate import validate
from suite.cli import app
from suite.data.datasets import load
from suite.errors import DataError, UsageError
from suite.records.record import digest_of
from suite.records.store import read, scan

STEM = "unverified/digits/full-quick/mine--unverified/seed-0"


@pytest.fixture
def right() -> np.ndarray:
    labels = np.array(load("digits").labels("test"))
    labels[:36] = (labels[:36] + 1) % 10
    return labels


def bring(file: Path, results: Path, **options: object) -> Any:
    given = {"model": "mine", "dataset": "digits", "source": "https://example.org/<b>",
             "preset": "quick"} | options  # fmt: skip
    words = [f"--{name}={value}" for name, value in given.items() if value is not True]
    words += [f"--{name}" for name, value in given.items() if value is True]
    return CliRunner().invoke(app, ["import", str(file), *words, "--results", str(results)])


def write(folder: Path, suffix: str, right: np.ndarray) -> Path:
    path = folder / f"p{suffix}"
    backwards = range(len(right) - 1, -1, -1)
    if suffix == ".csv":
        lines = (f"{i},{right[i]},0.75" for i in backwards)
        path.write_text("\ufeffindex, Prediction,confidence\r\n" + "\r\n".join(lines))
    elif suffix == ".npz":
        index = np.array(backwards)
        np.savez(path, index=index, prediction=right[index].astype(np.int64))
    else:
        np.save(path, right.astype(np.int32))
    return path


@pytest.mark.parametrize("suffix", [".csv", ".npz", ".npy"])
def test_predictions_become_a_record_that_is_scored(
    results: Path, tmp_path: Path, known: Known, right: np.ndarray, suffix: str
) -> None:
    before = {run.record.digest for run in read(results).runs}
    done = bring(write(tmp_path, suffix, right), results)
    assert done.exit_code == 0, done.output
    assert "accuracy 90.00 % of 360 images; unverified" in done.stdout
    (run,) = scan(results, "unverified/*")
    record, arrays = run.record, run.arrays  # type: ignore[union-attr]
    assert run.path == results / f"{STEM}.json"
    assert arrays is not None
    np.testing.assert_array_equal(arrays.predictions, right)
    assert (arrays.confidence is not None) == (suffix == ".csv")
    assert record.origin is not None
    assert (record.origin.source, record.origin.file) == ("https://example.org/<b>", f"p{suffix}")
    assert {run.record.digest for run in read(results).runs} == before
    assert validate(results, known).findings == ()


def test_it_is_in_no_ranking_unless_asked_for_and_then_without_a_rank(
    results: Path, tmp_path: Path, right: np.ndarray
) -> None:
    perfect = np.array(load("digits").labels("test"))
    bring(write(tmp_path, ".npy", perfect), results, protocol="holdout")

    def report(*arguments: str) -> tuple[list[dict[str, Any]], str]:
        site = tmp_path / "site"
        words = ["report", "--results", str(results), "--site", str(site), *arguments]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        rows = json.loads((site / "leaderboard.json").read_text())["rows"]
        return rows, (site / "index.html").read_text()

    ranked, page = report()
    assert "mine" not in page
    rows, page = report("--unverified")
    (own,) = (row for row in rows if row["model"] == "mine")
    assert own["accuracy_mean"] == 1.0
    assert "rank" not in own
    assert "tie_group" not in own
    assert "machine" not in own
    assert own["origin"] == "https://example.org/<b>"
    assert "unverified" in own["notes"][0]
    assert "https://example.org/&lt;b&gt;" in page
    assert "example.org/<b>" not in page
    ranks = {(row["model"], row["variant"]): (row["rank"], row["tie_group"]) for row in ranked}
    now = {(r["model"], r["variant"]): (r["rank"], r["tie_group"]) for r in rows if "rank" in r}
    assert now == ranks


def test_export_has_it_only_when_asked_for(
    results: Path, tmp_path: Path, right: np.ndarray
) -> None:
    bring(write(tmp_path, ".npy", right), results)

    def export(*arguments: str) -> list[dict[str, Any]]:
        words = ["export", "--results", str(results), "--format", "json", *arguments]
        rows: list[dict[str, Any]] = json.loads(CliRunner().invoke(app, words).stdout)["rows"]
        return rows

    assert len(export()) == 6
    (own,) = (row for row in export("--unverified") if row["unverified"])
    assert own["source"] == "https://example.org/<b>"


def test_the_same_file_again_changes_nothing_and_another_needs_force(
    results: Path, tmp_path: Path, right: np.ndarray
) -> None:
    path = write(tmp_path, ".npy", right)
    bring(path, results)
    first = (results / f"{STEM}.json").read_bytes()
    assert "there already" in bring(path, results).stdout
    assert (results / f"{STEM}.json").read_bytes() == first
    np.save(path, np.roll(right, 1))
    assert isinstance(bring(path, results).exception, UsageError)
    done = bring(path, results, force=True)
    assert "near chance" in done.stderr
    assert (results / "superseded" / f"{STEM}.1.json").read_bytes() == first


@pytest.mark.parametrize("place", ["digits/full-quick/mine--unverified", "digits/full-quick/mine"])
def test_a_record_moved_among_the_suite_s_own_is_refused(
    results: Path, tmp_path: Path, known: Known, right: np.ndarray, place: str
) -> None:
    bring(write(tmp_path, ".npy", right), results)
    target = results / place
    target.parent.mkdir(parents=True)
    (results / STEM).parent.rename(target)
    (damage,) = read(results).damaged
    assert "wrong place" in damage.reason
    assert any("origin" in finding.field for finding in validate(results, known).findings)


def test_the_name_of_a_model_of_the_suite_is_refused(
    results: Path, tmp_path: Path, known: Known, right: np.ndarray
) -> None:
    bring(write(tmp_path, ".npy", right), results)
    path = results / f"{STEM}.json"
    record = json.loads(path.read_text()) | {"model": "random_forest"}
    record["digest"] = digest_of(record)
    place = results / STEM.replace("mine--", "random_forest--")
    place.parent.mkdir()
    (results / f"{STEM}.npz").rename(place.with_suffix(".npz"))
    path.unlink()
    place.with_suffix(".json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    assert [f.field for f in validate(results, known).findings if f.severity == "error"] == [
        "model"
    ]


BAD = {
    "short.npy": lambda right: right[:-1],
    "floats.npy": lambda right: right.astype(float),
    "table.npy": lambda right: np.zeros((len(right), 10)),
    "eleven.npy": lambda right: np.full(len(right), 11),
    "minus.npy": lambda right: np.full(len(right), -1),
    "objects.npy": lambda right: np.array([{}] * len(right), dtype=object),
    "empty.csv": lambda right: "",
    "header.csv": lambda right: "image,class\n0,1\n",
    "few.csv": lambda right: "index,prediction\n0,1\n",
    "fields.csv": lambda right: "index,prediction\n0,1,2\n",
    "words.csv": lambda right: "index,prediction\n" + "zero,one\n" * len(right),
    "halves.csv": lambda right: "index,prediction\n" + "0,1.5\n" * len(right),
    "twice.csv": lambda right: "index,prediction\n" + "0,1\n" * len(right),
    "sure.csv": lambda right: (
        "index,prediction,confidence\n" + "".join(f"{i},1,1.5\n" for i in range(len(right)))
    ),
    "nan.csv": lambda right: (
        "index,prediction,confidence\n" + "".join(f"{i},1,nan\n" for i in range(len(right)))
    ),
    "huge.csv": lambda right: "index,prediction\n" + f"0,{10**30}\n" * len(right),
    "binary.csv": lambda right: b"\xff\xfe\x00",
    "zip.npz": lambda right: b"PK\x03\x04",
    "other.npz": lambda right: {"labels": right},
    "predictions.txt": lambda right: "1",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_a_clear_error(
    results: Path, tmp_path: Path, right: np.ndarray, name: str
) -> None:
    path, content = tmp_path / name, BAD[name](right)
    if isinstance(content, str | bytes):
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    elif isinstance(content, dict):
        np.savez(path, **content)
    else:
        np.save(path, content, allow_pickle=True)
    done = bring(path, results)
    assert isinstance(done.exception, DataError)
    assert str(path) in str(done.exception)
    assert not (results / "unverified").exists()
    if name in {"words.csv", "halves.csv"}:
        assert "line 2: invalid literal for int()" in str(done.exception)


def test_a_pipe_is_not_waited_for(results: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "not a regular file" in str(bring(tmp_path / "pipe.csv", results).exception)


def test_a_file_that_is_not_there_or_too_large_is_a_clear_error(
    results: Path, tmp_path: Path
) -> None:
    assert isinstance(bring(tmp_path / "none.csv", results).exception, DataError)
    with (tmp_path / "large.csv").open("wb") as file:
        file.truncate(2**30)
    assert "more than" in str(bring(tmp_path / "large.csv", results).exception)


@pytest.mark.parametrize(
    "options",
    [
        {"model": "../../elsewhere"},
        {"model": "a/b"},
        {"model": "..", "force": True},
        {"model": ""},
        {"model": "x" * 61},
        {"model": "knn"},
        {"model": "K-NN".replace("K-", "k")},
        {"dataset": "../digits"},
        {"protocol": "kfold"},
        {"protocol": "../full"},
        {"preset": "quick/.."},
        {"source": " "},
        {"source": "x" * 501},
    ],
)
def test_a_claim_that_can_t_be_is_a_usage_error_and_leaves_no_file(
    results: Path, tmp_path: Path, right: np.ndarray, options: dict[str, Any]
) -> None:
    path = write(tmp_path, ".npy", right)
    before = sorted(tmp_path.rglob("*"))
    done = bring(path, results, **options)
    assert isinstance(done.exception, UsageError), done.output
    assert sorted(tmp_path.rglob("*")) == before


def test_one_long_cell_makes_no_others_long() -> None:
    content = b"index,prediction\n" + b"0,1\n" * 10_000 + b"0," + b"9" * 100_000
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            read_predictions(content, Path("long.csv"), 10_001)
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()


def test_a_seed_that_no_record_holds_is_bad_usage(
    results: Path, tmp_path: Path, right: np.ndarray
) -> None:
    file = write(tmp_path, ".csv", right)
    done = bring(file, results, seed=2**53 + 1)
    assert done.exit_code == 2
    assert "is not in the range" in done.output
    assert bring(file, results, seed=2**53).exit_code == 0
