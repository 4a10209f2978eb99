"""The suite's own residual networks, small and big, whose recipe is chosen on validation alone."""

from __future__ import annotations

from functools import partial
from typing import Any

from cnn._training import (
    REQUIRES,
    StepwiseClassifier,
    batch_normalization,
    linear,
    muon,
    parameters,
    shifted_and_cut,
    smoothed,
    training_seconds,
    views_of,
)
from suite.contract import Params, Plugin, Source

# Convolutions (channels, stride), each followed by a residual block or not.
SIZES = {
    "small": ((16, 1, False), (32, 2, True), (64, 2, True)),
    "big": ((16, 1, True), (64, 2, True), (128, 2, True)),
}
# Pixels down and to the right that copies of an image are shifted by where all are predicted.
SHIFTS = ((-1, -1), (1, 1))
# Processor seconds for 60,000 images, validated on 15,000.
PER_EPOCH = {"small": 41.0, "big": 127.0}


def convolution(x: Any, filters: int, stride: int = 1) -> Any:
    """A convolution, batch normalisation and ReLU."""
    from keras import layers

    x = layers.Conv2D(
        filters,
        3,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )(x)
    return layers.ReLU()(batch_normalization(momentum=0.9, epsilon=1e-5)(x))


def network(size: str) -> Any:
    """Small: 122,330 weights, of which 121,722 are trained; big: 470,362 and 469,114."""
    from keras import Input, Model, initializers, layers

    x = images = Input((28, 28, 1))
    for filters, stride, residual in SIZES[size]:
        x = convolution(x, filters, stride)
        if residual:
            x = layers.Add()([x, convolution(convolution(x, filters), filters)])
    x = layers.MaxPooling2D(3, strides=2)(x)  # (n, 3, 3, 64) or (n, 3, 3, 128)
    x = layers.Flatten()(x)
    start = initializers.RandomNormal(stddev=0.02)
    answer = layers.Dense(10, activation="softmax", kernel_initializer=start)(x)
    return Model(images, answer)


def optimizer(steps: int) -> Any:
    """Muon for the kernels, Adam for the rest; both rates rise for 15 % of the steps, then fall."""
    return muon(linear(0.04, steps, warmup=0.15))


def build(
    *, seed: int, threads: int, epochs: int, batch_size: int, size: str, flips: bool, views: int
) -> StepwiseClassifier:
    """An untrained classifier.

    Params:
        size: "small" or "big".
        flips: Whether training and prediction mirror images left to right.
        views: How many copies of an image are predicted at most: 1, or shifted ones, too.
    """
    if size not in SIZES:
        raise ValueError(f"size is {size!r}, expected small or big")
    return StepwiseClassifier(
        partial(network, size),
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        loss=smoothed(0.1),
        augmentation=partial(shifted_and_cut, shift=1),
        alternating_flips=flips,
        views=views_of(*SHIFTS, mirrored=flips)[:views],
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    per_epoch = PER_EPOCH.get(params["size"], PER_EPOCH["big"])
    # Tracing takes 4 s, and a copy of the 10,000 images a thirtieth of an epoch.
    copies: int = params["views"] - 1
    return 4.0 + copies * per_epoch / 30 + training_seconds(images, params["epochs"], per_epoch)


PLUGIN = Plugin(
    title="Residual network",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 30, "batch_size": 256, "size": "big", "flips": True, "views": 6},
    variants={
        "unflipped": {"flips": False},
        "small": {"epochs": 9, "size": "small"},
        "small_unflipped": {"epochs": 9, "size": "small", "flips": False},
    },
    presets={
        "smoke": {"batch_size": 32, "views": 1},
        "quick": {"epochs": 1, "batch_size": 64, "views": 1},
    },
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="Fashion-MNIST Suite",
        changed="Chosen on the 12,000 validation images of seed 0 alone (docs/residual.md). Flips "
        "help on Fashion-MNIST and harm on MNIST, which this file can't tell apart: rows of their "
        "own. Muon and alternating flips are Keller Jordan's, the block after ResNet-9.",
    ),
)
