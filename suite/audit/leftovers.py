"""Which files of a results folder are records, and which do not belong there."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from suite.audit.finding import Fault, Finding
from suite.errors import StoreError
from suite.records.record import UNVERIFIED
from suite.records.store import LOCK, SCRATCH, SUPERSEDED

_DEPTH = 4  # dataset, protocol and preset, model and variant, file


@dataclass(frozen=True)
class Listing:
    """What lies in a results folder.

    Attributes:
        records: The JSON files in the places of records, sorted.
        findings: What does not belong there.
    """

    records: tuple[Path, ...]
    findings: tuple[Finding, ...]


def list_folder(folder: Path) -> Listing:
    """Look through a results folder; no link is followed and no file opened.

    Raises:
        StoreError: It is missing or can't be read.
    """
    if not folder.is_dir():
        raise StoreError(f"{folder} is no folder, expected a results folder; name another one")
    records: list[Path] = []
    findings: list[Finding] = []
    aside: Counter[str] = Counter()
    for path in _walk(folder):
        parts = path.relative_to(folder).parts
        if parts == (LOCK,) and not path.is_symlink():
            continue
        if path.is_symlink() or not path.is_file():
            findings.append(_misplaced(path, folder, "a link or no plain file"))
        elif parts[0] in {SUPERSEDED, SCRATCH}:
            aside[parts[0]] += 1
        elif _is_record_place(parts) and path.suffix == ".json":
            records.append(path)
        elif _is_record_place(parts) and path.suffix == ".npz":
            if not path.with_suffix(".json").is_file():
                findings.append(_misplaced(path, folder, "arrays without a record"))
        elif path.suffix in {".json", ".npz"}:
            findings.append(_misplaced(path, folder, "a file at a depth where no record lies"))
        else:
            findings.append(_misplaced(path, folder, "a file that is no part of a record"))
    findings += [_kept(name, count) for name, count in sorted(aside.items())]
    return Listing(tuple(sorted(records)), tuple(findings))


def _walk(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is not itself a folder, links to folders included."""

    def refuse(error: OSError) -> None:
        raise StoreError(f"can't read {error.filename}: {error.strerror}") from error

    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=False):
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (Path(place, name) for name in sorted([*links, *files]))


def _is_record_place(parts: tuple[str, ...]) -> bool:
    hidden = any(part.startswith(".") for part in parts)
    return not hidden and len(parts) == _DEPTH + (parts[0] == UNVERIFIED)


def _misplaced(path: Path, folder: Path, found: str) -> Finding:
    fault = Fault(field="", expected="records and their arrays only", found=found,
                  remedy="Remove it.")  # fmt: skip
    return Finding.of(fault, str(path.relative_to(folder)))


def _kept(name: str, count: int) -> Finding:
    files = f"{count} file{'s' * (count != 1)}"
    if name == SUPERSEDED:
        fault = Fault(
            field="",
            expected="nothing in a contribution",
            found=f"{files} of records that newer ones replaced",
            remedy="Leave them out of a commit; delete them when nobody needs them.",
            severity="warning",
        )
    else:
        fault = Fault(
            field="",
            expected="nothing, unless a run is writing",
            found=f"{files} that a killed run left",
            remedy="The next `suite run` clears them.",
            severity="warning",
        )
    return Finding.of(fault, f"{name}/")
