"""Which run can begin with the memory that is free, so that none is killed for want of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

import psutil

from suite.records.record import Record
from suite.runner.events import WaitingForMemory
from suite.runner.memory import MIB, descendants, memory_of
from suite.runner.plan import Job

# Kept free for the libraries that a fork server has yet to load (300 MiB of its own with all that
# the suite's models need; TensorFlow 2.21, Python 3.11) and for what else a machine does.
MARGIN_BYTES = 512 * MIB
# Looking at the memory of other runs costs milliseconds of processor time each.
LOOK_SECONDS = 0.5


class Budget:
    """Gives out the runs that wait, each when the memory that it is expected to need is free."""

    def __init__(
        self,
        limit: int | None,
        free: Callable[[], int],
        on_event: Callable[[WaitingForMemory], None],
    ) -> None:
        """Nothing is under way yet.

        Args:
            limit: Memory limit of each run in bytes: no run comes to need more.
            free: Tells how much memory is free, in bytes.
            on_event: Told when a lane begins to wait, once until a run begins.
        """
        self._limit = limit
        self._free = free
        self._on_event = on_event
        self._peaks: dict[tuple[str, str, int], int] = {}
        self._told = False
        # With so many runs under way there was no room; looked at again at this time.
        self._full_at: int | None = None
        self._look_again = 0.0

    def learn(self, record: Record) -> None:
        """Take a run's peak for what others of the same model and size need."""
        if record.peak_memory_mib is not None:
            key = record.model, record.variant, record.train_images
            peak = int(record.peak_memory_mib * MIB)
            self._peaks[key] = max(self._peaks.get(key, 0), peak)

    def expected(self, job: Job) -> int:
        """Memory in bytes that a run is expected to need at most."""
        key = job.key.model, job.key.variant, job.train_images
        need = self._peaks.get(key, job.memory_bytes)
        return need if self._limit is None else min(need, self._limit)

    def choose(
        self, waiting: deque[Job], under_way: Sequence[tuple[Job, int | None]]
    ) -> Job | None:
        """Take the next run off those that wait, if there is memory for one.

        A run that must wait is passed over by those of its own round (seed and fold) that fit, and
        by no others: what is large comes last in its round, not last in the sweep. When nothing is
        under way the next run is taken, however large: there is nothing to wait for.

        Args:
            waiting: The runs in their order; the one that is returned is taken out.
            under_way: The runs that were begun, with the process ID of their guard if it is known.
        """
        if not under_way:
            return self._begin(waiting, 0)
        if len(under_way) == self._full_at and time.monotonic() < self._look_again:
            return None
        room = self._room(under_way, self.expected(waiting[0]))
        first = waiting[0].key
        for place, job in enumerate(waiting):
            if (job.key.seed, job.key.fold) != (first.seed, first.fold):
                break
            if self.expected(job) <= room:
                return self._begin(waiting, place)
        if not self._told:
            need = self.expected(waiting[0])
            self._on_event(
                WaitingForMemory(job=waiting[0], needed_bytes=need, free_bytes=max(room, 0))
            )
        self._told, self._full_at = True, len(under_way)
        self._look_again = time.monotonic() + LOOK_SECONDS
        return None

    def _begin(self, waiting: deque[Job], place: int) -> Job:
        job = waiting[place]
        del waiting[place]
        self._told, self._full_at = False, None
        return job

    def _room(self, under_way: Sequence[tuple[Job, int | None]], enough: int) -> int:
        """Free memory less what the runs under way have yet to take, in bytes.

        Their processes are looked at only where there may be less than `enough`.
        """
        free = self._free() - MARGIN_BYTES
        room = free - sum(self.expected(job) for job, _ in under_way)
        if room >= enough:
            return room
        return free - sum(max(self.expected(job) - _held(guard), 0) for job, guard in under_way)


def _held(guard: int | None) -> int:
    """Private memory in bytes that the processes of a run hold now."""
    if guard is None:
        return 0
    try:
        return sum(memory_of(process).private for process in descendants(psutil.Process(guard)))
    except psutil.Error:  # the guard has just ended
        return 0
