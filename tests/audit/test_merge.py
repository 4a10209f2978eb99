"""Joining results folders: nothing unchecked comes in and nothing is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from suite.audit import merge as merge_module
from suite.audit.known import Known
from suite.audit.merge import merge
from suite.audit.validate import validate
from suite.cli import app
from suite.errors import StoreError, UsageError
from suite.records.store import Store, open_store, read

RUN = "digits/holdout-quick/counts_epochs/seed-0"


def digests(folder: Path) -> set[str]:
    return {run.record.digest for run in read(folder).runs}


@pytest.fixture
def ours(made: Path, tmp_path: Path) -> Path:
    """A folder without the trees."""
    folder = Path(shutil.copytree(made, tmp_path / "ours"))
    for path in folder.glob("digits/*/decision_tree*"):
        shutil.rmtree(path)
    return folder


def test_what_is_new_comes_in_and_what_is_there_is_skipped(
    made: Path, ours: Path, known: Known
) -> None:
    done = merge([made], ours, known)
    assert (done.done, done.added, done.identical, done.conflicts) == (True, 2, 4, ())
    assert digests(ours) == digests(made)
    assert validate(ours, known).findings == ()
    again = merge([made, made], ours, known)
    assert (again.added, again.identical) == (0, 12)


def test_a_new_folder_is_made_and_two_sources_may_share_records(
    made: Path, ours: Path, known: Known, tmp_path: Path
) -> None:
    done = merge([ours, made], tmp_path / "new", known)
    assert (done.added, done.identical) == (6, 4)
    assert digests(tmp_path / "new") == digests(made)


def test_a_conflict_is_listed_and_nothing_is_merged(
    results: Path, ours: Path, known: Known, edit: Callable[..., Path]
) -> None:
    before = digests(ours)
    theirs = edit(f"{RUN}.json", {"fit_wall_seconds": 0.5})
    done = merge([results], ours, known)
    (conflict,) = done.conflicts
    assert (conflict.stem, conflict.ours, conflict.theirs, conflict.kept) == (
        RUN, ours / f"{RUN}.json", theirs, None,
    )  # fmt: skip
    assert not done.done
    assert digests(ours) == before


@pytest.mark.parametrize(
    ("keep", "started", "stays"),
    [
        ("ours", "2026-01-01T00:00:00+00:00", "ours"),
        ("theirs", "2026-01-01T00:00:00+00:00", "theirs"),
        ("newest", "2026-01-01T00:00:00+00:00", "ours"),
        ("newest", None, "theirs"),
    ],
)
def test_the_record_that_is_not_kept_is_kept_aside(
    results: Path, ours: Path, known: Known, edit: Callable[..., Path], keep: Any,
    started: str | None, stays: str,
) -> None:  # fmt: skip
    own = json.loads((ours / f"{RUN}.json").read_text())
    later = own["started_at"].replace("+00:00", ".5+00:00")
    theirs = json.loads(edit(f"{RUN}.json", {"started_at": started or later}).read_text())
    done = merge([results], ours, known, keep)
    assert (done.done, done.conflicts[0].kept) == (True, stays)
    both = {"ours": own["digest"], "theirs": theirs["digest"]}
    assert json.loads((ours / f"{RUN}.json").read_text())["digest"] == both.pop(stays)
    aside = ours / "superseded" / f"{RUN}.1.json"
    assert json.loads(aside.read_text())["digest"] == both.popitem()[1]
    assert aside.with_suffix(".npz").exists()
    assert validate(ours, known).errors == 0
    # Merging again changes nothing: what is kept aside is not kept twice.
    before = sorted(ours.rglob("*"))
    merge([results], ours, known, stays)  # type: ignore[arg-type]
    if stays == "ours":
        assert sorted(ours.rglob("*")) == before


def test_a_record_that_is_not_valid_keeps_all_from_being_merged(
    results: Path, ours: Path, known: Known, edit: Callable[..., Path]
) -> None:
    before = digests(ours)
    edit(f"{RUN}.json", {"log_loss": 9.0})
    done = merge([results], ours, known, "theirs")
    assert not done.done
    assert [(folder, f.field) for folder, f in done.findings] == [(results, "log_loss")]
    assert digests(ours) == before


def test_a_damaged_record_of_ours_gives_way_to_the_newest(
    made: Path, ours: Path, known: Known
) -> None:
    (ours / f"{RUN}.json").write_text("{")
    assert not merge([made], ours, known).done
    assert merge([made], ours, known, "newest").done
    assert digests(ours) == digests(made)
    assert (ours / "superseded" / f"{RUN}.1.json").read_text() == "{"


def test_a_disk_that_fills_up_while_files_are_staged_changes_nothing(
    made: Path, ours: Path, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digests(ours)
    stage, staged = Store.stage, []

    def full(self: Store, content: bytes) -> Path:
        staged.append(content)
        if len(staged) == 3:
            raise OSError(28, "No space left on device")
        return stage(self, content)

    monkeypatch.setattr(merge_module.Store, "stage", full)
    with pytest.raises(StoreError, match="No space left"):
        merge([made], ours, known)
    monkeypatch.undo()
    assert digests(ours) == before
    assert merge([made], ours, known).added == 2


def test_folders_that_are_one_or_lie_in_each_other_are_refused(made: Path, known: Known) -> None:
    for into in (made, made / "below", made.parent):
        with pytest.raises(UsageError, match="apart"):
            merge([made], into, known)
    with pytest.raises(StoreError, match="no folder"):
        merge([made / "none"], made, known)


def test_a_merge_of_nothing_leaves_no_folder(
    results: Path, known: Known, edit: Callable[..., Path], tmp_path: Path
) -> None:
    into = tmp_path / "not" / "there"
    edit(f"{RUN}.json", {"log_loss": 9.0})
    assert not merge([results], into, known).done
    assert not into.parent.exists()
    (tmp_path / "empty").mkdir()
    assert merge([tmp_path / "empty"], into, known).done
    assert not into.parent.exists()
    into.mkdir(parents=True)
    assert not merge([results], into, known).done
    assert into.exists()  # it was there before


def test_a_folder_that_can_t_be_written_is_told_with_the_option_of_merge(
    made: Path, known: Known
) -> None:
    with pytest.raises(StoreError, match="choose another --into"):
        merge([made], Path("/proc/x"), known)


def test_another_writer_keeps_a_merge_out(made: Path, ours: Path, known: Known) -> None:
    with open_store(ours), pytest.raises(StoreError, match="another run"):
        merge([made], ours, known)


def test_the_command_exits_by_what_it_did(
    results: Path, ours: Path, plugin: Path, edit: Callable[..., Path]
) -> None:
    def invoke(*arguments: object) -> Any:
        words = ["merge", results, "--into", ours, "--plugin", plugin, *arguments]
        return CliRunner().invoke(app, [str(word) for word in words])

    edit(f"{RUN}.json", {"fit_wall_seconds": 0.5})
    done = invoke()
    assert done.exit_code == 1
    assert "differ: not decided, see --keep" in done.stderr
    done = invoke("--keep", "newest")
    assert (done.exit_code, "2 records added" in done.stdout) == (0, True)
    assert isinstance(invoke("--keep", "best").exception, UsageError)
