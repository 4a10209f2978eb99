"""ResNet-20 with pre-activation, as in hysts/pytorch_image_classification."""

from __future__ import annotations

from functools import partial
from typing import Any

from cnn._training import (
    REQUIRES,
    StepwiseClassifier,
    batch_normalization,
    cosine,
    parameters,
    shifted_and_cut,
    training_seconds,
)
from suite.contract import Params, Plugin, Source

# Mean and deviation of Fashion-MNIST's pixels.
MEAN, DEVIATION = 0.286, 0.353
WEIGHT_DECAY = 1e-4


def decay() -> Any:
    """The penalty on a weight whose gradient is the weight times `WEIGHT_DECAY`."""
    from keras import regularizers

    return regularizers.L2(WEIGHT_DECAY / 2)


def he_normal_out() -> dict[str, Any]:
    """Start values by the number of outputs, and the penalty, of a kernel."""
    from keras import initializers

    start = initializers.VarianceScaling(2.0, mode="fan_out", distribution="untruncated_normal")
    return {"kernel_initializer": start, "kernel_regularizer": decay()}


def convolution(x: Any, filters: int, side: int, stride: int = 1) -> Any:
    """A convolution without bias, padded evenly as PyTorch does."""
    from keras import layers

    padding = "same"
    if stride > 1 and side > 1:  # where "same" would pad by less on the left than on the right
        x, padding = layers.ZeroPadding2D(side // 2)(x), "valid"
    return layers.Conv2D(
        filters, side, strides=stride, padding=padding, use_bias=False, **he_normal_out()
    )(x)


def activation(x: Any) -> Any:
    """Batch normalisation and ReLU."""
    from keras import layers

    penalty = {"gamma_regularizer": decay(), "beta_regularizer": decay()}
    return layers.ReLU()(batch_normalization(momentum=0.9, epsilon=1e-5, **penalty)(x))


def block(x: Any, filters: int, stride: int, *, first: bool) -> Any:
    """Two convolutions with activations before them, added to the block's input.

    The first block of a stage adds to its activated input, through a convolution of one pixel
    where the number of channels changes.
    """
    from keras import layers

    active = activation(x)
    y = convolution(activation(convolution(active, filters, 3, stride)), filters, 3)
    x = active if first else x
    if x.shape[-1] != filters:
        x = convolution(x, filters, 1, stride)
    return layers.Add()([y, x])


def network() -> Any:
    """271,994 weights besides the moving means and variances, 273,370 with them."""
    from keras import Input, Model, layers

    images = Input((28, 28, 1))
    x = layers.Rescaling(1 / DEVIATION, -MEAN / DEVIATION)(images)
    x = convolution(x, 16, 3)  # (n, 28, 28, 16)
    for filters, stride in ((16, 1), (32, 2), (64, 2)):  # (n, 7, 7, 64) after the last
        for number in range(3):
            x = block(x, filters, 1 if number else stride, first=number == 0)
    x = layers.GlobalAveragePooling2D()(activation(x))  # (n, 64)
    answer = layers.Dense(10, activation="softmax", **he_normal_out())(x)
    return Model(images, answer)  # fmt: skip


def optimizer(steps: int) -> Any:
    """SGD with Nesterov's momentum; the rate falls from 0.2 to 0 as half a cosine."""
    from keras.optimizers import SGD

    return SGD(cosine(0.2, steps), momentum=0.9, nesterov=True)


def build(
    *, seed: int, threads: int, epochs: int, batch_size: int, cutout: int
) -> StepwiseClassifier:
    """An untrained classifier.

    Params:
        cutout: Side of the square that covers a part of each training image; 0 for none.
    """
    changes = partial(shifted_and_cut, shift=4, edge="zeros", flip=True, cutout=cutout, fill=MEAN)
    return StepwiseClassifier(
        network,
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        augmentation=changes,
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(images, params["epochs"], per_epoch=146) + 6.0


PLUGIN = Plugin(
    title="ResNet-20 with pre-activation (hysts)",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 200, "batch_size": 128, "cutout": 0},
    variants={"cutout": {"cutout": 16}},
    presets={"smoke": {"batch_size": 32}, "quick": {"epochs": 1}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="hysts/pytorch_image_classification",
        url="https://github.com/hysts/pytorch_image_classification",
        changed="The rate falls over as many epochs as there are: 200 as in the source for "
        "Fashion-MNIST, which had 100 for MNIST. Images are normalised by Fashion-MNIST's mean and "
        "deviation for both. The last batch of an epoch may be smaller instead of left out.",
    ),
)
