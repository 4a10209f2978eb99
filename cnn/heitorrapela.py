"""The multilayer perceptron of heitorrapela/fashion-mnist-mlp, on Keras."""

from __future__ import annotations

from typing import Any

from cnn._helpers import REQUIRES, KerasClassifier, parameters, training_seconds
from suite.contract import Params, Plugin, Source


def network() -> Any:
    """247,766 weights.

    The ten outputs are sigmoids, which Keras's cross-entropy divides by their sum. A softmax of
    their logarithms is the same, and gives the probabilities themselves.
    """
    from keras import Input, Sequential, layers

    return Sequential([
        Input((28, 28, 1)),
        layers.Flatten(),  # (n, 784)
        layers.Dense(256, "tanh", kernel_initializer=he_normal(784)),
        layers.Dropout(0.4),
        layers.Dense(128, "tanh", kernel_initializer=he_normal(256)),
        layers.Dropout(0.4),
        layers.Dense(100, "tanh", kernel_initializer=he_normal(128)),
        layers.Dropout(0.4),
        layers.Dense(10, "log_sigmoid", kernel_initializer=he_normal(100)),
        layers.Activation("softmax"),
    ])  # fmt: skip


def he_normal(fan_in: int) -> Any:
    """Keras's `he_normal` as it was in the source's time, May 2018.

    A normal distribution cut off at two deviations; only later was it widened, by 1 / 0.88, to make
    up for what is cut off.
    """
    from keras.initializers import TruncatedNormal

    return TruncatedNormal(stddev=(2 / fan_in) ** 0.5)


def optimizer() -> Any:
    """Nesterov's momentum, with a rate that falls by a part in 500,000 each step."""
    from keras.optimizers import SGD
    from keras.optimizers.schedules import InverseTimeDecay

    rate = InverseTimeDecay(0.01, decay_steps=1, decay_rate=2e-6)
    return SGD(learning_rate=rate, momentum=0.975, nesterov=True)


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
    return training_seconds(images, params["epochs"], per_epoch=3)


PLUGIN = Plugin(
    title="MLP 256-128-100 (heitorrapela)",
    family="classic",
    view="image",
    build=build,
    params={"epochs": 100, "batch_size": 100},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="heitorrapela/fashion-mnist-mlp",
        url="https://github.com/heitorrapela/fashion-mnist-mlp",
        changed="The batch size is that of the published runs, which the source's readme gives; "
        "its code says 64.",
    ),
)
