"""The small network of hardmaru/pytorch_notebooks: two convolutions, no hidden dense layer."""

from __future__ import annotations

from typing import Any

from cnn._helpers import REQUIRES, KerasClassifier, parameters, pytorch_weights, training_seconds
from suite.contract import Params, Plugin, Source

# Mean and deviation of MNIST's pixels, which the source uses for Fashion-MNIST too.
MEAN, DEVIATION = 0.1307, 0.3081


def network() -> Any:
    """83,466 weights."""
    from keras import Input, Sequential, layers

    conv = {"padding": "same", "activation": "relu"}
    return Sequential([
        Input((28, 28, 1)),
        layers.Rescaling(1 / DEVIATION, offset=-MEAN / DEVIATION),
        layers.Conv2D(32, 5, **conv, **pytorch_weights(25)),      # (n, 28, 28, 32)
        layers.MaxPooling2D(),                                    # (n, 14, 14, 32)
        layers.Conv2D(64, 5, **conv, **pytorch_weights(32 * 25)), # (n, 14, 14, 64)
        layers.MaxPooling2D(),                                    # (n, 7, 7, 64)
        layers.Flatten(),                                         # (n, 3136)
        layers.Dense(10, activation="softmax", **pytorch_weights(3136)),
    ])  # fmt: skip


def optimizer() -> Any:
    """Adam with PyTorch's epsilon."""
    from keras.optimizers import Adam

    return Adam(learning_rate=0.001, epsilon=1e-8)


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
    return training_seconds(images, params["epochs"], per_epoch=40)


PLUGIN = Plugin(
    title="hardmaru CNN",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 30, "batch_size": 1000},
    presets={"smoke": {"batch_size": 32}, "quick": {"epochs": 1, "batch_size": 128}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="hardmaru/pytorch_notebooks",
        url="https://github.com/hardmaru/pytorch_notebooks",
        changed="The source trains on the first release of Fashion-MNIST, in which ten training "
        "images are test images; here it is the corrected one.",
    ),
)
