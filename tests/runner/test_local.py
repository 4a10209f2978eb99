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

PLUGIN = """
from suite.contract import Plugin, Source
{body}

PLUGIN = Plugin(title="t", family="fake", view="{view}", build=build, uses_validation={validates},
                params={params}, parameters=lambda model: 7, source=Source(name="a test"))
"""


@pytest.fixture
def plugin(tmp_path):
    def write(body, view="flat", validates=False, params=None, name="mine"):
        path = tmp_path / f"{name}.py"
        text = PLUGIN.format(body=body, view=view, validates=validates, params=params or {})
        path.write_text(text)
        return str(path)

    return write


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
    assert record.history == ({"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.5})
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


@pytest.mark.parametrize("protocol", ["holdout", "kfold"])
def test_labels_of_scored_images_are_not_in_what_the_process_is_told(sweep_of, protocol):
    sweep = sweep_of("fine", protocol=protocol, preset="standard")
    dataset = sweep.datasets["digits"]
    job = sweep.plan.jobs[0]
    split = sweep.splits(job.key)
    task = pickle.loads(pickle.dumps(make_task(job, dataset, split, Limits(), ())))
    told = [*task.train_labels, *task.validation_labels]
    assert len(told) == len(split.train) + len(split.validation)
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
import os
from pathlib import Path
import numpy as np

load = np.load

def spy(path, **options):
    array = load(path, **options)
    lines = Path("/proc/self/maps").read_text().splitlines(True)
    with open({log!r}, "a") as log:
        log.writelines(line for line in lines if str(path) in line)
    return array

if "SUITE_FORK_SERVER" in os.environ:  # in a run only: the plan reads this file, too
    np.load = spy

class Model:
    def fit(self, X, y):
        assert len(Path({log!r}).read_text().splitlines()) >= 2

    def predict(self, X):
        return np.zeros(len(X), int)

def build(*, seed, threads):
    return Model()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells of mappings")
def test_all_lanes_map_the_image_files_read_only_and_share_them(run_all, plugin, tmp_path):
    log = tmp_path / "maps"
    body = MAPS.format(log=str(log))
    paths = [plugin(body, name=name) for name in ("one", "two")]
    records = [record for record, _ in run_all(*paths, jobs=2)]
    assert [record.status for record in records] == ["ok", "ok"]
    # Rows of /proc/<pid>/maps: address, permissions, offset, device, inode, path.
    rows = [line.split() for line in log.read_text().splitlines()]
    files = {}
    for _, permissions, _, device, inode, path in rows:
        assert permissions == "r--s"
        files.setdefault(path, []).append((device, inode))
    assert {path.rpartition("/")[2] for path in files} == {"train-images.npy", "test-images.npy"}
    for found in files.values():
        assert len(found) >= 2
        assert len(set(found)) == 1
