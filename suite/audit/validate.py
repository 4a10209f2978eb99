"""Checks a results folder: everything about its records that can be recomputed without training.

What agrees with all else in its record can't be told from the truth here (`docs/records.md` lists
it): that takes running the record's job again, `suite.audit.verify`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from suite.audit.agreement import Answers, agreement_findings
from suite.audit.code import code_faults
from suite.audit.committed import committed_findings
from suite.audit.figures import figure_faults, start_faults
from suite.audit.finding import Fault, Finding, severity_of, shown
from suite.audit.known import Known
from suite.audit.leftovers import list_folder
from suite.audit.machine import text_faults
from suite.audit.notes import read_notes
from suite.audit.predictions import prediction_faults
from suite.audit.reading import open_record
from suite.audit.rules import rule_faults, split_faults
from suite.identity import canonical_json
from suite.records.arrays import RunArrays
from suite.records.record import Record
from suite.records.store import SUPERSEDED

_SEED = re.compile("seed-([0-9]+)")


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
        findings: What is wrong: in each file, then in several taken together.
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
        return sum(finding.severity == "warning" for finding in self.findings)

    @property
    def noted(self) -> int:
        """How many findings a note explains."""
        return len(self.findings) - self.errors - self.warnings


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
    models: dict[str, tuple[str, str, str]] = {}
    rows: dict[Path, list[tuple[str, Record]]] = {}
    answers: list[Answers] = []
    for path in listing.records:
        examined = examine(path, folder, known)
        findings += examined.findings
        if examined.record is not None:
            place = path.relative_to(folder).as_posix()
            findings += _repeated(examined.record, place, runs)
            findings += _shared(examined.record, place, models)
            rows.setdefault(path.parent, []).append((place, examined.record))
        answers += _answers(examined, folder, known)
    findings += agreement_findings(answers, known)
    for row, records in rows.items():
        findings += _left_out(row, folder, records)
    findings += committed_findings(folder, known.registry)
    notes = read_notes(folder)
    told = (*notes.apply(findings), *notes.findings, *notes.unneeded(findings))
    return Audit(records=len(listing.records), findings=told)


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


def _answers(examined: Examined, folder: Path, known: Known) -> Iterator[Answers]:
    """What a record of the suite answered, if all is right with it but what a note may explain."""
    record, arrays = examined.record, examined.arrays
    wrong = any(one.severity == "error" and one.rule is None for one in examined.findings)
    if record is None or arrays is None or record.origin is not None or wrong:
        return
    place = examined.path.relative_to(folder).as_posix()
    predictions = arrays.predictions
    yield Answers(record=record, place=place, predictions=predictions,
                  wrong=predictions != known.labels_of(record))  # fmt: skip


def _repeated(record: Record, place: str, runs: dict[str, str]) -> Iterator[Finding]:
    """A run that is there twice.

    Args:
        record: The record.
        place: Its file.
        runs: The files of the runs so far; the record is added.
    """
    first = runs.setdefault(_run(record), place)
    if first != place:
        fault = Fault(
            field="parameters",
            expected="a run once",
            found=shown(f"the run of {first} again"),
            remedy="Remove one of them.",
        )
        yield Finding.of(fault, place)


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
        fault = Fault(
            field="arrays_sha256", expected="predictions of its own for each model and dataset",
            found=shown(f"those of {other}"), remedy="Verify both with `suite verify`.",
            severity=severity_of(record), rule="equal", other=other,
        )  # fmt: skip
        yield Finding.of(fault, place)


def _left_out(row: Path, folder: Path, records: Iterable[tuple[str, Record]]) -> Iterator[Finding]:
    """A seed that a row lacks below its highest one: of several tries some may have been chosen.

    A run that failed has its record, too, and one that was done again lies in `superseded/`.

    Args:
        row: The folder of the row.
        folder: The results folder.
        records: The files and records of the row.
    """
    files = [*row.iterdir(), *(folder / SUPERSEDED / row.relative_to(folder)).glob("*")]
    seeds = {int(found[1]) for file in files if (found := _SEED.match(file.name))}
    lacking = next(seed for seed in count() if seed not in seeds)
    above = [(place, one) for place, one in records if one.origin is None and one.seed > lacking]
    if not above:
        return
    place, last = max(above, key=lambda one: (severity_of(one[1]) == "error", one[1].seed))
    fault = Fault(
        field="seed",
        expected=f"the seeds below {last.seed}, too, of which {lacking} is lacking",
        found=shown(", ".join(map(str, sorted(seeds)))),
        remedy=f"Run it as well: `suite run --seeds {lacking},`; failed runs belong to a row, too.",
        severity=severity_of(last),
        rule="seeds",
    )
    yield Finding.of(fault, place)


def _run(record: Record) -> str:
    key = record.key
    asked: list[Any] = [key.dataset, key.protocol, key.preset, key.model, key.seed, key.fold]
    if record.origin is not None:
        return canonical_json([*asked, "unverified"])
    return canonical_json([*asked, record.parameters, record.settings])
