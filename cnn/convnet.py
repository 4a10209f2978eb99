"""The convolutional network in the benchmark folder of the publisher of Fashion-MNIST."""

from __future__ import annotations

from typing import Any

from cnn._helpers import REQUIRES, KerasClassifier, parameters, training_seconds
from suite.contract import Params, Plugin, Source


def network() -> Any:
    """3,274,634 weights."""
    from keras import Input, Sequential, layers

    return Sequential([
        Input((28, 28, 1)),
        layers.Conv2D(32, 5, padding="same", activation="relu"),  # (n, 28, 28, 32)
        layers.MaxPooling2D(),                                    # (n, 14, 14, 32)
        layers.Conv2D(64, 5, padding="same", activation="relu"),  # (n, 14, 14, 64)
        layers.MaxPooling2D(),                                    # (n, 7, 7, 64)
        layers.Flatten(),                                         # (n, 3136)
        layers.Dense(1024, activation="relu"),
        layers.Dropout(0.4),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def optimizer() -> Any:
    """Plain stochastic gradient descent."""
    from keras.optimizers import SGD

    return SGD(learning_rate=0.001)


def build(*, seed: int, threads: int, epochs: int, batch_size: int) -> KerasClassifier:
    """An untrained classifier."""
    return KerasClassifier(
        network,
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        keep="last",
        optimizer=optimizer,
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(images, params["epochs"], per_epoch=50)


PLUGIN = Plugin(
    title="convnet.py (zalandoresearch)",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 1333, "batch_size": 400},
    presets={"smoke": {"batch_size": 32}, "quick": {"epochs": 1, "batch_size": 32}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="zalandoresearch/fashion-mnist, benchmark/convnet.py",
        url="https://github.com/zalandoresearch/fashion-mnist",
        changed="The source trains for 200,000 steps of 400 images, 1,333 epochs of 60,000, and "
        "tests after every 2,000 steps; which of the 100 tests was published is not known. Here "
        "the last epoch counts.",
    ),
)
