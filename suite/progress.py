"""Shows how a sweep gets on: bars in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from suite.protocol.rules import split_preset
from suite.runner.events import (
    EpochEnded,
    Event,
    LanesChanged,
    ModelKept,
    RunEnded,
    RunLost,
    RunStarted,
    SweepStarted,
    WaitingForMemory,
)
from suite.runner.memory import MIB
from suite.runner.plan import Job

# Weight of the estimates against what is measured while little has been measured, in seconds.
PRIOR_SECONDS = 10.0


class SweepProgress:
    """Listens to the events of a sweep and shows them on a console; a context manager.

    Attributes:
        console: Where it shows them.
        models: The fitted models that were saved.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.models: list[Path] = []
        self._failed = 0
        self._short = False
        self._told_short = False
        self._clock: Clock | None = None
        self._bars = Progress(
            TextColumn(
                "{task.description}",
                markup=False,  # labels have brackets
                table_column=Column(ratio=3, no_wrap=True, overflow="ellipsis"),
            ),
            BarColumn(bar_width=None, table_column=Column(ratio=2)),
            TextColumn("{task.fields[state]}", markup=False, table_column=Column(no_wrap=True)),
            console=console,
            expand=True,
            transient=True,
            disable=not console.is_terminal,
        )
        self._whole: TaskID | None = None
        self._lanes: dict[int, TaskID] = {}

    def __enter__(self) -> SweepProgress:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, SweepStarted):
            self._start(event)
        elif isinstance(event, RunStarted):
            assert self._clock is not None
            self._clock.started(event.lane, event.job)
            self._short = False
            self._show_lane(event.lane, event.job, "")
        elif isinstance(event, EpochEnded):
            state = f"epoch {event.epoch}/{event.epochs}"
            self._show_lane(event.lane, event.job, state, event.epoch, event.epochs)
        elif isinstance(event, ModelKept):
            self._tell_model(event)
        elif isinstance(event, RunLost):
            self._lose(event)
        elif isinstance(event, LanesChanged):
            self._change_lanes(event.lanes)
        elif isinstance(event, WaitingForMemory):
            self._wait(event)
        else:
            self._end(event)

    def _start(self, event: SweepStarted) -> None:
        self._clock = Clock(event.jobs, event.lanes)
        self._whole = self._bars.add_task("loading libraries", total=len(event.jobs), state="")
        self._change_lanes(event.lanes)

    def _change_lanes(self, lanes: int) -> None:
        assert self._clock is not None
        self._clock.lanes = lanes
        if not lanes:
            self.console.print("no worker with room for a run is there; waiting for one")

    def _wait(self, event: WaitingForMemory) -> None:
        self._short = True
        self._show_whole()
        if self._told_short:
            return
        self._told_short = True
        self.console.print(
            f"a lane waits for memory: {event.job.label} is expected to need "
            f"{event.needed_bytes / MIB:,.0f} MiB, {event.free_bytes / MIB:,.0f} MiB are free",
            soft_wrap=not self.console.is_terminal,
            markup=False,
        )

    def _lose(self, event: RunLost) -> None:
        assert self._clock is not None
        self._clock.abandoned(event.lane)
        self._bars.update(self._bar(event.lane), description="", total=None, state="")
        line = Text(f"{event.job.label}  {_where(event.job)}  ")
        line.append("again", style="yellow")
        line.append(f"  {event.reason}")
        self.console.print(line, soft_wrap=not self.console.is_terminal, highlight=False)

    def _tell_model(self, event: ModelKept) -> None:
        if event.path is not None:
            self.models.append(event.path)
            return
        line = Text(f"{event.job.label}  {_where(event.job)}  ")
        line.append("model not saved", style="yellow")
        line.append(f": {event.reason}")
        self.console.print(line, soft_wrap=not self.console.is_terminal, highlight=False)

    def _bar(self, lane: int) -> TaskID:
        if lane not in self._lanes:
            self._lanes[lane] = self._bars.add_task("", total=None, state="")
        return self._lanes[lane]

    def _show_lane(
        self, lane: int, job: Job, state: str, epoch: int = 0, epochs: int | None = None
    ) -> None:
        description = f"{job.label}  {_where(job)}"
        self._bars.update(
            self._bar(lane), description=description, completed=epoch, total=epochs, state=state
        )
        self._show_whole()

    def _show_whole(self) -> None:
        assert self._clock is not None
        assert self._whole is not None
        failed = f", {self._failed} not ok" if self._failed else ""
        short = ", a lane waits for memory" if self._short else ""
        self._bars.update(
            self._whole,
            description=f"{self._clock.done} of {self._clock.total} runs{failed}{short}",
            completed=self._clock.share_done * self._clock.total,
            state=f"{duration(self._clock.seconds_left())} left",
        )

    def _end(self, event: RunEnded) -> None:
        assert self._clock is not None
        took = self._clock.ended(event.lane, event.job)
        status = event.record.status
        self._failed += status != "ok"
        self._bars.update(self._bar(event.lane), description="", total=None, state="")
        self._show_whole()
        reason = event.record.error
        if status == "ok" and self.console.is_terminal:
            return
        line = Text(f"[{self._clock.done}/{self._clock.total}] {event.job.label}  ")
        line.append(f"{_where(event.job)}  ")
        line.append(status, style="green" if status == "ok" else "red")
        line.append(f"  {duration(took)}")
        if reason is not None:
            line.append(
                f"  {reason.type}: {reason.message.splitlines()[0] if reason.message else ''}"
            )
        self.console.print(line, soft_wrap=not self.console.is_terminal, highlight=False)


def _where(job: Job) -> str:
    fold = "" if job.key.fold is None else f" fold {job.key.fold}"
    size = split_preset(job.key.preset)[1]
    images = "" if size is None else f" {size:,} images"
    return f"{job.key.dataset}{images} seed {job.key.seed}{fold}"


class Clock:
    """Estimates the time left from the estimates of the runs and what the ended ones took."""

    def __init__(self, jobs: tuple[Job, ...], lanes: int) -> None:
        self.total = len(jobs)
        self.done = 0
        self.lanes = lanes
        self._cost = sum(job.cost for job in jobs)
        self._cost_left = self._cost
        self._cost_done = 0.0
        self._took = 0.0
        self._running: dict[int, tuple[Job, float]] = {}

    def started(self, lane: int, job: Job) -> None:
        """A lane took a run."""
        self._running[lane] = job, time.monotonic()

    def abandoned(self, lane: int) -> None:
        """A run was lost before it ended."""
        self._running.pop(lane)

    def ended(self, lane: int, job: Job) -> float:
        """A run ended; returns the seconds that it took."""
        _, since = self._running.pop(lane)
        took = time.monotonic() - since
        self.done += 1
        self._took += took
        self._cost_done += job.cost
        self._cost_left -= job.cost
        return took

    @property
    def share_done(self) -> float:
        """Part of the work that is done, by the estimates."""
        return 1 - self._cost_left / self._cost if self._cost else 1.0

    def seconds_left(self) -> float:
        """About how long the rest takes."""
        pace = (self._took + PRIOR_SECONDS) / (self._cost_done + PRIOR_SECONDS)
        now = time.monotonic()
        under_way = 0.0
        longest = 0.0
        for job, since in self._running.values():
            left = max(job.cost * pace - (now - since), 0.0)
            longest = max(longest, left)
            under_way += job.cost * pace - left
        return max((self._cost_left * pace - under_way) / max(self.lanes, 1), longest, 0.0)


def duration(seconds: float) -> str:
    """A time as people say it: "0.4 s", "12 s", "3 min", "2 h 05 min"."""
    if seconds < 1:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"
