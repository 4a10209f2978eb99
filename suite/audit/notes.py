"""Notes of a results folder: why findings that an honest run hardly ever has are right there.

`notes.toml` is written by hand and read by whoever reviews a change; `docs/records.md` shows one.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from suite.audit.finding import Fault, Finding, Rule, Severity, shown
from suite.errors import place_of, printable
from suite.records.reading import LARGEST_JSON, read_regular
from suite.records.record import Part

NOTES = "notes.toml"
_OF_TWO = ("agreement", "equal")  # rules about two records
_ROW, _RECORD = 3, 4  # parts of a path
_Words = Annotated[str, Field(min_length=1, max_length=1_000)]


class Note(Part):
    """Why findings are right.

    Attributes:
        rule: The rule that found them (`Fault.rule`).
        records: The record, by its path from the results folder without a suffix, or a row, by its
            folder; two of them where the rule is about two records.
        reason: Why it is so.
        by: Who says that.
        date: When.
    """

    rule: Rule
    records: tuple[_Words, ...]
    reason: _Words
    by: _Words
    date: dt.date

    @model_validator(mode="after")
    def _names_records(self) -> Self:
        count = 2 if self.rule in _OF_TWO else 1
        depths = [len(PurePosixPath(name).parts) for name in self.records]
        if len(depths) != count or not set(depths) <= {_ROW, _RECORD}:
            raise ValueError(
                f"the rule {self.rule} needs {count} in records, each a row such as "
                "fashion/holdout-standard/svm or a record of it such as …/svm/seed-0"
            )
        return self

    def is_about(self, finding: Finding) -> bool:
        """Whether a finding is one that the note explains."""
        if finding.rule != self.rule:
            return False
        files = [file for file in (finding.path, finding.other) if file]
        places = [PurePosixPath(file).with_suffix("") for file in files]
        return any(
            all(place.is_relative_to(name) for place, name in zip(order, self.records, strict=True))
            for order in (places, places[::-1])
        )


@dataclass(frozen=True)
class Notes:
    """What a folder's `notes.toml` says.

    Attributes:
        notes: Those that can be used, by their number in the file.
        findings: What is wrong with the file.
    """

    notes: Mapping[int, Note]
    findings: tuple[Finding, ...] = ()

    def apply(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings; those that a note explains are "noted"."""
        return tuple(self._noted(finding) for finding in findings)

    def _noted(self, finding: Finding) -> Finding:
        note = next((note for note in self.notes.values() if note.is_about(finding)), None)
        if note is None:
            return finding
        remedy = printable(f"Noted by {note.by} on {note.date}: {note.reason}")
        return replace(finding, severity="noted", remedy=remedy)

    def unneeded(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """A warning for each note that explains none of the findings."""
        found = [finding for finding in findings if finding.rule]
        return tuple(
            _finding(
                f"note {number}",
                f"a finding of the rule {note.rule} about {shown(' and '.join(note.records))}",
                "none",
                "Remove the note: it is no longer needed.",
                "warning",
            )
            for number, note in self.notes.items()
            if not any(note.is_about(finding) for finding in found)
        )


def read_notes(folder: Path) -> Notes:
    """The notes of a results folder; none where it has no such file."""
    path = folder / NOTES
    if not path.is_file() or path.is_symlink():
        return Notes({})  # what is no plain file is told of as one that does not belong there
    try:
        content = tomllib.loads(read_regular(path, LARGEST_JSON).decode())
    except OSError as error:
        return Notes({}, (_finding("", "a file that can be read", str(error.strerror)),))
    except (ValueError, RecursionError) as error:
        return Notes({}, (_finding("", "TOML in UTF-8", shown(str(error))),))
    entries = content.pop("note", [])
    if content or not isinstance(entries, list):
        found = ", ".join(content) or "note"
        return Notes({}, (_finding("", "tables [[note]] and nothing else", shown(found)),))
    notes: dict[int, Note] = {}
    findings: list[Finding] = []
    for number, entry in enumerate(entries, start=1):
        try:
            notes[number] = Note.model_validate(entry, strict=False)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                place = place_of((f"note {number}", *one["loc"]))
                findings.append(_finding(place, shown(one["msg"]), shown(one["input"])))
    return Notes(notes, tuple(findings))


def _finding(
    field: str,
    expected: str,
    found: str,
    remedy: str = "Correct it; docs/records.md shows a note.",
    severity: Severity = "error",
) -> Finding:
    fault = Fault(field=field, expected=expected, found=found, remedy=remedy, severity=severity)
    return Finding.of(fault, NOTES)
