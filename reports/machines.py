"""Which times may stand side by side: those that were measured on one kind of machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from suite.records.record import Record
from suite.stats.scoring import Scored

# Cores of one model that differ by a larger part are not alike: one may share its core, or be
# slowed by what else its host does.
SPEED_TOLERANCE = 0.1


@dataclass(frozen=True, order=True)
class Machine:
    """What has to be alike for times to be comparable.

    Attributes:
        processor: The processor's name.
        threads: Threads of the run.
        device: "cpu", or the accelerator.
        processor_model: What tells processors of one name apart; empty in older records.
        speed: A core's rate of float32 matrix products in GFLOP/s; None in older records.
    """

    processor: str
    threads: int
    device: str
    processor_model: str = ""
    speed: float | None = field(default=None, compare=False)

    def is_like(self, other: Machine) -> bool:
        """Whether times of the two may be compared; what one of them lacks does not count."""
        names = (self.processor, self.threads, self.device)
        models = {self.processor_model, other.processor_model} - {""}
        if names != (other.processor, other.threads, other.device) or len(models) > 1:
            return False
        if self.speed is None or other.speed is None:
            return True
        return abs(self.speed - other.speed) <= SPEED_TOLERANCE * max(self.speed, other.speed)


def machine_of(record: Record) -> Machine:
    """The machine of a run, as far as it matters to times."""
    environment = record.environment
    speed = environment.calibration
    return Machine(
        environment.processor,
        record.threads,
        environment.device,
        environment.processor_model or "",
        speed.matrix_product_gflops if speed else None,
    )


def reference_machine(rows: Iterable[Sequence[Scored]]) -> Machine | None:
    """The machine whose times are compared.

    Args:
        rows: The runs of each row.

    Returns:
        The machine that runs of most rows are like, of equals the one that tells more of itself and
        the first in order of names, with the median of its speeds; None where every run failed.
    """
    return _most_like(
        [[machine_of(s.record) for s in runs if s.accuracy is not None] for runs in rows]
    )


def measured_on(
    runs: Sequence[Scored], reference: Machine | None
) -> tuple[Machine | None, list[Scored]]:
    """The runs of a row whose times are averaged, all of one kind of machine.

    Args:
        runs: The row's runs that gave a result.
        reference: The machine whose times are compared.

    Returns:
        The reference machine and the runs on its like, if there are any; else the machine that most
        of the runs are like, and those.
    """
    machines = [machine_of(s.record) for s in runs]
    chosen = reference
    if reference is None or not any(machine.is_like(reference) for machine in machines):
        chosen = _most_like([[machine] for machine in machines])
    if chosen is None:
        return None, []
    return chosen, [s for s, m in zip(runs, machines, strict=True) if m.is_like(chosen)]


def _most_like(groups: Sequence[Sequence[Machine]]) -> Machine | None:
    """The machine that members of most groups are like, with the median of its speeds."""
    known = {replace(machine, speed=None) for own in groups for machine in own}
    if not known:
        return None

    def order(machine: Machine) -> tuple[int, bool, Machine]:
        like = sum(any(one.is_like(machine) for one in own) for own in groups)
        return -like, not machine.processor_model, machine

    best = min(known, key=order)
    speeds = [m.speed for own in groups for m in own if m.is_like(best) and m.speed is not None]
    return replace(best, speed=median(speeds) if speeds else None)
