"""Progress of a sweep as data; how it is shown is not the runner's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from suite.records.record import Record
from suite.runner.plan import Job


@dataclass(frozen=True, kw_only=True)
class SweepStarted:
    """The lanes are about to take their first runs; loading the libraries comes first."""

    jobs: tuple[Job, ...]
    lanes: int


@dataclass(frozen=True, kw_only=True)
class RunStarted:
    """A lane took a run."""

    lane: int
    job: Job


@dataclass(frozen=True, kw_only=True)
class EpochEnded:
    """A model finished an epoch (from 1) out of `epochs`."""

    lane: int
    job: Job
    epoch: int
    epochs: int
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class RunEnded:
    """A run ended, whatever came of it."""

    lane: int
    job: Job
    record: Record


@dataclass(frozen=True, kw_only=True)
class ModelKept:
    """The fitted model of a run that is ok was saved at `path`, or was not, for a reason."""

    job: Job
    path: Path | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RunLost:
    """A machine was lost with a run under way, which will be done again from its start."""

    lane: int
    job: Job
    reason: str


@dataclass(frozen=True, kw_only=True)
class LanesChanged:
    """Machines joined or left; a lane that is gone has no run."""

    lanes: int


@dataclass(frozen=True, kw_only=True)
class WaitingForMemory:
    """A lane waits, with `job` the next in order, until more memory is free."""

    job: Job
    needed_bytes: int
    free_bytes: int


Event = (
    SweepStarted
    | RunStarted
    | EpochEnded
    | RunEnded
    | ModelKept
    | RunLost
    | LanesChanged
    | WaitingForMemory
)
