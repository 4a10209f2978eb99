"""Whether the records that the last commit has are still there, and still what they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from suite.audit.commits import committed_contents, committed_files, content_name
from suite.audit.finding import Fault, Finding, shown
from suite.audit.leftovers import is_record_place
from suite.audit.reading import changed_fields
from suite.records.reading import LARGEST_JSON, read_regular
from suite.records.record import digest_of
from suite.records.store import SUPERSEDED

if TYPE_CHECKING:
    from suite.registry import Registry


def committed_findings(folder: Path, registry: Registry) -> Iterator[Finding]:
    """What differs from the last commit of the suite's own checkout.

    A record that a newer run replaced is no finding: it lies in `superseded/`, or was stale. These
    are warnings, since records may be taken out for a reason.

    Args:
        folder: A results folder; nothing is known of one outside the checkout.
        registry: Tells which records are stale.
    """
    changed: dict[str, tuple[str, bytes]] = {}
    for place, name in committed_files(folder).items():
        path = folder / place
        if path.suffix != ".json" or not is_record_place(path.relative_to(folder).parts):
            continue
        if not path.is_symlink() and not path.exists():
            if not _is_kept_aside(folder, path, name):
                yield _missing(place)
            continue
        content = _content(path)
        if content is not None and content_name(content, name) != name:
            changed[place] = name, content
    contents = committed_contents([name for name, _ in changed.values()])
    for place, (name, content) in changed.items():
        then, now = _intact(contents.get(name)), _intact(content)
        if then is None or now is None or _is_run_again(then, now, registry):
            continue  # a record that is damaged is told of as such
        fields = changed_fields(then, now)
        if fields and not _is_kept_aside(folder, folder / place, name):
            yield _edited(place, fields)


def _content(path: Path) -> bytes | None:
    """The content of a plain file of no more than a record's size; of others elsewhere is told."""
    try:
        plain = path.is_file() and not path.is_symlink()
        return read_regular(path, LARGEST_JSON) if plain else None
    except (OSError, ValueError):
        return None


def _is_kept_aside(folder: Path, path: Path, name: str) -> bool:
    """Whether the committed content of a record lies in `superseded/`."""
    aside = folder / SUPERSEDED / path.relative_to(folder).parent
    found = (_content(old) for old in aside.glob(f"{path.stem}.*.json"))
    return any(content is not None and content_name(content, name) == name for content in found)


def _intact(content: bytes | None) -> dict[str, Any] | None:
    """The fields of a record whose digest is right."""
    try:
        fields: dict[str, Any] = from_json(content or b"")
        return fields if digest_of(fields) == fields["digest"] else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _is_run_again(then: dict[str, Any], now: dict[str, Any], registry: Registry) -> bool:
    """Whether the committed record was stale and this one is by the model's code of today."""
    model = registry.models.get(str(now.get("model")))
    hashes = (fields.get("source_hash") for fields in (then, now))
    return model is not None and [one == model.source_hash for one in hashes] == [False, True]


def _missing(place: str) -> Finding:
    fault = Fault(
        field="",
        expected="the record that the last commit has",
        found="no such file, nor one in superseded/",
        remedy="Restore it with git, or say in the change why it goes.",
        severity="warning",
    )
    return Finding.of(fault, place)


def _edited(place: str, fields: list[str]) -> Finding:
    fault = Fault(
        field=", ".join(map(shown, fields)),
        expected="what the last commit has: a record is never edited",
        found="others, with a digest made for them",
        remedy="Restore it with git; `suite run --force` does a run again and keeps the old record "
        "in superseded/.",
        severity="warning",
    )
    return Finding.of(fault, place)
