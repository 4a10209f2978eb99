"""Keras on other backends, and on a graphics card as far as that shows without one."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from suite.records.machine import usable_cores
from suite.runner import servers
from suite.runner.local import run_local

# Its parameters are the cores that its process may use.
CORES = """
import os
import numpy as np
from suite.contract import Plugin, Source

class Model:
    def fit(self, X, y):
        pass

    def predict(self, X):
        return np.zeros(len(X), int)

def build(*, seed, threads):
    return Model()

PLUGIN = Plugin(title="t", family="cnn", view="image", build=build, requires={requires},
                parameters=lambda model: len(os.sched_getaffinity(0)), source=Source(name="a test"))
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_runs_on_another_backend_repeat(backend, sweep_of, small, monkeypatch):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    monkeypatch.setenv("KERAS_BACKEND", backend)
    sweeps = [sweep_of(small, precision=kind) for kind in ("float32", "bfloat16", "bfloat16")]
    jobs = [job for sweep in sweeps for job in sweep.plan.jobs]
    runs = run_local(jobs, sweeps[0].datasets, sweeps[0].splits, lanes=2, limits=sweeps[0].limits)
    records = [run.record for run in runs]
    assert [record.error for record in records] == [None] * 3
    told = {(r.engine, r.environment.backend, r.environment.device) for r in records}
    assert told == {(f"keras/{backend}", backend, "cpu")}
    sums = {(record.environment.precision, record.arrays_sha256) for record in records}
    assert sorted(kind for kind, _ in sums) == ["bfloat16", "float32"]


@pytest.fixture
def has_gpu(monkeypatch):
    monkeypatch.setattr(servers, "_has_gpu", lambda: True)


@pytest.fixture
def jobs(sweep_of, tmp_path):
    """Jobs of a model on Keras and of another."""
    paths = []
    for name, requires in (("on_keras", ("keras",)), ("plain", ())):
        paths.append(tmp_path / f"{name}.py")
        paths[-1].write_text(CORES.format(requires=requires))
    return {job.key.model: job for job in sweep_of(*map(str, paths)).plan.jobs}


def test_a_driver_is_never_forked(jobs, monkeypatch):
    both = servers.Servers(list(jobs.values()))
    monkeypatch.setattr(servers, "_has_gpu", lambda: False)
    assert both.of(jobs["on_keras"]) is both.of(jobs["plain"])
    monkeypatch.setattr(servers, "_has_gpu", lambda: True)
    assert both.of(jobs["on_keras"]) is not both.of(jobs["plain"])
    assert both.of(jobs["on_keras"])._preload == []


def test_no_run_takes_all_of_a_card_at_its_start(jobs):
    environment = servers.Servers(list(jobs.values())).of(jobs["on_keras"])._environment
    assert environment["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert environment["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


@pytest.mark.skipif(len(usable_cores()) < 2, reason="one core is all there is to be pinned to")
def test_runs_on_a_card_are_not_pinned(jobs, sweep_of, has_gpu):
    sweep = sweep_of("dummy")
    runs = run_local(
        list(jobs.values()), sweep.datasets, sweep.splits, lanes=1, limits=sweep.limits
    )
    counts = {run.job.key.model: run.record.parameter_count.total for run in runs}
    assert counts == {"on_keras": len(usable_cores()), "plain": 1}
