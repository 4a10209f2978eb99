"""Lanes: order, limits, threads, data and what a run's process is told."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from suite.records.machine import usable_cores
from suite.runner.events import EpochEnded, RunStarted, SweepStarted
from suite.runner.forkserver import ForkServer
from suite.runner.isolate import Limits, make_task
from suite.runner.local import lane_cores


def test_events_tell_the_sweep(run_all, plugin):
    body = """
class Model:
    def fit(self, X, y, context):
        for epoch in (1, 2):
            context.on_epoch(epoch, 2, {"loss": 1 / epoch, "odd": float("nan")})

    def predict(self, X):
        return [0] * len(X)

def build(*, seed, threads):
    return Model()
"""
    events = []
    records = list(run_all(plugin(body, validates=True), on_event=events.append, jobs=1))
    assert [type(e) for e in events] == [SweepStarted, RunStarted, EpochEnded, EpochEnded]
    record, arrays = records[0]
    used = [row.pop("cpu_seconds") for row in record.history]
    assert record.history == ({"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.5})
    assert 0 <= used[0] <= used[1] <= record.fit_cpu_seconds + 0.001
    assert record.parameter_count.total == 7
    assert record.log_loss is None
    assert arrays.confidence is None
    assert len(arrays.validation_predictions) == 250


def test_what_a_model_gets(run_all, plugin):
    body = """
import numpy as np

class Model:
    def fit(self, X, y, context):
        for array, shape, dtype in (
            (X, (1000, 28, 28, 1), np.float32), (y, (1000,), np.uint8),
            (context.X_val, (250, 28, 28, 1), np.float32), (context.y_val, (250,), np.uint8),
        ):
            assert array.shape == shape and array.dtype == dtype, (array.shape, array.dtype)
            assert array.flags.c_contiguous and not array.flags.writeable
        assert X.min() == 0 and 0.9 < X.max() <= 1

    def predict(self, X):
        assert X.shape[1:] == (28, 28, 1) and not X.flags.writeable
        return np.zeros(len(X), np.int64)

def build(*, seed, threads, a, b):
    assert (threads, a, b) == (1, 1, "x") and 0 <= seed < 2**32
    return Model()
"""
    path = plugin(body, view="image", validates=True, params={"a": 1, "b": "x"})
    record, _ = next(iter(run_all(path)))
    assert record.error is None


@pytest.mark.parametrize("protocol", ["full", "kfold"])
def test_without_validation_the_context_is_empty(run_all, plugin, protocol):
    body = """
class Model:
    def fit(self, X, y, context):
        assert context.X_val is None and context.y_val is None

    def predict(self, X):
        return [0] * len(X)

def build(*, seed, threads):
    return Model()
