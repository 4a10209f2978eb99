"""What the last commit has of the records is still there, and still what it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from suite.audit import commits
from suite.audit.committed import committed_findings
from suite.audit.known import Known
from suite.audit.validate import validate
from suite.records.store import open_store, read
from tests.audit.conftest import commit_all, rewrite

EPOCHS = "digits/holdout-quick/counts_epochs/seed-0.json"
Edit = Callable[..., Path]


def told(results: Path, known: Known) -> Iterator[tuple[str, str, str]]:
    for finding in validate(results, known).findings:
        yield finding.path, finding.field, finding.severity


@pytest.mark.usefixtures("checkout")
def test_an_edit_with_a_new_digest_is_told_with_its_fields(
    results: Path, known: Known, edit: Edit
) -> None:
    assert list(told(results, known)) == []
    edit(EPOCHS, {"fit_wall_seconds": 0.5, "environment.processor": "Faster"})
    assert list(told(results, known)) == [(EPOCHS, "environment, fit_wall_seconds", "warning")]


@pytest.mark.usefixtures("checkout")
def test_a_record_that_is_gone_is_told(results: Path, known: Known) -> None:
    (results / EPOCHS).unlink()
    (results / EPOCHS).with_suffix(".npz").unlink()
    gap = (EPOCHS.replace("0", "1"), "seed", "error")
    assert list(told(results, known)) == [gap, (EPOCHS, "", "warning")]


@pytest.mark.usefixtures("checkout")
def test_a_record_that_was_replaced_or_put_aside_is_not_told(
    results: Path, known: Known, edit: Edit
) -> None:
    run = next(run for run in read(results).runs if run.path == results / EPOCHS)
    edited = edit(EPOCHS, {"fit_wall_seconds": 0.5})
    newer = json.loads(edited.read_text())
    edited.write_text(run.record.to_json())
    with open_store(results) as store:
        store.add(type(run.record).model_validate_json(json.dumps(newer)), run.arrays)
    assert list(told(results, known)) == [("superseded/", "", "warning")]
    edited.unlink()
    edited.with_suffix(".npz").unlink()
    assert list(told(results, known)) == [("superseded/", "", "warning")]


def test_a_stale_record_that_was_run_again_is_not_told(
    results: Path, checkout: Path, known: Known, edit: Edit
) -> None:
    current = json.loads((results / EPOCHS).read_text())
    edit(EPOCHS, {"source_hash": "0" * 64, "fit_wall_seconds": 0.5})
    commit_all(checkout, "stale")
    rewrite(results / EPOCHS, current)
    assert list(told(results, known)) == []
    # Unless it takes the place of one that was not.
    commit_all(checkout, "current")
    edit(EPOCHS, {"source_hash": "0" * 64, "environment.git_commit": None})
    fields = [field for _, field, _ in told(results, known)]
    assert fields == ["source_hash", "environment, source_hash"]


@pytest.mark.usefixtures("checkout")
def test_a_damaged_record_is_told_once(results: Path, known: Known, edit: Edit) -> None:
    edit(EPOCHS, {"fit_wall_seconds": 0.5}, sign=False)
    assert [field for _, field, _ in told(results, known)] == ["digest"]
    (results / EPOCHS).write_text("{")
    assert [field for _, field, _ in told(results, known)] == [""]
    (results / EPOCHS).unlink()
    (results / EPOCHS).symlink_to("/etc/passwd")
    assert [severity for _, _, severity in told(results, known)] == ["error"]


def test_a_folder_outside_the_checkout_has_nothing_to_be_compared_with(
    results: Path, checkout: Path, known: Known, edit: Edit
) -> None:
    edit(EPOCHS, {"fit_wall_seconds": 0.5})
    elsewhere = checkout.parent / "elsewhere"
    shutil.copytree(results, elsewhere)
    commit_all(elsewhere)
    shutil.copytree(results, elsewhere, dirs_exist_ok=True)
    assert [f for f in told(elsewhere, known) if not f[0].startswith(".git")] == []


@pytest.mark.usefixtures("checkout")
def test_git_is_called_once_and_once_more_for_all_that_differs(
    results: Path, known: Known, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    ask = commits._git
    monkeypatch.setattr(commits, "_git", lambda *words, **more: calls.append(words[0])
                        or ask(*words, **more))  # fmt: skip
    assert list(committed_findings(results, known.registry)) == []
    assert calls == ["ls-tree"]
    for seed in (0, 1):
        edit(EPOCHS.replace("seed-0", f"seed-{seed}"), {"fit_wall_seconds": 0.5})
    assert len(list(committed_findings(results, known.registry))) == 2
    assert calls == ["ls-tree", "ls-tree", "cat-file"]
