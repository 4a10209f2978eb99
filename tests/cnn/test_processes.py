"""What holds between processes: the same weights, few threads, other backends, light imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cnn._backend import BACKENDS, first_installed

ROOT = Path(__file__).resolve().parents[2]

# Trains in children that are forked after Keras was imported, as the suite's fork server does.
FORKS = """
import hashlib, json, os
import keras, numpy as np
from cnn.abelusha import PLUGIN
from suite.contract import FitContext

def train(started):
    if started:
        import tensorflow
        tensorflow.constant(1.0) + 1.0
    rng = np.random.default_rng(0)
    X, y = rng.random((640, 28, 28, 1), np.float32), rng.integers(0, 10, 640).astype(np.uint8)
    try:
        model = PLUGIN.build(seed=1, threads=1, epochs=1, batch_size=32)
    except RuntimeError as error:
        return {"error": str(error)}
    model.fit(X, y, FitContext(X_val=None, y_val=None, on_epoch=lambda *news: None))
    digest = hashlib.sha256(model.predict_proba(X).tobytes()).hexdigest()
    import tensorflow
    threads = tensorflow.config.threading
    return {
        "digest": digest,
        "engine": model.engine,
        "threads": [threads.get_intra_op_parallelism_threads(),
                    threads.get_inter_op_parallelism_threads()],
    }

