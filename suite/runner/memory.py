"""Memory and processor time of a tree of processes."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

MIB = 2**20


class Memory(NamedTuple):
    """Memory of a process in bytes.

    Attributes:
        shared_out: PSS: a page that n processes share counts 1/n in each. Nothing escapes it, so
            that limits go by it.
        private: USS: pages of this process alone. It does not move when runs of other lanes, which
            share the fork server's libraries, come and go, so that a model's figure goes by it.
    """

    shared_out: int
    private: int


def memory_of(process: psutil.Process) -> Memory:
    """Memory of one process; zeros for one that ended.

    Where the system does not tell shared from private pages, both are the resident size.
    """
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii")
        sizes = {
            line.partition(":")[0]: int(line.split()[1]) * 1024
            for line in text.splitlines()
            if line.endswith(" kB")
        }
        return Memory(sizes["Pss"], sizes["Private_Clean"] + sizes["Private_Dirty"])
    except (OSError, ValueError, KeyError):
        pass
    with suppress(psutil.Error):
        resident = int(process.memory_info().rss)
        return Memory(resident, resident)
    return Memory(0, 0)


def descendants(root: psutil.Process) -> list[psutil.Process]:
    """All descendants of a process that are there now."""
    with suppress(psutil.Error):
        return root.children(recursive=True)
    return []


def processor_seconds(root: psutil.Process) -> float:
    """Processor time of all that descends from a process, ended and running; not its own.

    To the nanosecond for processes that run, where the system has a clock for those of others
    (Linux); what ended counts in ticks of 10 ms.
    """
    total = _ended_seconds(root.cpu_times())
    for process in descendants(root):
        with suppress(psutil.Error, OSError):
            times = process.cpu_times()
            total += _own_seconds(process.pid, times) + _ended_seconds(times)
    return total


def _ended_seconds(times: Any) -> float:
    return float(times.children_user + times.children_system)


def _own_seconds(pid: int, times: Any) -> float:
    with suppress(OSError):
        # The clock of a process by its number: what clock_getcpuclockid(3) gives on Linux.
        return time.clock_gettime((~pid << 3) | 2)
    return float(times.user + times.system)
