"""The network of gchhablani/CNN-with-FashionMNIST: three convolutions, each with Swish."""

from __future__ import annotations

from typing import Any

from cnn._helpers import (
    REQUIRES,
    KerasClassifier,
    parameters,
    pytorch_weights,
    step_decay,
    training_seconds,
)
from suite.contract import Params, Plugin, Source


def block(channels: int, filters: int, pool_stride: int) -> list[Any]:
    """Convolution, batch normalisation, Swish and pooling, with the start values of PyTorch 0.3."""
    from keras import initializers, layers

    xavier_normal = initializers.VarianceScaling(mode="fan_avg", distribution="untruncated_normal")
    return [
        layers.Conv2D(
            filters,
            3,
            padding="same",
            **pytorch_weights(9 * channels) | {"kernel_initializer": xavier_normal},
        ),
        layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, gamma_initializer=initializers.RandomUniform(0.0, 1.0)
        ),
        layers.Activation("silu"),
        layers.MaxPooling2D(2, strides=pool_stride),
    ]


def network() -> Any:
    """46,794 weights, of which 46,570 are trained."""
    from keras import Input, Sequential, layers

    return Sequential([
        Input((28, 28, 1)),
        *block(1, 16, pool_stride=1),   # (n, 27, 27, 16)
        *block(16, 32, pool_stride=2),  # (n, 13, 13, 32)
        *block(32, 64, pool_stride=2),  # (n, 6, 6, 64)
        layers.Flatten(),               # (n, 2304)
        layers.Dense(10, activation="softmax", **pytorch_weights(2304)),
    ])  # fmt: skip


def optimizer() -> Any:
    """Adagrad as in PyTorch, which starts at zero and adds its tiny epsilon to the root."""
    from keras.optimizers import Adagrad

    return Adagrad(learning_rate=0.015, initial_accumulator_value=0.0, epsilon=1e-20)


def loss(labels: Any, probabilities: Any) -> Any:
    """Binary cross-entropy, mean over the ten outputs: (n,) and (n, 10) to (n,)."""
    from keras import losses, ops

    return losses.binary_crossentropy(ops.one_hot(ops.reshape(labels, (-1,)), 10), probabilities)


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
        loss=loss,
        schedule=step_decay(factor=0.1, every=10),
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(images, params["epochs"], per_epoch=60)


PLUGIN = Plugin(
    title="Three convolutions with Swish (gchhablani)",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 30, "batch_size": 100},
    presets={"smoke": {"batch_size": 32}, "quick": {"epochs": 1}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="gchhablani/CNN-with-FashionMNIST",
        url="https://github.com/gchhablani/CNN-with-FashionMNIST",
    ),
)
