"""Reads a record as far as it goes, and tells everything that is wrong with its files.

The store's reader stops at the first fault, since it needs one reason to leave a record out; here
the rest is looked at too, which says what was changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from suite.audit.commits import committed_versions
from suite.audit.finding import RUN_AGAIN, Fault, shown
from suite.records.archive import pack_archive, read_archive
from suite.records.arrays import RunArrays
from suite.records.reading import LARGEST_ARCHIVE, LARGEST_JSON, read_regular
from suite.records.record import UNVERIFIED, Record, digest_of

_MOST_SCHEMA_FAULTS = 10
_RESTORE = "Restore the file that the suite wrote, or run it again with `suite run --force`."


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What could be read of a record.

    Attributes:
        record: The record; None where its file does not follow the schema.
        arrays: What lies beside it; None without any that could be read.
        faults: What is wrong with both files.
    """

    record: Record | None
    arrays: RunArrays | None
    faults: tuple[Fault, ...]


def open_record(path: Path, folder: Path) -> Opened:
    """Read a record's two files.

    Args:
        path: Its JSON file, a regular file.
        folder: The results folder that it lies in.
    """
    try:
        content = read_regular(path, LARGEST_JSON)
        record = Record.model_validate_json(content)
        canonical = record.to_json().encode()
        digest = digest_of(from_json(content))
    except OSError as error:
        return _unreadable(str(error.strerror))
    except ValidationError as error:
        faults = (
            Fault(
                field=".".join(map(str, one["loc"])),
                expected=f"what the schema has ({one['msg']})",
                found=shown(one.get("input")),
                remedy=_RESTORE,
            )
            for one in error.errors(include_url=False)[:_MOST_SCHEMA_FAULTS]
        )
        return Opened(record=None, arrays=None, faults=tuple(faults))
    except (ValueError, RecursionError) as error:
        return _unreadable(str(error))
    arrays, of_arrays = _open_arrays(record, path.with_suffix(".npz"))
    of_text = _text_faults(record, content, canonical, digest, path)
    of_place = place_faults(record, path, folder)
    return Opened(record=record, arrays=arrays, faults=(*of_text, *of_place, *of_arrays))


def _unreadable(reason: str) -> Opened:
    fault = Fault(field="", expected="a record", found=shown(reason), remedy=_RESTORE)
    return Opened(record=None, arrays=None, faults=(fault,))


def _text_faults(
    record: Record, content: bytes, canonical: bytes, digest: str, path: Path
) -> Iterator[Fault]:
    if digest != record.digest:
        changed = _changed_fields(content, path)
        yield Fault(
            field="digest",
            expected=digest,
            found=f"{record.digest}: changed after it was written{changed}",
            remedy=_RESTORE,
        )
    if content != canonical:
        yield Fault(
            field="",
            expected="the text that the suite writes, field by field",
            found="other spaces, order, numbers or a field twice",
            remedy=_RESTORE,
        )


def _changed_fields(content: bytes, path: Path) -> str:
    """Which fields differ from the record as it was last committed intact, where git has that."""
    now = from_json(content)
    for committed in committed_versions(path):
        try:
            then = from_json(committed)
            intact = digest_of(then) == then["digest"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        names = changed_fields(then, now)
        if intact and names:
            return f" ({', '.join(map(shown, names))}, by what was committed)"
    return ""


def changed_fields(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Names of the fields, but for the digest, that differ between two contents of a record."""
    return sorted(n for n in {*then, *now} - {"digest"} if then.get(n) != now.get(n))


def place_faults(record: Record, path: Path, folder: Path) -> Iterator[Fault]:
    """What the record's path says otherwise than its content."""
    expected, found = f"{record.key.stem}.json", path.relative_to(folder).as_posix()
    if expected == found:
        return
    fields = ("dataset.name", "protocol and preset", "model and variant", "seed and fold")
    own, there = (name.split("/")[-4:] for name in (expected, found))
    wrong = [field for field, *pair in zip(fields, own, there, strict=False) if len({*pair}) > 1]
    if expected.startswith(f"{UNVERIFIED}/") != found.startswith(f"{UNVERIFIED}/"):
        wrong.append("origin")
    yield Fault(
        field=", ".join(wrong),
        expected=f"the file to be {shown(expected)}, by its content",
        found=shown(found),
        remedy="Move the file back; if its content was changed, restore that.",
    )


def _open_arrays(record: Record, path: Path) -> tuple[RunArrays | None, list[Fault]]:
    def fault(expected: str, found: str, remedy: str = _RESTORE) -> list[Fault]:
        return [Fault(field="arrays_sha256", expected=expected, found=found, remedy=remedy)]

    if path.is_symlink() or (path.exists() and not path.is_file()):
        return None, []  # told of as a file that does not belong there
    if record.arrays_sha256 is None:
        if path.exists():
            return None, fault(f"no {path.name}, since the record names no arrays", "one")
        return None, []
    try:
        content = read_regular(path, LARGEST_ARCHIVE)
        arrays = RunArrays(**read_archive(content))
    except FileNotFoundError:
        return None, fault(f"the arrays in {path.name}", "no such file")
    except (OSError, ValueError, TypeError) as error:
        return None, fault(f"the arrays in {path.name}", shown(str(error)))
    total = arrays.sha256()
    if total != record.arrays_sha256:
        found = f"{record.arrays_sha256}; predictions or confidences are not those of the run"
        return arrays, fault(f"{total}, the sum of {path.name}", found, RUN_AGAIN)
    if content != pack_archive(arrays.present()):
        found = "other bytes: before, between or behind the arrays, or packed in another way"
        return arrays, fault(f"{path.name} as the suite writes these arrays", found)
    return arrays, []