"""
    outcomes = list(run_all(plugin(body, validates=True), protocol=protocol))
    assert [record.error for record, _ in outcomes] == [None] * len(outcomes)
    assert len(outcomes) == (5 if protocol == "kfold" else 1)
    assert all(arrays.validation_predictions is None for _, arrays in outcomes)


@pytest.mark.parametrize(
    ("protocol", "name", "validates"),
    [("holdout", "fine", False), ("holdout", "abelusha", True), ("kfold", "abelusha", True)],
)
def test_labels_of_scored_images_are_not_in_what_the_process_is_told(
    sweep_of, protocol, name, validates
):
    """Those of the validation images are, where a model learns with them."""
    sweep = sweep_of(name, protocol=protocol, preset="standard")
    dataset = sweep.datasets["digits"]
    job = sweep.plan.jobs[0]
    split = sweep.splits(job.key)
    task = pickle.loads(pickle.dumps(make_task(job, dataset, split, Limits(), ())))
    assert len(task.train_labels) == len(split.train)
    assert len(task.validation_labels) == (len(split.validation) if validates else 0)
    assert task.train_labels.tolist() == dataset.labels("train")[split.train].tolist()
    scored = dataset.labels("train" if split.scores_training_images else "test")[split.test]
    arrays = [v for v in vars(task).values() if isinstance(v, np.ndarray)]
    assert not any(scored.tobytes() in array.tobytes() for array in arrays)
    if split.scores_training_images:
        assert not set(split.test) & {*split.train, *split.validation}


def test_the_first_seed_of_every_model_comes_first_and_the_cheapest_before(sweep_of):
    sweep = sweep_of("dummy", "random_forest", "gaussian_nb", seeds=(0, 1, 2), preset="quick")
    jobs = sweep.plan.jobs
    seeds = [job.key.seed for job in jobs]
    assert seeds == sorted(seeds)
    assert seeds.count(0) == seeds.count(1) == seeds.count(2) >= 3
    for seed in (0, 1, 2):
        costs = [job.cost for job in jobs if job.key.seed == seed]
        assert costs == sorted(costs, reverse=seed == 2)


def test_one_seed_alone_goes_cheapest_first(sweep_of):
    jobs = sweep_of("dummy", "random_forest", "gaussian_nb", preset="quick", seeds=(0,)).plan.jobs
    costs = [job.cost for job in jobs]
    assert len(costs) >= 3
    assert costs == sorted(costs)


def test_lanes_get_cores_of_their_own_or_none():
    cores = usable_cores()
    assert lane_cores(len(cores), 1) == [(core,) for core in cores]
    assert lane_cores(1, len(cores)) == [cores]
    assert lane_cores(len(cores) + 1, 1) == [()] * (len(cores) + 1)


def test_code_that_was_changed_while_the_sweep_ran_is_recorded_as_no_result(
    run_all, fakes, tmp_path
):
    path = tmp_path / "edited.py"
    path.write_text((fakes / "fine.py").read_text())
    runs = run_all(str(path), seeds=(0, 1), jobs=1)
    first = next(runs)[0]
    path.write_text(path.read_text() + "\nADDED = 1\n")
    second = next(runs)[0]
    assert (first.status, second.status) == ("ok", "invalid")
    assert "was changed since" in second.error.message
    assert first.source_hash == second.source_hash


def test_a_closed_generator_ends_its_runs(run_all, mark, gone):
    events = []
    runs = run_all("fine", "sleeps", jobs=2, on_event=events.append)
    record, _ = next(runs)
    assert record.model == "fine"
    start = time.monotonic()
    runs.close()
    assert time.monotonic() - start < 10
    gone(mark)


def test_a_script_without_a_main_guard_runs(tmp_path, fakes):
    """Start methods of `multiprocessing` would run such a script anew in every process."""
    script = tmp_path / "script.py"
    script.write_text(
        "import suite\n"
        f"for record in suite.run('digits', {str(fakes / 'fine.py')!r}, preset='smoke',\n"
        f"                        results={str(tmp_path / 'r')!r}, progress=False):\n"
        "    print(record.status)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True,
                          cwd=fakes.parents[2], env=_environment(fakes))  # fmt: skip
    assert done.stdout == "ok\n"


def test_a_run_whose_fork_server_is_killed_before_it_began_is_begun_anew(run_all, monkeypatch):
    original = ForkServer.fork
    killed = []

    def fork(server):
        """The first time, the server dies with the request in its socket, not yet read."""
        if killed:
            return original(server)
        server._started()
        os.kill(server._process.pid, signal.SIGSTOP)
        pipe = original(server)
        os.kill(server._process.pid, signal.SIGKILL)
        killed.append(server._process.pid)
        return pipe

    monkeypatch.setattr(ForkServer, "fork", fork)
    assert [record.status for record, _ in run_all("fine")] == ["ok"]
    assert killed


def _environment(fakes):
    return {**os.environ, "PYTHONPATH": str(fakes.parents[2])}


MAPS = """
from pathlib import Path

class Model:
    def fit(self, X, y):
        held = [str(path.resolve()) for path in Path("/proc/self/fd").iterdir()]
        held += Path("/proc/self/maps").read_text().split()
        assert not [name for name in held if name.endswith(".npy")], held

    def predict(self, X):
        return [0] * len(X)

def build(*, seed, threads):
    return Model()
"""


def test_a_model_has_no_file_of_the_dataset_open(run_all, plugin):
    """Of the training images it gets a copy of its own; the file has others, too."""
    for record, _ in run_all(plugin(MAPS), protocol="kfold"):
        assert record.error is None


BURNS = """
import os, time

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

class Model:
    def fit(self, X, y):
        burn(0.2)
        child = os.fork()
        if child == 0:
            burn(0.4)
            os._exit(0)
        os.waitpid(child, 0)

    def predict(self, X):
        burn(0.3)
        return [0] * len(X)

def build(*, seed, threads):
    burn(0.3)
    return Model()
"""


def test_processor_time_is_that_of_fit_and_of_all_else(run_all, plugin):
    """With children, and read where the plugin can't reach: in the process above."""
    ((record, _),) = run_all(plugin(BURNS))
    assert record.error is None
    assert 0.55 < record.fit_cpu_seconds < 1.2
    # build; predict of some, of the test images and of the validation images
    assert 1.15 < record.other_cpu_seconds < 2.2
