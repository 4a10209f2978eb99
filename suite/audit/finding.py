"""What a check found wrong with a record, said so that its author can mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from suite.errors import printable

if TYPE_CHECKING:
    from suite.records.record import Record

Severity = Literal["error", "warning", "noted"]
# What an honest run hardly ever has. A note can argue why one has it (`suite.audit.notes`).
Rule = Literal["accuracy", "agreement", "equal", "seeds", "unrelated"]

RUN_AGAIN = "Run it again with `suite run --force`; a record is never edited."
SHOWN_CHARACTERS = 120


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        field: The record's field, such as "fit_cpu_seconds" or "dataset.sums", or "" for its file.
        expected: What should be there.
        found: What is there.
        remedy: What to do.
        severity: Whether the record can't be believed ("error"), should be looked at ("warning") or
            is explained by a note ("noted").
        rule: Which rule found it, of those whose findings can be noted.
        other: The file of the other record, of a finding about two.
    """

    field: str
    expected: str
    found: str
    remedy: str = RUN_AGAIN
    severity: Severity = "error"
    rule: Rule | None = None
    other: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding(Fault):
    """A fault and where it is.

    Attributes:
        path: The file, from the results folder.
    """

    path: str

    def __str__(self) -> str:
        place = f"{self.path}: {self.field}" if self.field else self.path
        return f"{self.severity}: {place}: expected {self.expected}; found {self.found}. " + (
            self.remedy
        )

    def to_content(self) -> dict[str, str]:
        """The finding as JSON holds it."""
        return {name: str(value) for name, value in asdict(self).items() if value is not None}

    @classmethod
    def of(cls, fault: Fault, path: str) -> Finding:
        """A fault in a file."""
        return cls(**asdict(fault) | {"field": shown(fault.field)}, path=shown(path))


def severity_of(record: Record) -> Severity:
    """How severe it is that a record has what honest runs hardly ever have.

    Records from before there was a sandbox were looked at by hand.
    """
    return "warning" if record.environment.sandbox is None else "error"


def shown(value: object) -> str:
    """A value as a finding shows it: on one line, cut where it is long."""
    text = value if isinstance(value, str) else ascii(value)
    text = printable(text)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
