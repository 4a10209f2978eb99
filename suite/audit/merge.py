"""Joins results folders: every record is checked before anything is written, and none is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from suite.audit.finding import Finding
from suite.audit.leftovers import list_folder
from suite.audit.notes import read_notes
from suite.audit.reading import open_record
from suite.audit.validate import Examined, examine
from suite.errors import StoreError, UsageError
from suite.records.archive import pack_archive
from suite.records.store import LOCK, SUPERSEDED, Store, open_store

if TYPE_CHECKING:
    from suite.audit.known import Known
    from suite.records.arrays import RunArrays
    from suite.records.record import Record

Keep = Literal["ours", "theirs", "newest"]
KEEPS: tuple[Keep, ...] = ("ours", "theirs", "newest")


@dataclass(frozen=True)
class Conflict:
    """A run of which two folders have records that differ.

    Attributes:
        stem: The run, as its path from a results folder, without a suffix.
        ours: File of the record that is there, or of one merged before.
        theirs: File of the other.
        kept: "ours" or "theirs"; None where it was not decided and nothing was merged.
    """

    stem: str
    ours: Path
    theirs: Path
    kept: str | None


@dataclass(frozen=True, kw_only=True)
class Merge:
    """What a merge did, or why it did nothing.

    Attributes:
        added: How many records were added.
        identical: How many were there already.
        conflicts: Runs with records that differ.
        findings: What is wrong with incoming records, by folder; errors keep all from being merged.
        done: Whether the folders were merged.
    """

    added: int
    identical: int
    conflicts: tuple[Conflict, ...]
    findings: tuple[tuple[Path, Finding], ...]
    done: bool


@dataclass(frozen=True)
class _Incoming:
    record: Record
    arrays: RunArrays | None
    path: Path


def merge(sources: Sequence[Path], into: Path, known: Known, keep: Keep | None = None) -> Merge:
    """Join results folders.

    Nothing is written unless every incoming record is valid and every conflict is decided. All
    files are on the disk before the first takes its place, and each record is then there at once or
    not at all: a merge that is cut short goes on when it is called again. The record that is not
    kept of two goes to `superseded/`.

    Args:
        sources: The folders whose records come in; they are only read.
        into: The folder that they go to; made if it does not exist.
        known: What incoming records are checked against.
        keep: Which of two records that differ stays: the one that is there, the other, or the one
            of the later run; None leaves the decision, and merges nothing.

    Raises:
        UsageError: A source is the target, or holds it.
        StoreError: A folder can't be read or written, or another process writes to it.
        DataError: A dataset that records are of is missing or broken.
    """
    for source in sources:
        _check_apart(source, into)
    with _open_target(into) as store:
        findings: list[tuple[Path, Finding]] = []
        chosen: dict[str, _Incoming] = {}
        aside: list[_Incoming] = []
        conflicts: list[Conflict] = []
        identical = 0
        for examined in _examined(sources, known, findings):
            if not examined.is_valid or examined.record is None:
                continue
            theirs = _Incoming(examined.record, examined.arrays, examined.path)
            stem = examined.record.key.stem
            ours = chosen.get(stem) or _ours(into, stem)
            if ours is None:
                chosen[stem] = theirs
            elif isinstance(ours, _Incoming) and ours.record.digest == theirs.record.digest:
                identical += 1
            else:
                kept = _kept(ours, theirs, keep)
                place = ours.path if isinstance(ours, _Incoming) else ours
                conflicts.append(Conflict(stem, place, theirs.path, kept))
                if kept == "theirs":
                    aside += [chosen[stem]] if stem in chosen else []
                    chosen[stem] = theirs
                else:
                    aside.append(theirs)
        invalid = any(finding.severity == "error" for _, finding in findings)
        done = not invalid and all(conflict.kept for conflict in conflicts)
        if done:
            _write(store, chosen, aside)
    return Merge(
        added=len(chosen) if done else 0,
        identical=identical,
        conflicts=tuple(conflicts),
        findings=tuple(findings),
        done=done,
    )


@contextmanager
def _open_target(into: Path) -> Iterator[Store]:
    """The folder that records go to; one that was made for them goes again if none came."""
    above = [into, *into.parents]
    missing = [folder for folder in above if not os.path.lexists(folder)]
    with open_store(into, "--into") as store:
        try:
            yield store
        finally:
            if missing:
                _remove_unused(store, missing)


def _remove_unused(store: Store, folders: Sequence[Path]) -> None:
    """Remove folders from the innermost out, as far as nothing but the store's own is in them."""
    with suppress(OSError):
        if not {path.name for path in store.folder.iterdir()} <= {LOCK, store.scratch.name}:
            return
        store.scratch.rmdir()
        (store.folder / LOCK).unlink()
        for folder in folders:
            folder.rmdir()


