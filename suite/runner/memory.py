"""Memory and processor time of a tree of processes."""

from __future__ import annotations

import resource
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

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


def processor_seconds() -> float:
    """Processor time of this process and of its child processes, ended and running."""
    own = time.process_time()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = 0.0
    for process in descendants(psutil.Process()):
        with suppress(psutil.Error):
            times = process.cpu_times()
            running += times.user + times.system
    return own + ended.ru_utime + ended.ru_stime + running
