"""Sweeps into a folder that is thrown away, with the time at which each run began and ended."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from suite.records.record import Record
from suite.records.store import open_store
from suite.runner.events import Event, RunEnded, RunStarted
from suite.runner.plan import Job
from suite.sweep import Settings, execute, prepare


@dataclass(frozen=True)
class TimedRun:
    """A run of a sweep; times in seconds since the sweep began."""

    job: Job
    record: Record
    started: float
    ended: float

    @property
    def overhead_seconds(self) -> float:
        """All that the run took besides fit and predict."""
        assert self.record.fit_wall_seconds is not None
        assert self.record.predict_wall_seconds is not None
        measured = self.record.fit_wall_seconds + self.record.predict_wall_seconds
        return self.ended - self.started - measured


def timed_sweep(**settings: object) -> list[TimedRun]:
    """Do a sweep as `suite run` does, without its report.

    Args:
        settings: Those of `suite.sweep.Settings`, but for the results folder.

    Raises:
        RuntimeError: A run is not ok.
    """
    started: dict[int, float] = {}
    runs: list[TimedRun] = []
    begin = perf_counter()

    def note(event: Event) -> None:
        now = perf_counter() - begin
        if isinstance(event, RunStarted):
            started[event.lane] = now
        elif isinstance(event, RunEnded):
            runs.append(TimedRun(event.job, event.record, started[event.lane], now))

    with tempfile.TemporaryDirectory() as folder:
        sweep = prepare(Settings(**settings, results=Path(folder)))  # type: ignore[arg-type]
        with open_store(Path(folder)) as store:
            for record in execute(sweep, store, note):
                if record.status != "ok":
                    raise RuntimeError(f"{record.model}: {record.status} {record.error}")
    return runs
