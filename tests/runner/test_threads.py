"""A run keeps to its number of threads, whatever the library's own default."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from suite.records.machine import usable_cores

# Fits, then tells in its error how many threads of its process were busy for how long.
BUSY = """
import time
import psutil
from suite.contract import Plugin, Source

class Model:
    def fit(self, X, y):
        {imports}
        before = {{t.id: t.user_time + t.system_time for t in psutil.Process().threads()}}
        start = time.perf_counter()
        {work}
        wall = time.perf_counter() - start
        after = {{t.id: t.user_time + t.system_time for t in psutil.Process().threads()}}
        used = [seconds - before.get(thread, 0) for thread, seconds in after.items()]
        busy = sum(seconds > 0.2 * wall for seconds in used)
        raise RuntimeError(f"busy={{busy}} ratio={{sum(used) / wall:.2f}} wall={{wall:.2f}}")

    def predict(self, X):
        return [0] * len(X)

def build(*, seed, threads):
    return Model()

PLUGIN = Plugin(title="t", family="fake", view="flat", build=build,
                parameters=lambda model: 0, source=Source(name="a test"), requires={requires})
"""

LIBRARIES = {
    "blas": ("import numpy as np", "a = np.ones((3000, 3000)); b = [a @ a for _ in range(4)]",
             ("numpy",)),
    "openmp": ("from sklearn.ensemble import HistGradientBoostingClassifier as C",
               "C(max_iter=15).fit(X, y)", ("sklearn.ensemble",)),
    "xgboost": ("import xgboost", "xgboost.XGBClassifier(n_estimators=25).fit(X, y)", ("xgboost",)),
    "tensorflow": ("import tensorflow as tf",
                   "a = tf.ones((3000, 3000)); b = [(a @ a).numpy().sum() for _ in range(6)]",
                   ("tensorflow",)),
    "jax": ("import jax.numpy as jnp",
            "a = jnp.ones((3000, 3000)); b = [(a @ a).block_until_ready() for _ in range(6)]",
            ("jax",)),
    "torch": ("import torch",
              "a = torch.ones((3000, 3000)); b = [(a @ a).sum().item() for _ in range(6)]",
              ("torch",)),
    "tbb": ("from sklearnex.svm import SVC", "SVC(C=10).fit(X.repeat(4, 0), y.repeat(4))",
            ("sklearnex.svm",)),
}  # fmt: skip


CASES = [
    # Library, loaded ahead of the fork, pinned to a core. Affinity would hide that a library does
    # not heed its own setting; oneTBB is held by nothing else.
    ("blas", True, False),
    ("openmp", True, False),
    ("openmp", False, False),
    ("xgboost", True, False),
    ("tensorflow", True, False),
    ("tensorflow", False, False),
    ("jax", False, False),  # never loaded ahead: it starts threads
    ("torch", True, False),
    ("torch", False, False),
    ("tbb", True, True),
]


@pytest.mark.skipif(len(usable_cores()) < 2, reason="one core can't show a second busy thread")
@pytest.mark.parametrize(("library", "preloaded", "pinned"), CASES)
def test_one_thread_is_busy(tmp_path, run_all, library, preloaded, pinned, monkeypatch):
    imports, work, requires = LIBRARIES[library]
    if find_spec(requires[0].partition(".")[0]) is None:  # imported here, JAX would start threads
        pytest.skip(f"{library} is not installed")
    if not pinned:
        monkeypatch.setattr("suite.runner.local.lane_cores", lambda lanes, threads: [()] * lanes)
    path = tmp_path / "busy.py"
    text = BUSY.format(imports=imports, work=work, requires=requires if preloaded else ())
    path.write_text(text)
    record, _ = next(iter(run_all(str(path), jobs=1)))
    assert record.error.type == "RuntimeError", record.error
    told = dict(part.split("=") for part in record.error.message.split(": ")[1].split())
    assert told["busy"] == "1", record.error.message
    assert float(told["ratio"]) < 1.25, record.error.message
