"""How busy a process and its children are, sampled from a process beside them (Linux).

A single-threaded program has at most one thread that runs or could run. Counting those tells more
threads than were allowed however few cores the program is pinned to, and however busy the machine
is; processor time divided by wall time tells neither.
"""

from __future__ import annotations

import os
import select
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from suite.parents import die_with_parent
from suite.runner.memory import descendants

SAMPLE_SECONDS = 0.01
# Listing the processes below takes longer than reading their threads.
SAMPLES_A_LISTING = 50
_START, _STOP = b"s", b"e"
_TOTALS = struct.Struct("=QQQ")


@dataclass
class Load:
    """What a stretch of work took.

    Attributes:
        wall_seconds: From its beginning to its end.
        cpu_seconds: Processor time, with that of child processes that ended.
        runnable: Mean number of threads that ran or waited for a core, while any did; None where
            the system does not tell.
        idle: Share of the time in which none did.
    """

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    runnable: float | None = None
    idle: float = 0.0

    @property
    def facts(self) -> dict[str, float | None]:
        """As it travels between processes."""
        return dict(vars(self))


@dataclass
class Meter:
    """Measures this process. Fork it before the process is pinned or has threads.

    Attributes:
        pid: The sampling process; None where the system does not tell the states of threads.
    """

    pid: int | None = None
    _ends: tuple[int, int] = field(default=(-1, -1))

    @classmethod
    def forked(cls) -> Meter:
        """A meter whose sampling process ends with this one."""
        if sys.platform != "linux":
            return cls()
        commands_out, commands_in = os.pipe()
        totals_out, totals_in = os.pipe()
        measured = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(commands_in)  # or else its other end is never closed
                os.close(totals_out)
                die_with_parent(measured)
                _sample(measured, commands_out, totals_in)
            finally:
                os._exit(0)
        os.close(commands_out)
        os.close(totals_in)
        return cls(pid, (commands_in, totals_out))

    @contextmanager
    def measuring(self) -> Iterator[Load]:
        """Measures the block that it is given; the figures are there behind it."""
        load = Load()
        self._tell(_START)
        cpu, wall = _processor_seconds(), time.perf_counter()
        try:
            yield load
        finally:
            load.wall_seconds = time.perf_counter() - wall
            load.cpu_seconds = _processor_seconds() - cpu
            self._tell(_STOP)
            samples, busy, threads = self._totals()
            load.runnable = threads / busy if busy else None
            load.idle = 1 - busy / samples if samples else 0.0

    def end(self) -> None:
        """End the sampling process."""
        if self.pid is None:
            return
        for end in self._ends:
            os.close(end)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self.pid = None

    def _tell(self, command: bytes) -> None:
        # A plugin may have killed the sampling process.
        with suppress(OSError):
            if self.pid is not None:
                os.write(self._ends[0], command)

    def _totals(self) -> tuple[int, int, int]:
        if self.pid is None:
            return 0, 0, 0
        data = b""
        while len(data) < _TOTALS.size:
            part = os.read(self._ends[1], _TOTALS.size - len(data))
            if not part:
                return 0, 0, 0
            data += part
        samples, busy, threads = _TOTALS.unpack(data)
        return samples, busy, threads


def _processor_seconds() -> float:
    ended = os.times()
    return time.process_time() + ended.children_user + ended.children_system


def _sample(measured: int, commands: int, totals: int) -> None:
    """Count when told, until the pipe is closed; a stretch's totals are samples, busy, threads."""
    while os.read(commands, 1) == _START:
        samples = busy = threads = 0
        below: list[int] = []
        while not select.select([commands], [], [], SAMPLE_SECONDS)[0]:
            if samples % SAMPLES_A_LISTING == 0:
                below = _processes_of(measured)
            running = sum(map(_running_threads, below))
            samples, busy, threads = samples + 1, busy + (running > 0), threads + running
        if os.read(commands, 1) != _STOP:
            return
        os.write(totals, _TOTALS.pack(samples, busy, threads))


def _processes_of(measured: int) -> list[int]:
    me = os.getpid()
    found: list[Any] = descendants(psutil.Process(measured))
    return [measured, *(process.pid for process in found if process.pid != me)]


def _running_threads(pid: int) -> int:
    running = 0
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                # The state stands behind the name, which is in brackets and may hold any character.
                running += (thread / "stat").read_bytes().rpartition(b") ")[2][:1] == b"R"
    return running
