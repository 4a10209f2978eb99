"""The tutorial network of Machine Learning Mastery: one convolution, one hidden dense layer."""

from __future__ import annotations

from functools import partial
from typing import Any

from cnn._helpers import REQUIRES, KerasClassifier, parameters, training_seconds
from suite.contract import Params, Plugin, Source


def network(padding: str, filters: int) -> Any:
    """Weights: 542,230 (valid, 32 filters), 628,630 (same, 32), 1,256,150 (same, 64)."""
    from keras import Input, Sequential, layers

    he = {"activation": "relu", "kernel_initializer": "he_uniform"}
    return Sequential([
        Input((28, 28, 1)),
        layers.Conv2D(filters, 3, padding=padding, **he),  # (n, 26, 26, 32) where valid
        layers.MaxPooling2D(),                             # (n, 13, 13, 32)
        layers.Flatten(),                                  # (n, 5408)
        layers.Dense(100, **he),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def optimizer() -> Any:
    """Stochastic gradient descent with momentum."""
    from keras.optimizers import SGD

    return SGD(learning_rate=0.01, momentum=0.9)


def build(
    *, seed: int, threads: int, epochs: int, batch_size: int, padding: str, filters: int
) -> KerasClassifier:
    """An untrained classifier.

    Params:
        padding: same: the convolution keeps 28 × 28; valid: it gives 26 × 26.
        filters: Filters of the convolution.
    """
    return KerasClassifier(
        partial(network, padding, filters),
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        keep="last",
        optimizer=optimizer,
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run: 15, 20 and 38 an epoch of 60,000 images for the three sets."""
    per_filter = 0.41 if params["padding"] == "valid" else 0.56
    return training_seconds(images, params["epochs"], 2 + per_filter * params["filters"])


PLUGIN = Plugin(
    title="Machine Learning Mastery CNN",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 10, "batch_size": 32, "padding": "valid", "filters": 32},
    variants={
        "same_padding": {"padding": "same"},
        "more_filters": {"padding": "same", "filters": 64},
    },
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="Machine Learning Mastery",
        url="https://machinelearningmastery.com/"
        "how-to-develop-a-cnn-from-scratch-for-fashion-mnist-clothing-classification/",
        changed="The source draws its five folds at random; here they are stratified.",
    ),
)
