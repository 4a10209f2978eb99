"""Checks a results folder: everything about its records that can be recomputed without training.

What agrees with all else in its record can't be told from the truth here (`docs/records.md` lists
it): that takes running the record's job again, `suite.audit.verify`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.audit.code import code_faults
from suite.audit.committed import committed_findings
from suite.audit.figures import figure_faults, start_faults
from suite.audit.finding import Fault, Finding, Severity, shown
from suite.audit.known import Known
from suite.audit.leftovers import list_folder
from suite.audit.machine import text_faults
from suite.audit.predictions import prediction_faults
from suite.audit.reading import open_record
from suite.audit.rules import rule_faults, split_faults
from suite.identity import canonical_json
from suite.records.arrays import RunArrays
from suite.records.record import Record


@dataclass(frozen=True, kw_only=True)
class Examined:
    """One record and what is wrong with it.

    Attributes:
        path: Its JSON file.
        record: The record; None where it can't be read.
        arrays: Its arrays; None without any that could be read.
        findings: What is wrong.
    """

    path: Path
    record: Record | None
    arrays: RunArrays | None
    findings: tuple[Finding, ...]

    @property
    def is_valid(self) -> bool:
        """Whether nothing was found but warnings."""
        return all(finding.severity != "error" for finding in self.findings)


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was found in a results folder.

    Attributes:
        records: How many records there are.
        findings: What is wrong, in the order of the files.
    """

    records: int
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self.findings) - self.errors


def validate(folder: Path, known: Known) -> Audit:
    """Check a results folder and every record in it.

    Args:
        folder: The results folder.
        known: What the records are checked against.

    Raises:
        StoreError: The folder is missing or can't be read.
        DataError: A dataset that records are of is missing or broken.
    """
    listing = list_folder(folder)
    findings = list(listing.findings)
    runs: dict[str, str] = {}
    predictions: dict[tuple[object, ...], str] = {}
    models: dict[str, tuple[str, str, str]] = {}
    for path in listing.records:
        examined = examine(path, folder, known)
        findings += examined.findings
        if examined.record is not None:
            place = path.relative_to(folder).as_posix()
            findings += _repeated(examined.record, place, known, runs, predictions)
            findings += _shared(examined.record, place, models)
    findings += committed_findings(folder, known.registry)
    return Audit(records=len(listing.records), findings=tuple(findings))


def examine(path: Path, folder: Path, known: Known) -> Examined:
    """Check one record.

    Args:
        path: Its JSON file, a regular file.
        folder: The results folder that it lies in.
        known: What it is checked against.

    Raises:
        DataError: Its dataset is missing or broken.
    """
    opened = open_record(path, folder)
    faults = [*opened.faults]
    if opened.record is not None:
        faults += _content_faults(opened.record, opened.arrays, known)
    place = path.relative_to(folder).as_posix()
    findings = tuple(Finding.of(fault, place) for fault in faults)
    return Examined(path=path, record=opened.record, arrays=opened.arrays, findings=findings)


def _content_faults(record: Record, arrays: RunArrays | None, known: Known) -> Iterator[Fault]:
    unknown = rule_faults(record)
    yield from unknown
    if record.origin is not None:
        yield from start_faults(record, known.now)
        yield from text_faults(record)
    else:
        yield from figure_faults(record, known.now)
    if unknown:
        return
    yield from split_faults(record, known)
    if arrays is not None:
        yield from prediction_faults(record, arrays, known)
    if record.origin is None:
        yield from code_faults(record, known.registry)
    elif record.model in known.registry.models:
        yield Fault(
            field="model",
            expected="a name that no model of the suite has, for predictions made elsewhere",
            found=record.model,
            remedy="Import them again under another name.",
        )


def _repeated(
    record: Record,
    place: str,
    known: Known,
    runs: dict[str, str],
    predictions: dict[tuple[object, ...], str],
) -> Iterator[Finding]:
    """A run that is there twice, and predictions that two seeds can hardly share.

    Args:
        record: The record.
        place: Its file.
        known: Tells which models use their seed.
        runs: The files of the runs so far; the record is added.
        predictions: The files of the predictions so far; the record's are added.
    """
    first = runs.setdefault(_run(record), place)
    if first != place:
        yield _twice("parameters", "a run once", f"the run of {first} again", "Remove one of them.",
                     place)  # fmt: skip
    model = known.registry.models.get(record.model)
    if model is None or not model.plugin.random or record.arrays_sha256 is None:
        return
    key = record.model, record.dataset.name, record.protocol, record.preset, record.arrays_sha256
    other = predictions.setdefault((*key, record.variant), place)
    if other != place:
        yield _twice(
            "arrays_sha256", "predictions of its own for each seed of a model that uses its seed",
            f"those of {other}", "Verify both with `suite verify`.", place, "warning",
        )  # fmt: skip


def _shared(
    record: Record, place: str, models: dict[str, tuple[str, str, str]]
) -> Iterator[Finding]:
    """Predictions that another model, or the same on other data, has too.

    Rows of one model may share theirs: a tree that is done at a depth of 50 is the same at 100.

    Args:
        record: The record.
        place: Its file.
        models: The first model, dataset and file of each sum so far; the record's are added.
    """
    if record.arrays_sha256 is None:
        return
    own = record.model, record.dataset.name
    *first, other = models.setdefault(record.arrays_sha256, (*own, place))
    if tuple(first) != own:
        yield _twice(
            "arrays_sha256", "predictions of its own for each model and dataset",
            f"those of {other}", "Verify both with `suite verify`.", place, "warning",
        )  # fmt: skip


def _run(record: Record) -> str:
    key = record.key
    asked: list[Any] = [key.dataset, key.protocol, key.preset, key.model, key.seed, key.fold]
    if record.origin is not None:
        return canonical_json([*asked, "unverified"])
    return canonical_json([*asked, record.parameters, record.settings])


def _twice(
    field: str, expected: str, found: str, remedy: str, place: str, severity: Severity = "error"
) -> Finding:
    fault = Fault(
        field=field, expected=expected, found=shown(found), remedy=remedy, severity=severity
    )
    return Finding.of(fault, place)
