"""A sweep on a Dask cluster: a real scheduler and two worker processes on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from suite.data.known import info_of
from suite.errors import RunnerError, UsageError
from suite.records.machine import this_machine
from suite.runner.cluster import check_address, run_cluster
from suite.runner.events import EpochEnded, LanesChanged, RunLost, RunStarted
from suite.runner.isolate import Limits
from suite.runner.local import run_local

pytest.importorskip("distributed")
from distributed import Client

from suite.runner import cluster, dispatch

WAITS = """
import time
from pathlib import Path
import numpy as np
from suite.contract import Plugin, Source

class Model:
    def fit(self, X, y, context):
        Path({gate!r}).with_name("began").touch()
        context.on_epoch(1, 2, {{"loss": 1.0}})
        while not Path({gate!r}).exists():
            time.sleep(0.05)

    def predict(self, X):
        return np.zeros(len(X), int)

def build(*, seed, threads):
    return Model()

PLUGIN = Plugin(title="t", family="fake", view="flat", build=build, uses_validation=True,
                parameters=lambda model: 0, source=Source(name="a test"))
"""


@pytest.fixture
def on_cluster(sweep_of):
    def run(cluster, *names, on_event=lambda event: None, **settings):
        sweep = sweep_of(*names, scheduler=cluster.address, **settings)
        return run_cluster(
            sweep.plan.jobs, sweep.datasets, sweep.splits,
            scheduler=sweep.scheduler, limits=sweep.limits, on_event=on_event,
        )  # fmt: skip

    return run


@pytest.fixture
def waits(tmp_path):
    """A plugin whose fit tells that it began and waits until a file is there."""
    # A run may write there, as it has to for semaphores.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        gate = Path(folder, "gate")
        path = tmp_path / "waits.py"
        path.write_text(WAITS.format(gate=str(gate)))
        yield str(path), gate


def nothing_below(cluster, *names):
    deadline = time.monotonic() + 20
    while any(cluster.runs_of(name) for name in names) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [cluster.runs_of(name) for name in names] == [[] for _ in names]


def test_results_are_those_of_this_machine_to_the_bit(shared, on_cluster, sweep_of):
    names = ("dummy", "nearest_centroid", "logistic_regression")
    events = []
    away = list(on_cluster(shared, *names, on_event=events.append, seeds=(0, 1)))
    sweep = sweep_of(*names, seeds=(0, 1))
    here = run_local(sweep.plan.jobs, sweep.datasets, sweep.splits, lanes=1, limits=sweep.limits)
    expected = {run.job.key: run.record.arrays_sha256 for run in here}
    assert len(expected) == 6
    assert {run.job.key: run.record.arrays_sha256 for run in away} == expected
    assert all(run.arrays.sha256() == expected[run.job.key] for run in away)
    started = [event.job.key for event in events if isinstance(event, RunStarted)]
    assert started == [job.key for job in sweep.plan.jobs]
    machine = this_machine()
    environment = away[0].record.environment
    assert (environment.processor, environment.python) == (machine.processor, machine.python)
    nothing_below(shared, "one", "two")


def test_training_sizes_are_those_of_this_machine(shared, on_cluster, sweep_of):
    settings = {"preset": "standard", "seeds": (0,), "train_sizes": (100, 9_999)}
    away = list(on_cluster(shared, "nearest_centroid", **settings))
    sweep = sweep_of("nearest_centroid", **settings)
    here = run_local(sweep.plan.jobs, sweep.datasets, sweep.splits, lanes=1, limits=sweep.limits)
    expected = {run.record.key: run.record.arrays_sha256 for run in here}
    assert {run.record.key: run.record.arrays_sha256 for run in away} == expected
    assert {key.preset for key in expected} == {"standard-n100", "standard"}


def test_workers_are_heard_of_though_the_subscription_is_late(shared, on_cluster, monkeypatch):
    send = Client._send_to_scheduler

    def slowly(self, message):
        late = message["op"] == "subscribe-topic"
        self.loop.call_later(2.0 * late, lambda: send(self, message))

    monkeypatch.setattr(Client, "_send_to_scheduler", slowly)
    # The workers tell of themselves after it was asked what had been told so far.
    monkeypatch.setattr(Client, "get_events", lambda self, topic: ())
    (run,) = on_cluster(shared, "fine", seeds=(0,))
    assert run.record.status == "ok"


def test_precision_reaches_a_worker(shared, on_cluster, run_all):
    name, options = "machine_learning_mastery/default", {"precision": "bfloat16", "seeds": (0,)}
    (away,) = on_cluster(shared, name, **options)
    assert away.record.environment.precision == "bfloat16"
    ((here, _),) = run_all(name, **options)
    assert away.record.arrays_sha256 == here.arrays_sha256


def test_limits_hold_on_a_worker(shared, on_cluster):
    runs = on_cluster(shared, "hangs_in_c", "eats_memory", "fine", timeout=5.0, memory=600 * 2**20)
    statuses = {run.record.model: run.record.status for run in runs}
    assert statuses == {"hangs_in_c": "timeout", "eats_memory": "out_of_memory", "fine": "ok"}


def test_a_closed_generator_ends_its_runs(shared, on_cluster, waits):
    events = []
    runs = on_cluster(shared, "fine", waits[0], on_event=events.append, seeds=(0, 1, 2))
    assert next(runs).record.model == "fine"
    runs.close()
    nothing_below(shared, "one", "two")


def test_images_are_sent_to_a_worker_that_has_none_but_no_labels(shared, on_cluster, monkeypatch):
    def not_bundled(name):
        """So that a worker has to look for the files, and finds none."""
        return replace(info_of(name), bundled=False, name="sent")

    monkeypatch.setattr(dispatch, "info_of", not_bundled)
    statuses = [run.record.status for run in on_cluster(shared, "fine", seeds=(0, 1))]
    assert statuses == ["ok", "ok"]
    for worker in ("one", "two"):
        cached = sorted(path.name for path in (shared.folder / f"cache-{worker}/sent").iterdir())
        assert cached == ["test-images.npy", "train-images.npy"]


def test_other_code_on_a_worker_ends_the_sweep(shared, sweep_of):
    sweep = sweep_of("gaussian_nb")
    jobs = [replace(job, source_hash="0" * 64) for job in sweep.plan.jobs]
    with pytest.raises(RunnerError, match="found other code"):
        list(run_cluster(jobs, sweep.datasets, sweep.splits, scheduler=shared.address,
                         limits=sweep.limits))  # fmt: skip


def test_the_run_of_a_lost_worker_is_done_again_but_not_for_ever(
    own, on_cluster, waits, monkeypatch, gone, mark
):
    path, gate = waits
    own.start_worker("one")
    own.start_worker("two")
    own.wait_for("one", "two")
    events = []

    def on_event(event):
        events.append(event)
        if isinstance(event, EpochEnded) and not gate.exists():
            own.kill(next(name for name in own.alive("one", "two") if own.runs_of(name)))
            gate.touch()

    (run,) = on_cluster(own, path, on_event=on_event)
    assert run.record.status == "ok"
    (lost,) = [event for event in events if isinstance(event, RunLost)]
    assert "was lost" in lost.reason
    assert LanesChanged(lanes=1) in events

    gate.unlink()
    monkeypatch.setattr(dispatch, "RETRIES", 0)
    (run,) = on_cluster(own, path, on_event=on_event)
    assert run.record.status == "failed"
    assert run.record.error.type == "WorkerLost"
    assert run.record.environment.cores == this_machine().cores
    own.stop()
    gone(mark)


def test_a_lost_scheduler_ends_the_sweep_and_leaves_nothing(own, on_cluster, waits, gone, mark):
    own.start_worker("one", threads=2)
    runs = on_cluster(own, "fine", waits[0], memory=2**30)
    assert next(runs).record.model == "fine"
    own.kill("scheduler")
    with pytest.raises(RunnerError, match=r"scheduler at tcp://.* was lost"):
        next(runs)
    gone(mark, 30.0)


def test_the_command_line_runs_a_sweep_on_a_cluster(shared, fakes, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "suite", "run", "--datasets", "digits", "--preset", "smoke",
         "--models", str(fakes / "fine.py"), "--results", "r", "--site", "s",
         "--scheduler", shared.address],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "shared by the workers of tcp://" in done.stdout
    assert len(list((tmp_path / "r").rglob("seed-0.json"))) == 1


def test_a_killed_caller_leaves_nothing_on_the_workers(shared, waits, tmp_path):
    path, gate = waits
    script = "import sys, suite; list(suite.run('digits', sys.argv[1], preset='smoke', "
    script += "results=sys.argv[2], progress=False, scheduler=sys.argv[3]))"
    caller = subprocess.Popen(
        [sys.executable, "-c", script, path, str(tmp_path / "r"), shared.address],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    began = gate.with_name("began")
    try:
        deadline = time.monotonic() + 60
        while not began.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert began.exists()
        assert shared.runs_of("one") + shared.runs_of("two")
    finally:
        caller.kill()
        caller.wait()
    nothing_below(shared, "one", "two")


def test_nobody_at_the_address(sweep_of, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with pytest.raises(RunnerError, match="no Dask scheduler answers"):
        next(run_cluster(sweep_of("fine").plan.jobs, {}, None, scheduler="tcp://127.0.0.1:1",
                         limits=Limits()))  # fmt: skip


@pytest.mark.parametrize("address", ["", "host", "tcp://host", "nonsense://host:1"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UsageError, match="expected an address"):
        check_address(address)


def test_without_dask_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed.comm.addressing", None)
    with pytest.raises(UsageError, match=r"pip install .*\[cluster\]"):
        check_address("tcp://127.0.0.1:8786")


def test_jobs_and_scheduler_exclude_each_other(sweep_of):
    with pytest.raises(UsageError, match="--jobs is for this machine"):
        sweep_of("fine", jobs=2, scheduler="tcp://127.0.0.1:8786")
