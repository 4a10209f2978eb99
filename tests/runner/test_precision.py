"""`--precision`: which runs it is for, and that it reaches their processes and records."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from suite.errors import UsageError
from suite.runner.local import run_local

OTHER = """
import numpy as np
from suite.contract import Plugin, Source

class Model:
    def fit(self, X, y):
        import keras
        self.answer = int(keras.config.dtype_policy().name == "mixed_bfloat16")

    def predict(self, X):
        return np.full(len(X), self.answer)

def build(*, seed, threads):
    return Model()

PLUGIN = Plugin(title="t", family="cnn", view="image", build=build, requires=("keras",),
                parameters=lambda model: 0, source=Source(name="a test"))
"""


def test_it_joins_the_identity_of_models_on_keras_alone(sweep_of, small):
    half = {job.key.model: job for job in sweep_of(small, "dummy", precision="bfloat16").plan.jobs}
    full = {job.key.model: job for job in sweep_of(small, "dummy").plan.jobs}
    assert half["dummy"] == full["dummy"]
    assert (full["small"].precision, full["small"].key.variant) == ("float32", "")
    assert half["small"].precision == "bfloat16"
    assert len(half["small"].key.variant) == 10
    assert half["small"].label == "small (precision=bfloat16)"


def test_an_unknown_precision_is_refused(sweep_of):
    with pytest.raises(UsageError, match=r"unknown precision 'bf16'.*bfloat16"):
        sweep_of("dummy", precision="bf16")


def test_runs_of_both_precisions_side_by_side(sweep_of, small):
    """Forked from one server: what one lane is told does not reach the others."""
    sweeps = [sweep_of(small, precision=p, seeds=(0,)) for p in ("bfloat16", "float32")]
    jobs = [job for sweep in sweeps for job in sweep.plan.jobs] * 2
    runs = run_local(jobs, sweeps[0].datasets, sweeps[0].splits, lanes=2, limits=sweeps[0].limits)
    records = [run.record for run in runs]
    assert [record.status for record in records] == ["ok"] * 4
    sums = {}
    for record in records:
        assert record.engine.startswith("keras/")
        sums.setdefault(record.environment.precision, []).append(record.arrays_sha256)
    assert {kind: len(found) for kind, found in sums.items()} == {"bfloat16": 2, "float32": 2}
    assert all(len(set(found)) == 1 for found in sums.values())
    assert sums["bfloat16"] != sums["float32"]


def test_a_run_that_fails_is_recorded_with_its_precision(sweep_of, small, run_all, tmp_path):
    path = tmp_path / "small.py"
    path.write_text(path.read_text().replace("epochs=2", "epochs=0"))
    ((record, _),) = run_all(small, precision="bfloat16")
    assert record.status == "failed"
    assert record.environment.precision == "bfloat16"
    assert record.variant == sweep_of(small, precision="bfloat16").plan.jobs[0].key.variant


@pytest.mark.skipif(find_spec("keras") is None, reason="Keras is not installed")
def test_a_plugin_without_our_helpers_gets_the_precision_too(run_all, tmp_path):
    (tmp_path / "other.py").write_text(OTHER)
    ((record, arrays),) = run_all(str(tmp_path / "other.py"), precision="bfloat16")
    assert record.environment.precision == "bfloat16"
    assert set(arrays.predictions) == {1}
