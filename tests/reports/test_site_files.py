"""What a report leaves in its folder: its own files, and those of others as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reports.site import write_report
from suite.data.datasets import load
from suite.errors import UsageError
from suite.records.store import Contents, StoredRun

MakeStored = Callable[..., StoredRun]


@pytest.fixture
def contents(stored: MakeStored) -> Callable[..., Contents]:
    labels = np.array(load("digits").labels("test"))

    def make(*changes: dict[str, str]) -> Contents:
        runs = tuple(stored(labels, dataset="digits", **change) for change in changes)
        return Contents(runs=runs, damaged=())

    return make


def test_nothing_that_the_suite_did_not_write_is_lost(
    contents: Callable[..., Contents], tmp_path: Path
) -> None:
    own = {
        "charts.html": "<p>mine",
        "leaderboard-notes.docx": "mine",
        "leaderboard-2024.backup.csv": "mine",
        "models/mine.html": "<p>mine",
        "leaderboard-full-paper.d/x": "mine",
    }
    for name, text in own.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    write_report(contents({}), tmp_path)
    assert {name: (tmp_path / name).read_text() for name in own} == own


def test_a_page_of_somebody_else_s_is_not_overwritten(
    contents: Callable[..., Contents], tmp_path: Path
) -> None:
    (tmp_path / "methods.html").write_text("<!doctype html><p>mine")
    with pytest.raises(UsageError, match=r"methods\.html is there already and is no page of the"):
        write_report(contents({}), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["methods.html"]


def test_pages_and_files_of_an_older_report_go(
    contents: Callable[..., Contents], tmp_path: Path
) -> None:
    write_report(contents({}, {"model": "knn", "preset": "quick"}), tmp_path)
    assert (tmp_path / "models/knn.html").exists()
    assert (tmp_path / "leaderboard-holdout-quick.csv").exists()
    write_report(contents({}), tmp_path)
    assert not (tmp_path / "models/knn.html").exists()
    assert not (tmp_path / "leaderboard-holdout-quick.csv").exists()
    assert (tmp_path / "models/svm.html").exists()
    left = [path.parent.name for path in (tmp_path / "models/records").rglob("*.json")]
    assert left == ["svm"]


def test_records_are_linked_where_they_lie_or_copied_beside_the_pages(
    contents: Callable[..., Contents], tmp_path: Path
) -> None:
    found = contents({})
    (run,) = found.runs
    copy = tmp_path / "models/records" / f"{run.record.key.stem}.json"
    write_report(found, tmp_path)
    text = (tmp_path / "models/svm.html").read_text()
    assert f'href="records/{run.record.key.stem}.json"' in text
    assert copy.read_text() == run.record.to_json()
    write_report(found, tmp_path, project_url="https://example.org/p")
    text = (tmp_path / "models/svm.html").read_text()
    assert f'href="https://example.org/p/results/{run.record.key.stem}.json"' in text
    assert not copy.exists()
