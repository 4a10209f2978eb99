"""Stopping a sweep by Ctrl-C, by SIGTERM, or by SIGKILL at any moment."""

from __future__ import annotations

import os
import signal
import time
import uuid

import psutil
import pytest

from suite.records.store import read

MARK = "SUITE_TEST_MARK"
DIGITS = ("--datasets", "digits", "--preset", "smoke")

SLOW = """
import subprocess, sys, time
from suite.contract import Plugin, Source

class Model:
    def fit(self, X, y):
        code = "import os, time; os.setsid(); time.sleep(600)"
        subprocess.Popen([sys.executable, "-c", code])
        time.sleep(0.3)

    def predict(self, X):
        return [0] * len(X)

def build(*, seed, threads):
    return Model()

PLUGIN = Plugin(title="slow", family="fake", view="flat", build=build,
                parameters=lambda model: 0, source=Source(name="a test"))
"""


@pytest.fixture
def slow(tmp_path):
    """A plugin that takes a moment and starts a process that would outlive it."""
    path = tmp_path / "slow.py"
    path.write_text(SLOW)
    return path


def left(mark: str, seconds: float = 10.0) -> list[str]:
    deadline = time.monotonic() + seconds
    while True:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == mark:
                    found.append(" ".join(process.cmdline()))
            except (psutil.Error, OSError):
                continue
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_ended_and_reports_it(start, tmp_path, slow, number):
    mark = uuid.uuid4().hex
    arguments = ("run", *DIGITS, "--models", slow, "--seeds", 200, "--jobs", 2)
    running = start(*arguments, **{MARK: mark})
    for line in running.stdout:
        if line.startswith("[3/200]"):
            break
    running.send_signal(number)
    output = running.communicate(timeout=60)[0]
    assert running.returncode == 130, output
    assert "Traceback" not in output
    assert not left(mark)
    contents = read(tmp_path / "results")
    assert not contents.damaged
    assert len(contents.runs) >= 3
    assert (tmp_path / "site" / "index.html").exists()


@pytest.mark.parametrize("moment", [0.3, 1.5, 3.0, 4.1, 4.7])
def test_sigkill_leaves_no_process_and_loses_nothing(suite, start, tmp_path, slow, moment):
    mark = uuid.uuid4().hex
    arguments = ("run", *DIGITS, "--models", slow, "--seeds", 8, "--jobs", 2)
    running = start(*arguments, **{MARK: mark})
    time.sleep(moment)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    assert not left(mark)
    before = read(tmp_path / "results")
    assert not before.damaged
    done = suite(*arguments)
    assert done.returncode == 0, done
    after = read(tmp_path / "results")
    assert sorted(run.record.seed for run in after.runs) == list(range(8))
    # What was finished was not run again, and nothing was replaced.
    assert {r.record.digest for r in before.runs} <= {r.record.digest for r in after.runs}
    assert not (tmp_path / "results" / "superseded").exists()
    assert f"{8 - len(before.runs)} run" in done.stdout


def test_sigkill_of_the_suite_while_it_loads_libraries(start, slow):
    mark = uuid.uuid4().hex
    slow.write_text(SLOW.replace("parameters=", "requires=('sklearn.ensemble',), parameters="))
    running = start("run", *DIGITS, "--models", slow, **{MARK: mark})
    for _ in running.stdout:
        break
    time.sleep(0.3)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    assert not left(mark)
