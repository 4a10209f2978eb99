"""Threads are counted, not cores."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from suite.checks.meter import Meter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads are told by Linux only")
MEGABYTES_50 = bytes(50_000_000)


@pytest.fixture
def meter():
    made = Meter.forked()
    yield made
    made.end()


def compute(threads):
    """About half a second of work in each thread, outside the interpreter's lock."""
    end = time.process_time() + 0.5 * threads

    def work(_):
        while time.process_time() < end:
            hashlib.sha256(MEGABYTES_50)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))


@pytest.mark.parametrize("threads", [1, 3])
def test_busy_threads_are_counted_though_they_share_a_core(meter, threads):
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        with meter.measuring() as load:
            compute(threads)
    finally:
        os.sched_setaffinity(0, cores)
    assert load.runnable == pytest.approx(threads, abs=0.3)
    assert load.cpu_seconds > 0.4


def test_child_processes_count(meter):
    code = "import time\nwhile time.process_time() < 1.0: pass"
    with meter.measuring() as load:
        children = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
        for child in children:
            child.wait()
    assert load.runnable > 1.5


def test_sleep_is_idle_and_work_is_not(meter):
    with meter.measuring() as asleep:
        time.sleep(0.5)
    with meter.measuring() as awake:
        compute(1)
    assert asleep.idle > 0.8
    assert awake.idle < 0.2


def test_the_sampling_process_ends_with_its_meter():
    made = Meter.forked()
    pid = made.pid
    assert psutil.pid_exists(pid)
    made.end()
    assert not psutil.pid_exists(pid)
