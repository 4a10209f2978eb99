"""A lane waits for memory rather than have its run killed."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from contextlib import closing
from dataclasses import replace

import psutil
import pytest

from suite.runner import budget as module
from suite.runner.budget import MARGIN_BYTES, Budget
from suite.runner.events import RunStarted, WaitingForMemory
from suite.runner.local import run_local
from suite.runner.memory import MIB, memory_of

HOLDS_MEMORY = '''
"""Holds 300 MiB for a while."""

import time
from pathlib import Path

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        self.held = np.ones(300 * 2**17)
        time.sleep(1.5)

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads, number):
    return Model()


PLUGIN = Plugin(title="t", family="fake", view="flat", build=build, params={"number": 0},
                variants={"one": {"number": 1}}, parameters=lambda model: 0,
                source=Source(name="a test"))
'''


@pytest.fixture
def holders(tmp_path, sweep_of):
    """Two models of 300 MiB each, in two lanes."""
    path = tmp_path / "holds_memory.py"
    path.write_text(HOLDS_MEMORY)

    def make(**settings):
        return sweep_of(str(path), jobs=2, **settings)

    return make


def told(sweep, free, jobs=None):
    """What happens in a sweep, as words: begins, waits and ends."""
    words, waits = [], []

    def on_event(event):
        if isinstance(event, RunStarted):
            words.append("begins")
        elif isinstance(event, WaitingForMemory):
            words.append("waits")
            waits.append(event)

    runs = run_local(
        jobs or sweep.plan.jobs, sweep.datasets, sweep.splits, lanes=2, limits=sweep.limits,
        on_event=on_event, free=free,
    )  # fmt: skip
    with closing(runs):
        for run in runs:
            words.append("ends")
            assert run.record.status == "ok"
    return words, waits


def expecting(sweep, mib):
    """The jobs of a sweep, each expected to need so much."""
    return [replace(job, memory_bytes=mib * MIB) for job in sweep.plan.jobs]


def machine_of(mib):
    """A machine with so much memory for what this process starts; tells how much is free."""

    def free():
        running = psutil.Process().children(recursive=True)
        return mib * MIB + MARGIN_BYTES - sum(memory_of(process).private for process in running)

    return free


def test_two_runs_that_do_not_fit_together_run_one_after_another(holders):
    sweep = holders()
    words, waits = told(sweep, machine_of(500), expecting(sweep, 300))
    assert words == ["begins", "waits", "ends", "begins", "ends"]
    assert waits[0].job.key == sweep.plan.jobs[1].key
    assert waits[0].needed_bytes == 300 * MIB
    assert 0 < waits[0].free_bytes < 250 * MIB


def test_the_same_runs_go_side_by_side_where_memory_is_free(holders):
    sweep = holders()
    words, _ = told(sweep, machine_of(1_000), expecting(sweep, 300))
    assert words == ["begins", "begins", "ends", "ends"]


def test_what_ended_runs_needed_is_expected_of_the_next_seed(holders):
    sweep = holders(seeds=(0, 1))
    words, _ = told(sweep, machine_of(500), expecting(sweep, 10))
    assert words[:2] == ["begins", "begins"]
    assert words[-4:] == ["waits", "ends", "begins", "ends"]


def test_a_run_larger_than_the_machine_begins_when_nothing_is_under_way(holders):
    sweep = holders()
    words, _ = told(sweep, lambda: 0, expecting(sweep, 10**6))
    assert words == ["begins", "waits", "ends", "begins", "ends"]


@pytest.fixture
def jobs(sweep_of):
    sweep = sweep_of("fine", "dummy", "sleeps", seeds=(0, 1))
    return sweep.plan.jobs


def needing(jobs, *mib):
    """The jobs with other needs, the last of them for all the rest."""
    sizes = [*mib, *[mib[-1]] * len(jobs)]
    return deque(
        replace(job, memory_bytes=size * MIB) for job, size in zip(jobs, sizes, strict=False)
    )


def budget_of(mib, limit=None, on_event=lambda event: None):
    return Budget(limit, lambda: mib * MIB + MARGIN_BYTES, on_event)


def test_a_run_that_must_wait_is_passed_over_within_its_round_only(jobs):
    waiting = needing(jobs, 10, 500, 20, 1)
    assert [job.key.seed for job in waiting] == [0, 0, 0, 1, 1, 1]
    large = waiting[1]
    budget = budget_of(100)
    begun = [(budget.choose(waiting, []), None)]
    begun.append((budget.choose(waiting, begun), None))
    assert begun[1][0].memory_bytes == 20 * MIB
    assert budget.choose(waiting, begun) is None  # though those of the next round need only 1 MiB
    assert waiting[0] is large
    assert budget.choose(waiting, []) is large


def test_where_memory_is_free_the_order_stays(jobs):
    waiting, budget, begun = needing(jobs, 500, 20, 700, 1), budget_of(2_000), []
    while waiting:
        begun.append((budget.choose(waiting, begun), None))
    assert [job.key for job, _ in begun] == [job.key for job in jobs]


def test_no_run_is_expected_to_need_more_than_its_limit(jobs):
    waiting = needing(jobs, 500)
    budget = budget_of(130, limit=60 * MIB)
    begun = [(budget.choose(waiting, []), None)]
    assert budget.choose(waiting, begun) is not None


def test_waiting_is_told_once_until_a_run_begins(jobs):
    events = []
    waiting = needing(jobs, 80)
    budget = budget_of(100, on_event=events.append)
    for _ in range(2):
        begun = [(budget.choose(waiting, []), None)]
        for _ in range(3):
            assert budget.choose(waiting, begun) is None
            budget._look_again = 0.0  # as if half a second had passed
    assert [event.free_bytes for event in events] == [20 * MIB] * 2


def test_processes_are_not_looked_at_again_at_every_message(jobs, monkeypatch):
    looks = []
    monkeypatch.setattr(module, "_held", lambda guard: looks.append(guard) or 0)
    waiting, budget = needing(jobs, 80), budget_of(100)
    begun = [(budget.choose(waiting, []), 1)]
    for _ in range(10):
        budget.choose(waiting, begun)
    assert len(looks) == 1


HOLDER = "held = bytearray(100 * 2**20); print('ready', flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDER!r}])"


def test_what_a_run_holds_already_is_not_kept_free_for_it_again(jobs):
    waiting, budget = needing(jobs, 80, 90), budget_of(100)
    job = budget.choose(waiting, [])
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as guard:  # fmt: skip
        try:
            assert guard.stdout.readline() == b"ready\n"
            assert budget.choose(waiting, [(job, None)]) is None  # nothing is heard of it yet
            budget._look_again = 0.0
            assert budget.choose(waiting, [(job, guard.pid)]).memory_bytes == 90 * MIB
        finally:
            guard.communicate(b"\n")
    assert module._held(guard.pid) == 0
