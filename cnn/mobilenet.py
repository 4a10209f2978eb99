"""A small MobileNet: convolutions of one channel each, and of one pixel across channels."""

from __future__ import annotations

from functools import partial
from typing import Any

from cnn._training import (
    REQUIRES,
    StepwiseClassifier,
    batch_normalization,
    one_cycle,
    parameters,
    shifted_and_cut,
    smoothed,
    training_seconds,
)
from suite.contract import Params, Plugin, Source


def activation(x: Any) -> Any:
    """Batch normalisation and ReLU."""
    from keras import layers

    return layers.ReLU()(batch_normalization(momentum=0.9, epsilon=1e-5)(x))


def separable(x: Any, filters: int, stride: int) -> Any:
    """A convolution of each channel by itself, then one of a pixel across all channels."""
    from keras import layers

    settings = {"padding": "same", "use_bias": False}
    x = activation(layers.DepthwiseConv2D(3, strides=stride, **settings)(x))
    return activation(layers.Conv2D(filters, 1, kernel_initializer="he_normal", **settings)(x))


def network() -> Any:
    """85,962 weights besides the moving means and variances, 88,458 with them."""
    from keras import Input, Model, layers

    images = Input((28, 28, 1))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(images)
    x = activation(x)  # (n, 28, 28, 16)
    x = separable(x, 32, 2)  # (n, 14, 14, 32)
    x = separable(x, 64, 1)  # (n, 14, 14, 64)
    x = separable(x, 128, 2)  # (n, 7, 7, 128)
    for _ in range(2):
        x = separable(x, 128, 1)
    x = separable(x, 256, 2)  # (n, 4, 4, 256)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(images, layers.Dense(10, activation="softmax")(x))  # fmt: skip


def optimizer(steps: int) -> Any:
    """AdamW by the one-cycle policy."""
    from keras.optimizers import AdamW

    return AdamW(one_cycle(5e-3, steps), weight_decay=0.01)


def build(*, seed: int, threads: int, epochs: int, batch_size: int) -> StepwiseClassifier:
    """An untrained classifier."""
    return StepwiseClassifier(
        network,
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        loss=smoothed(0.1),
        augmentation=partial(shifted_and_cut, shift=2, flip=True),
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(images, params["epochs"], per_epoch=38) + 5.0


PLUGIN = Plugin(
    title="Small MobileNet",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 12, "batch_size": 128},
    presets={"smoke": {"batch_size": 32}, "quick": {"epochs": 1, "batch_size": 64}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="MobileNets",
        url="https://arxiv.org/abs/1704.04861",
        changed="The paper has no result on these datasets. Seven blocks of at most 256 channels "
        "instead of thirteen of 1,024, for images of 28 pixels; the recipe is of today (AdamW by "
        "the one-cycle policy, label smoothing, shifts and flips).",
    ),
)
