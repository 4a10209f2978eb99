"""Which files of a results folder are records, and which do not belong there."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from suite.audit.finding import Fault, Finding
from suite.audit.notes import NOTES
from suite.errors import StoreError
from suite.records.record import UNVERIFIED
from suite.records.store import LOCK, SCRATCH, SUPERSEDED

_DEPTH = 4  # dataset, protocol and preset, model and variant, file
# What `Store` calls the files of a record that it keeps aside, and files that don't count yet.
_KEPT_ASIDE = re.compile(r"seed-[0-9]+(-fold-[0-9]+)?\.[0-9]+\.(json|npz)")
_STAGED = re.compile("tmp[a-z0-9_]{8}")


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
        wrong = _wrong(path, parts)
        if wrong:
            findings.append(_misplaced(path, folder, wrong))
        elif parts[0] in {SUPERSEDED, SCRATCH}:
            aside[parts[0]] += path.is_file()
        elif path.suffix == ".json":
            records.append(path)
    findings += [_kept(name, count) for name, count in sorted(aside.items()) if count]
    return Listing(tuple(sorted(records)), tuple(findings))


def _wrong(path: Path, parts: tuple[str, ...]) -> str:
    """Why a file or empty folder does not belong where it is; "" if it does.

    Args:
        path: The file.
        parts: The parts of its path from the results folder.
    """
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        return "a link or no plain file"
    if path.is_dir():
        return "a folder where no record lies" * _is_extra_folder(parts)
    if parts == (NOTES,):
        return ""
    if parts == (LOCK,):
        return "a lock with content" * (path.stat().st_size > 0)
    if parts[0] in {SUPERSEDED, SCRATCH} and _is_stores_own(parts):
        return ""
    if path.suffix not in {".json", ".npz"}:
        return "a file that is no part of a record"
    if not is_record_place(parts):
        return "a file at a depth where no record lies"
    alone = path.suffix == ".npz" and not path.with_suffix(".json").is_file()
    return "arrays without a record" * alone


def _walk(folder: Path) -> Iterator[Path]:
    """Everything below a folder but for folders that hold something, which then tells of them."""

    def refuse(error: OSError) -> None:
        raise StoreError(f"can't read {error.filename}: {error.strerror}") from error

    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=False):
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (Path(place, name) for name in sorted([*links, *files]))
        if not folders and not files and Path(place) != folder:
            yield Path(place)


def is_record_place(parts: tuple[str, ...]) -> bool:
    """Whether a file with this path from a results folder lies where records do."""
    hidden = any(part.startswith(".") for part in parts)
    aside = parts[0] in {SUPERSEDED, SCRATCH}
    return not hidden and not aside and len(parts) == _DEPTH + (parts[0] == UNVERIFIED)


def _is_extra_folder(parts: tuple[str, ...]) -> bool:
    """Whether an empty folder is none that the store makes before a file is in it."""
    inner = parts[1:] if parts[0] in {SUPERSEDED, UNVERIFIED} else parts
    hidden = any(part.startswith(".") for part in parts) and parts != (SCRATCH,)
    return hidden or len(inner) >= _DEPTH


def _is_stores_own(parts: tuple[str, ...]) -> bool:
    """Whether a file in the store's own folders is one that the store puts there."""
    if parts[0] == SCRATCH:
        return len(parts) == 2 and _STAGED.fullmatch(parts[1]) is not None
    return is_record_place(parts[1:]) and _KEPT_ASIDE.fullmatch(parts[-1]) is not None


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
