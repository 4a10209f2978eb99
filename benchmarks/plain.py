"""One model as a plain script trains it: stock scikit-learn or Keras, with their default threads.

    python -m benchmarks.plain '{"model": "svm", "dataset": "fashion", "seed": 0, ...}'

It reads arrays, builds the library's own classifier with the parameters of a run of the suite, fits
it, predicts the test images and prints the accuracy. Nothing of the runner, its isolation or its
training loop takes part; scikit-learn-intelex is not used.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from suite.contract import FitContext, derive_seed


def main() -> None:
    """Train the model that the first argument describes and print its accuracy."""
    sys.modules["sklearnex"] = None  # type: ignore[assignment]
    job = json.loads(sys.argv[1])
    plugin = import_module(job["module"]).PLUGIN
    with np.load(job["indices"]) as indices:
        train, validation = indices["train"], indices["validation"]
    X, y = images(job["train_images"], plugin.view), np.load(job["train_labels"])
    X_test, y_test = images(job["test_images"], plugin.view), np.load(job["test_labels"])
    parts = (X[train], y[train], X[validation], y[validation])
    keras = job["keras"]
    build = dict(seed=job["seed"], threads=os.cpu_count() if keras else None, **job["params"])
    model = plugin.build(**build)
    if keras:
        predictions = with_keras(model, job["seed"], parts, X_test)
    else:
        predictions = with_scikit_learn(model, plugin.uses_validation, parts, X_test)
    sys.stdout.write(json.dumps({"accuracy": float((predictions == y_test).mean())}))


def images(file: str, view: str) -> Any:
    """All images of a part, float32 in [0, 1]: (n, 784) or (n, 28, 28, 1)."""
    pixels = np.load(file).astype(np.float32) / 255
    return pixels.reshape(len(pixels), -1) if view == "flat" else pixels[..., np.newaxis]


def with_scikit_learn(
    model: Any, uses_validation: bool, parts: tuple[Any, ...], X_test: Any
) -> Any:
    """Fit and predict with a scikit-learn classifier, without what the suite wraps around it."""
    X, y, X_val, y_val = parts
    if uses_validation:
        context = FitContext(X_val=X_val, y_val=y_val, on_epoch=lambda *told: None)
        return model.fit(X, y, context).predict(X_test)
    wrapped = type(model).__module__.startswith("baselines.")
    return (model.estimator if wrapped else model).fit(X, y).predict(X_test)


def with_keras(model: Any, seed: int, parts: tuple[Any, ...], X_test: Any) -> Any:
    """Fit and predict with `Model.fit` and `Model.predict`, as Keras's guide has it."""
    import keras

    X, y, X_val, y_val = parts
    # The suite's network, optimiser and augmentation, compiled with Keras's defaults.
    _, network = model._make_models()
    network.compile(
        optimizer=network.optimizer,
        loss=model._loss or "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    keras.utils.set_random_seed(derive_seed(seed, "shuffling"))
    if model._enlarge:
        X, y = model._enlarge(X, y, np.random.default_rng(derive_seed(seed, "enlargement")))
    X, y = np.repeat(X, model._passes, axis=0), np.repeat(y, model._passes)
    with tempfile.TemporaryDirectory() as folder:
        best = Path(folder) / "best.weights.h5"
        network.fit(
            X, y, batch_size=model._batch_size, epochs=model._epochs, verbose=0,
            validation_data=(X_val, y_val), callbacks=callbacks_of(model, best),
        )  # fmt: skip
        if model._keep == "best":
            network.load_weights(best)
    return network.predict(X_test, verbose=0).argmax(axis=1)


def callbacks_of(model: Any, best: Path) -> list[Any]:
    """Keras's own callbacks for what the suite's classifier was told; `best` takes weights."""
    from keras.callbacks import EarlyStopping, ModelCheckpoint

    callbacks: list[Any] = []
    if model._keep == "best":
        callbacks.append(
            ModelCheckpoint(best, monitor="val_loss", save_best_only=True, save_weights_only=True)
        )
    if model._patience is not None:
        callbacks.append(EarlyStopping(monitor="val_loss", patience=model._patience))
    return callbacks


if __name__ == "__main__":
    main()
