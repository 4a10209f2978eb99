"""LeNet-5 with max pooling and padded convolutions, as in "Fashion MNIST Report"."""

from __future__ import annotations

from typing import Any

from cnn._helpers import REQUIRES, KerasClassifier, parameters, training_seconds
from suite.contract import Params, Plugin, Published, Source


def network() -> Any:
    """Two convolutions and three dense layers: 136,586 weights."""
    from keras import Input, Sequential, layers

    return Sequential([
        Input((28, 28, 1)),
        layers.ZeroPadding2D(2),                                         # (n, 32, 32, 1)
        layers.Conv2D(6, 5, padding="same", activation="relu"),          # (n, 32, 32, 6)
        layers.MaxPooling2D(),                                           # (n, 16, 16, 6)
        layers.Conv2D(16, 5, padding="same", activation="relu"),         # (n, 16, 16, 16)
        layers.MaxPooling2D(),                                           # (n, 8, 8, 16)
        layers.Flatten(),                                                # (n, 1024)
        layers.Dense(120, activation="relu"),
        layers.Dense(84, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def build(*, seed: int, threads: int, epochs: int, batch_size: int) -> KerasClassifier:
    """An untrained classifier."""
    return KerasClassifier(
        network, seed=seed, threads=threads, epochs=epochs, batch_size=batch_size, keep="last"
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(images, params["epochs"], per_epoch=17)


PLUGIN = Plugin(
    title="LeNet-5 (Fashion MNIST Report)",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 20, "batch_size": 32},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="Fashion MNIST Report",
        published=(
            Published(
                dataset="fashion",
                accuracy=0.9211,
                note="validation accuracy; no test accuracy is published",
            ),
        ),
        changed="The report states neither activation, optimiser and learning rate, nor how "
        "28 x 28 images give a first output of 32 x 32: here ReLU, Adam (0.001), and a border of "
        "zeros.",
    ),
)
