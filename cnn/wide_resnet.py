"""A wide residual network (Zagoruyko and Komodakis) small enough for a processor: WRN-16-2."""

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


def convolution(x: Any, filters: int, side: int, stride: int = 1) -> Any:
    """A convolution without bias, with He's start values."""
    from keras import layers

    return layers.Conv2D(
        filters,
        side,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )(x)


def activation(x: Any) -> Any:
    """Batch normalisation and ReLU."""
    from keras import layers

    return layers.ReLU()(batch_normalization(momentum=0.9, epsilon=1e-5)(x))


def block(x: Any, filters: int, stride: int) -> Any:
    """Two convolutions with activations before them, added to the block's input."""
    from keras import layers

    active = activation(x)
    y = convolution(activation(convolution(active, filters, 3, stride)), filters, 3)
    if x.shape[-1] != filters:
        x = convolution(active, filters, 1, stride)
    return layers.Add()([y, x])


def network(depth: int, width: int) -> Any:
    """WRN-16-2 has 691,386 weights besides the moving means and variances, 693,210 with them."""
    from keras import Input, Model, layers

    images = Input((28, 28, 1))
    x = convolution(images, 16, 3)  # (n, 28, 28, 16)
    for filters, stride in ((16, 1), (32, 2), (64, 2)):  # (n, 7, 7, 64 width) at last
        for number in range((depth - 4) // 6):
            x = block(x, filters * width, 1 if number else stride)
    x = layers.GlobalAveragePooling2D()(activation(x))
    return Model(images, layers.Dense(10, activation="softmax")(x))  # fmt: skip


def optimizer(steps: int) -> Any:
    """SGD with Nesterov's momentum and weight decay; the rate falls from 0.1 as half a cosine."""
    from keras.optimizers import SGD

    # The paper's decay of 5e-4 goes through the momentum, which makes ten times of it.
    return SGD(cosine(0.1, steps), momentum=0.9, nesterov=True, weight_decay=5e-3)


def build(
    *, seed: int, threads: int, epochs: int, batch_size: int, depth: int, width: int
) -> StepwiseClassifier:
    """An untrained classifier.

    Params:
        depth: Number of layers with weights: 4 and a multiple of 6.
        width: What the 16, 32 and 64 channels of a ResNet are multiplied by.
    """
    if depth < 10 or (depth - 4) % 6:
        raise ValueError(f"depth is {depth}, expected 10, 16, 22 or another 6 more")
    return StepwiseClassifier(
        partial(network, depth, width),
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        augmentation=partial(shifted_and_cut, shift=4, flip=True),
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run, measured with widths of 2."""
    layers = 3 * (params["depth"] - 4) // 2
    return training_seconds(images, params["epochs"], per_epoch=14.4 * layers) + 5.0


PLUGIN = Plugin(
    title="Wide residual network",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 30, "batch_size": 128, "depth": 16, "width": 2},
    presets={
        "smoke": {"batch_size": 32, "depth": 10},
        "quick": {"epochs": 1, "batch_size": 64, "depth": 10},
    },
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="Wide Residual Networks",
        url="https://arxiv.org/abs/1605.07146",
        changed="The paper has no result on these datasets. Depth 16 and width 2 instead of 28 and "
        "10, 30 epochs instead of 200, and the rate falls as half a cosine instead of in steps.",
    ),
)