for started in (False, False, True):
    pid = os.fork()
    if not pid:
        print(json.dumps(train(started)), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""

ANYWHERE = """
import json
from functools import partial
import numpy as np
from cnn._helpers import KerasClassifier, parameters, random_affine, step_decay
from suite.contract import FitContext

def network():
    from keras import Input, Sequential, layers
    return Sequential([
        Input((28, 28, 1)), layers.MaxPooling2D(2), layers.Flatten(), layers.BatchNormalization(),
        layers.Dropout(0.1), layers.Dense(10, activation="softmax"),
    ])

def optimizer():
    from keras.optimizers import Adam
    return Adam(0.02)

augmentation = partial(random_affine, degrees=2, zoom=0.02, shift=0.01, flip=True, share=0.5)
rng = np.random.default_rng(0)
y = rng.integers(0, 10, 320).astype(np.uint8)
X = np.zeros((320, 28, 28, 1), np.float32)
X[np.arange(320), 2 * y + 4, :] = 1
X.flags.writeable = False
history, digests = [], []
for _ in range(2):
    model = KerasClassifier(
        network, seed=0, threads=1, epochs=3, batch_size=32, keep="best",
        optimizer=optimizer, augmentation=augmentation, schedule=step_decay(0.5, 2),
    )
    context = FitContext(X_val=X[:64], y_val=y[:64], on_epoch=lambda *news: history.append(news))
    model.fit(X, y, context)
    digests.append(model.predict_proba(X).tobytes().hex())
print(json.dumps({
    "engine": model.engine, "history": history, "count": parameters(model),
    "same": digests[0] == digests[1],
    "accuracy": float(np.mean(model.predict(X) == y)),
}))
"""

BY_THE_STEP = """
import json
from functools import partial
import numpy as np
from cnn._training import (
    StepwiseClassifier, batch_normalization, linear, muon, parameters, shifted_and_cut, smoothed,
    views_of,
)
from suite.contract import FitContext

def network():
    from keras import Input, Model, layers
    images = Input((28, 28, 1))
    x = layers.Conv2D(4, 3, strides=4, use_bias=False)(images)
    x = layers.Conv2D(8, 3, use_bias=False)(layers.ReLU()(batch_normalization(momentum=0.8)(x)))
    return Model(images, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

rng = np.random.default_rng(0)
y = rng.integers(0, 10, 320).astype(np.uint8)
X = np.zeros((320, 28, 28, 1), np.float32)
X[np.arange(320), 2 * y + 4, :] = 1
X.flags.writeable = False
history, digests = [], []
for precision in ("float32", "float32", "bfloat16"):
    model = StepwiseClassifier(
        network, seed=0, threads=1, epochs=6, batch_size=32, loss=smoothed(0.1),
        optimizer=lambda steps: muon(linear(0.04, steps), use_ema=True, ema_momentum=0.9),
        augmentation=partial(shifted_and_cut, shift=1, flip=True, cutout=2),
        alternating_flips=True, views=views_of((0, 1), mirrored=True), precision=precision,
    )
    context = FitContext(X_val=X[:64], y_val=y[:64], on_epoch=lambda *news: history.append(news))
    model.fit(X, y, context)
    digests.append(model.predict_proba(X).tobytes().hex())
print(json.dumps({
    "engine": model.engine, "count": parameters(model), "precision": model.precision,
    "same": digests[0] == digests[1], "other": digests[0] != digests[2],
    "rates": [metrics["learning_rate"] for _, _, metrics in history[:6]],
    "accuracy": [float(metrics["val_accuracy"]) for epoch, _, metrics in history if epoch == 6],
}))
"""


def run(code: str, **environment: str) -> list[dict[str, Any]]:
    """Run code in a new process; what it printed, a JSON object a line."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_", "OMP_"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env={**kept, **environment},
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
@pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed")
def test_training_in_forked_processes() -> None:
    first, again, started = run(FORKS)
    assert first["engine"] == "keras/tensorflow"  # the default, where it is installed
    assert first["threads"] == [1, 1]
    assert first["digest"] == again["digest"]
    assert "all threads" in started["error"]
    assert "Build the model in a new process" in started["error"]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_training_on_another_backend(backend: str) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    (facts,) = run(ANYWHERE, KERAS_BACKEND=backend)
    assert facts["engine"] == f"keras/{backend}"
    assert facts["same"]
    assert facts["accuracy"] > 0.5
    assert facts["count"] == [196 * 14 + 10, 196 * 12 + 10]
    assert [epoch for epoch, _, _ in facts["history"]] == [1, 2, 3] * 2
    names = ["loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    rates = [row["learning_rate"] for _, _, row in facts["history"]]
    assert rates == pytest.approx([0.02, 0.02, 0.01] * 2)
    assert all(list(metrics) == names for _, _, metrics in facts["history"])


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_training_by_the_step_on_another_backend(backend: str) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    (facts,) = run(BY_THE_STEP, KERAS_BACKEND=backend)
    assert facts["engine"] == f"keras/{backend}"
    assert facts["precision"] == "bfloat16"
    assert facts["same"]
    assert facts["other"]
    assert min(facts["accuracy"]) > 0.5
    weights = 9 * 4 + 4 * 4 + 9 * 4 * 8 + 5 * 5 * 8 * 10 + 10
    assert facts["count"] == [weights, weights - 2 * 4]
    steps = 60
    rates = [0.04 * (1 - (step + 0.5) / steps) for step in range(10, steps, 10)]
    assert facts["rates"] == pytest.approx([*rates, 0.0])


@pytest.mark.parametrize(
    ("installed", "chosen"),
    [(("torch", "jax"), "jax"), (("torch",), "torch"), (BACKENDS, "tensorflow")],
)
def test_the_backend_is_the_first_that_is_installed(
    installed: tuple[str, ...], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "cnn._backend.find_spec", lambda name: object() if name in installed else None
    )
    assert first_installed() == chosen


@pytest.mark.parametrize("name", ["abelusha", "cmasch", "fashion_mnist_report", "vianasw"])
def test_importing_a_plugin_loads_nothing_heavy(name: str) -> None:
    code = f"""
import json, sys
import cnn.{name}
heavy = ("keras", "tensorflow", "jax", "torch", "numpy")
print(json.dumps({{"loaded": [name for name in heavy if name in sys.modules]}}))
"""
    assert run(code) == [{"loaded": []}]
