"""The network of abelusha/MNIST-Fashion-CNN: two convolutions of 32 filters and a dense layer."""

from __future__ import annotations

from typing import Any

from cnn._helpers import REQUIRES, KerasClassifier, parameters, training_seconds
from suite.contract import Params, Plugin, Source


def network() -> Any:
    """113,386 weights."""
    from keras import Input, Sequential, layers

    return Sequential([
        Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),  # (n, 26, 26, 32)
        layers.MaxPooling2D(),                    # (n, 13, 13, 32)
        layers.Conv2D(32, 3, activation="relu"),  # (n, 11, 11, 32)
        layers.MaxPooling2D(),                    # (n, 5, 5, 32)
        layers.Dropout(0.25),
        layers.Flatten(),                         # (n, 800)
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def build(*, seed: int, threads: int, epochs: int, batch_size: int) -> KerasClassifier:
    """An untrained classifier."""
    return KerasClassifier(
        network, seed=seed, threads=threads, epochs=epochs, batch_size=batch_size, keep="last"
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(images, params["epochs"], per_epoch=20)


PLUGIN = Plugin(
    title="abelusha CNN",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 50, "batch_size": 64},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="abelusha/MNIST-Fashion-CNN",
        url="https://github.com/abelusha/MNIST-Fashion-CNN",
    ),
)
