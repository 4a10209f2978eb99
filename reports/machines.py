"""Which times may stand side by side: those that were measured on one kind of machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suite.records.record import Record
from suite.stats.scoring import Scored


@dataclass(frozen=True, order=True)
class Machine:
    """What has to be equal for times to be comparable."""

    processor: str
    threads: int
    device: str


def machine_of(record: Record) -> Machine:
    """The machine of a run, as far as it matters to times."""
    environment = record.environment
    return Machine(environment.processor, record.threads, environment.device)


def reference_machine(rows: Iterable[Sequence[Scored]]) -> Machine | None:
    """The machine whose times are compared.

    Args:
        rows: The runs of each row.

    Returns:
        The machine with runs in most rows, of equals the first in order of names; None where every
        run failed.
    """
    counts = Counter(
        machine
        for runs in rows
        for machine in {machine_of(s.record) for s in runs if s.accuracy is not None}
    )
    return min(counts, key=lambda m: (-counts[m], m)) if counts else None


def measured_on(
    runs: Sequence[Scored], reference: Machine | None
) -> tuple[Machine | None, list[Scored]]:
    """The runs of a row whose times are averaged, all of one machine.

    Args:
        runs: The row's runs that gave a result.
        reference: The machine whose times are compared.

    Returns:
        The reference machine and its runs if it has any, else those of the machine with most.
    """
    counts = Counter(machine_of(s.record) for s in runs)
    if not counts:
        return None, []
    machine = min(counts, key=lambda m: (m != reference, -counts[m], m))
    return machine, [s for s in runs if machine_of(s.record) == machine]
