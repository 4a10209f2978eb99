"""The residual network of fastai/course22p2, notebook 14_augment."""

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
    training_seconds,
)
from suite.contract import Params, Plugin, Source

# Mean and deviation of pixels, as the source has them.
MEAN, DEVIATION = 0.28, 0.35
# The slope of the activation below zero, and what is taken off it.
LEAK, LESS = 0.1, 0.4


def general_relu(x: Any) -> Any:
    """ReLU that leaks below zero, less a constant, so that its mean is near zero."""
    from keras import layers

    x = layers.LeakyReLU(negative_slope=LEAK)(x)
    return layers.Rescaling(1.0, offset=-LESS)(x)


def convolution(x: Any, filters: int, side: int, stride: int = 1) -> Any:
    """A convolution with bias, padded evenly as PyTorch does."""
    from keras import initializers, layers

    padding = "same"
    if stride > 1 and side > 1:  # where "same" would pad by less on the left than on the right
        x, padding = layers.ZeroPadding2D(side // 2)(x), "valid"
    scale = 2 / (1 + LEAK**2)
    start = initializers.VarianceScaling(scale, mode="fan_in", distribution="untruncated_normal")
    # The source's bias start is PyTorch's; batch normalisation takes it away again.
    return layers.Conv2D(filters, side, strides=stride, padding=padding, kernel_initializer=start)(
        x
    )


def block(x: Any, filters: int, side: int, stride: int) -> Any:
    """Two convolutions, the second one strided, added to the pooled input."""
    from keras import layers

    y = convolution(x, filters, side)
    y = general_relu(batch_normalization(momentum=0.9, epsilon=1e-5)(y))
    y = convolution(y, filters, side, stride)
    y = batch_normalization(momentum=0.9, epsilon=1e-5)(y)
    if stride > 1:
        x = layers.AveragePooling2D(stride, padding="same")(x)
    x = convolution(x, filters, 1)
    return general_relu(layers.Add()([y, x]))


def network() -> Any:
    """4,907,588 weights besides the moving means and variances, 4,911,640 with them."""
    from keras import Input, Model, layers

    images = Input((28, 28, 1))
    x = layers.Rescaling(1 / DEVIATION, -MEAN / DEVIATION)(images)
    x = block(x, 16, 5, 1)  # (n, 28, 28, 16)
    for filters in (32, 64, 128, 256, 512):  # (n, 1, 1, 512) after the last
        x = block(x, filters, 3, 2)
    x = layers.Flatten()(x)  # (n, 512)
    x = layers.Dense(10, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return Model(images, layers.Softmax()(x))  # fmt: skip


def optimizer(steps: int) -> Any:
    """AdamW as PyTorch has it, by the one-cycle policy with its defaults: three tenths rise."""
    from keras.optimizers import AdamW

    rate = one_cycle(1e-2, steps, warmup=0.3, end=1e-4 / 25)
    return AdamW(rate, weight_decay=0.01, epsilon=1e-8)


def build(
    *, seed: int, threads: int, epochs: int, batch_size: int, augmented: bool
) -> StepwiseClassifier:
    """An untrained classifier.

    Params:
        augmented: Whether training images are cropped after padding by 4 pixels, and mirrored.
    """
    changes = partial(shifted_and_cut, shift=4, edge="zeros", flip=True)
    return StepwiseClassifier(
        network,
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        augmentation=changes if augmented else None,
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(images, params["epochs"], per_epoch=273) + 6.0


PLUGIN = Plugin(
    title="ResNet of fastai's course",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 5, "batch_size": 1024, "augmented": False},
    variants={"augmented": {"epochs": 20, "augmented": True}},
    presets={"smoke": {"batch_size": 64}, "quick": {"epochs": 1, "batch_size": 128}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="fastai/course22p2, 14_augment",
        url="https://github.com/fastai/course22p2/blob/master/nbs/14_augment.ipynb",
        changed="Crops and flips are drawn for each image; the source draws one for a whole batch. "
        "The momentum stays at 0.9; PyTorch's one-cycle policy moves it between 0.95 and 0.85. "
        "The source's 22 million multiply-adds count each block at its output's size; they are "
        "37 million.",
    ),
)
