"""Memory and processor time of a tree of processes."""

from __future__ import annotations

import resource
import time
from contextlib import suppress
from pathlib import Path

import psutil

MIB = 2**20


def memory_of(process: psutil.Process) -> int:
    """Memory of one process in bytes: PSS on Linux, where pages shared by n processes count 1/n.

    Forked processes share the libraries that the fork server loaded; the resident size would count
    them again for each. Elsewhere the resident size is all that there is. 0 for a process that
    ended.
    """
    try:
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


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