def _check_apart(source: Path, into: Path) -> None:
    if not source.is_dir():
        raise StoreError(f"{source} is no folder, expected a results folder")
    first, second = (Path(os.path.realpath(path)) for path in (source, into))
    if first == second or first in second.parents or second in first.parents:
        raise UsageError(f"{source} and {into} are one folder or lie in each other; "
                         "name two that are apart")  # fmt: skip


def _examined(
    sources: Sequence[Path], known: Known, findings: list[tuple[Path, Finding]]
) -> Iterator[Examined]:
    """Each record of the sources, checked; what is wrong is added to `findings`."""
    for source in sources:
        listing = list_folder(source)
        notes = read_notes(source)
        findings += [(source, finding) for finding in (*listing.findings, *notes.findings)]
        for path in listing.records:
            examined = examine(path, source, known)
            examined = replace(examined, findings=notes.apply(examined.findings))
            findings += [(source, finding) for finding in examined.findings]
            yield examined


def _ours(into: Path, stem: str) -> _Incoming | Path | None:
    """The record that is there; its path alone if it is damaged."""
    path = into / f"{stem}.json"
    if not path.exists() and not path.is_symlink():
        return None
    opened = open_record(path, into)
    if opened.record is None or opened.faults:
        return path
    return _Incoming(opened.record, opened.arrays, path)


def _kept(ours: _Incoming | Path, theirs: _Incoming, keep: Keep | None) -> str | None:
    if keep is None or keep != "newest":
        return keep
    if isinstance(ours, Path):
        return "theirs"
    return "theirs" if _started(theirs.record) > _started(ours.record) else "ours"


def _started(record: Record) -> datetime:
    try:
        started = datetime.fromisoformat(record.started_at)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return started if started.utcoffset() is not None else started.replace(tzinfo=UTC)


def _write(store: Store, chosen: dict[str, _Incoming], aside: Sequence[_Incoming]) -> None:
    """Stage everything, then give the files their names; what lies there is kept aside."""
    others = {one.record.digest: one for one in aside if _place_aside(store, one)}.values()
    try:
        staged = [(stem, _staged(store, one)) for stem, one in chosen.items()]
        staged_aside = [(one, _staged(store, one)) for one in others]
        for stem, files in staged:
            store.replace(stem, files)
        for one, files in staged_aside:
            store.replace(_place_aside(store, one), files)
    except OSError as error:
        raise StoreError(
            f"can't write to {store.folder}: {error.strerror}; nothing that was there is lost, "
            "make room and merge again"
        ) from error


def _staged(store: Store, one: _Incoming) -> list[tuple[Path, str]]:
    """The two files of a record, in the store's scratch folder."""
    files = []
    if one.arrays is not None:
        files.append((store.stage(pack_archive(one.arrays.present())), ".npz"))
    return [*files, (store.stage(one.record.to_json().encode()), ".json")]


def _place_aside(store: Store, one: _Incoming) -> str:
    """A free stem in `superseded/`; empty if the record lies there already."""
    for number in count(1):
        stem = f"{SUPERSEDED}/{one.record.key.stem}.{number}"
        path = store.folder / f"{stem}.json"
        if not path.exists() and not path.with_suffix(".npz").exists():
            return stem
        if path.is_file() and path.read_bytes() == one.record.to_json().encode():
            break
    return ""
