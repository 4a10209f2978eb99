"""How a sweep shows itself."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from suite.progress import Clock, SweepProgress, duration
from suite.runner.events import (
    EpochEnded,
    LanesChanged,
    RunEnded,
    RunLost,
    RunStarted,
    SweepStarted,
    WaitingForMemory,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (12.4, "12 s"), (99, "99 s"), (170, "3 min"), (7500, "2 h 05 min")],
)
def test_times_are_said_as_people_do(seconds, text):
    assert duration(seconds) == text


@pytest.fixture
def sweep(tmp_path, fakes):
    from suite.sweep import Settings, prepare

    models = (str(fakes / "fine.py"), str(fakes / "raises_in_fit.py"))
    return prepare(Settings(datasets=("digits",), models=models, preset="smoke",
                            results=tmp_path / "r", jobs=2))  # fmt: skip


def records_of(sweep, tmp_path):
    from suite.records.store import open_store
    from suite.sweep import execute

    with open_store(tmp_path / "r") as store:
        return {r.model: r for r in execute(sweep, store, lambda event: None)}


def shown(sweep, records, width, terminal):
    text = io.StringIO()
    console = Console(file=text, width=width, force_terminal=terminal, highlight=False,
                      color_system=None)  # fmt: skip
    with SweepProgress(console) as progress:
        jobs = sweep.plan.jobs
        progress(SweepStarted(jobs=jobs, lanes=2))
        for lane, job in enumerate(jobs):
            progress(RunStarted(lane=lane, job=job))
            progress(EpochEnded(lane=lane, job=job, epoch=3, epochs=12, metrics={}))
        progress._bars.refresh()
        for lane, job in enumerate(jobs):
            progress(RunEnded(lane=lane, job=job, record=records[job.key.model]))
    return text.getvalue()


def test_a_run_on_fewer_images_is_told_apart(tmp_path):
    from suite.sweep import Settings, prepare

    small = prepare(Settings(datasets=("digits",), models=("dummy",), preset="smoke", seeds=(0,),
                             results=tmp_path / "r", train_sizes=(100,)))  # fmt: skip
    output = shown(small, records_of(small, tmp_path), 80, terminal=False)
    assert "dummy  digits 100 images seed 0  ok" in output


@pytest.mark.parametrize("width", [50, 160])
def test_a_terminal_shows_bars_and_lines_that_fit(sweep, tmp_path, width):
    output = shown(sweep, records_of(sweep, tmp_path), width, terminal=True)
    assert "0 of 2 runs" in output
    assert "left" in output
    assert "epoch 3/12" in output
    assert "did not converge" in " ".join(output.split())
    if width == 160:
        assert "raises_in_fit  digits seed 0" in output
    frames = [line for line in output.splitlines() if "epoch 3/12" in line]
    visible = [line.split("\x1b[2K")[-1].replace("\x1b[1A", "") for line in frames]
    assert all(len(line) <= width for line in visible)


def test_elsewhere_a_plain_line_a_run(sweep, tmp_path):
    output = shown(sweep, records_of(sweep, tmp_path), 80, terminal=False)
    assert "\x1b" not in output
    lines = output.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("[1/2] ")
    assert any("ok" in line for line in lines)
    assert any(
        "failed" in line and "ValueError: in fit: did not converge" in line for line in lines
    )


def test_the_time_left_follows_what_runs_really_take(sweep, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("suite.progress.time.monotonic", lambda: now[0])
    job = sweep.plan.jobs[0]
    clock = Clock((job,) * 100, lanes=1)
    at_first = clock.seconds_left()
    assert at_first == pytest.approx(100 * job.cost)
    for _ in range(50):
        clock.started(0, job)
        now[0] += 3 * job.cost  # three times slower than estimated
        clock.ended(0, job)
    assert clock.share_done == pytest.approx(0.5)
    assert 1.5 * at_first / 2 < clock.seconds_left() <= 3 * at_first / 2


def test_a_lost_run_and_the_want_of_workers_are_told(sweep):
    text = io.StringIO()
    job = sweep.plan.jobs[0]
    with SweepProgress(Console(file=text, width=200)) as progress:
        progress(SweepStarted(jobs=sweep.plan.jobs, lanes=1))
        progress(RunStarted(lane=0, job=job))
        progress(RunLost(lane=0, job=job, reason="the worker tcp://w:1 was lost"))
        progress(LanesChanged(lanes=0))
        progress(LanesChanged(lanes=4))
        progress(RunStarted(lane=3, job=job))
    lines = text.getvalue().splitlines()
    assert len(lines) == 2
    assert job.label in lines[0]
    assert "again  the worker tcp://w:1 was lost" in lines[0]
    assert "waiting" in lines[1]


def test_waiting_for_memory_is_told_in_one_line(sweep):
    text = io.StringIO()
    job = sweep.plan.jobs[0]
    waiting = WaitingForMemory(job=job, needed_bytes=3_000 * 2**20, free_bytes=2**20)
    with SweepProgress(Console(file=text, width=200)) as progress:
        progress(SweepStarted(jobs=sweep.plan.jobs, lanes=2))
        for _ in range(3):
            progress(RunStarted(lane=0, job=job))
            progress(waiting)
    (line,) = text.getvalue().splitlines()
    assert f"{job.label} is expected to need 3,000 MiB, 1 MiB are free" in line


def test_a_terminal_shows_that_a_lane_waits_for_as_long_as_it_does(sweep):
    progress = SweepProgress(Console(file=io.StringIO(), force_terminal=True))
    job = sweep.plan.jobs[0]
    progress(SweepStarted(jobs=sweep.plan.jobs, lanes=2))
    whole = progress._bars.tasks[0]
    progress(RunStarted(lane=0, job=job))
    progress(WaitingForMemory(job=job, needed_bytes=2, free_bytes=1))
    assert "a lane waits for memory" in whole.description
    progress(RunStarted(lane=1, job=job))
    assert "waits" not in whole.description
