"""The network of cmasch/zalando-fashion-mnist: two convolutions, dropout, augmentation."""

from __future__ import annotations

from functools import partial
from typing import Any

from cnn._helpers import (
    REQUIRES,
    KerasClassifier,
    parameters,
    random_affine,
    training_seconds,
)
from suite.contract import Params, Plugin, Source


def network() -> Any:
    """493,902 weights, of which 493,772 are trained."""
    from keras import Input, Sequential, layers

    return Sequential([
        Input((28, 28, 1)),
        layers.BatchNormalization(),
        layers.Conv2D(64, 4, padding="same", activation="relu"),  # (n, 28, 28, 64)
        layers.MaxPooling2D(),                                    # (n, 14, 14, 64)
        layers.Dropout(0.1),
        layers.Conv2D(64, 4, activation="relu"),                  # (n, 11, 11, 64)
        layers.MaxPooling2D(),                                    # (n, 5, 5, 64)
        layers.Dropout(0.3),
        layers.Flatten(),                                         # (n, 1600)
        layers.Dense(256, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(64, activation="relu"),
        layers.BatchNormalization(),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def build(
    *, seed: int, threads: int, epochs: int, batch_size: int, augmented_copies: int
) -> KerasClassifier:
    """An untrained classifier.

    Params:
        augmented_copies: Changed images that join each training image in an epoch.
    """
    share = augmented_copies / (augmented_copies + 1)
    changes = partial(random_affine, degrees=10, flip=True, share=share)
    return KerasClassifier(
        network,
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        keep="best",
        augmentation=changes if augmented_copies else None,
        passes=augmented_copies + 1,
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(
        images * (params["augmented_copies"] + 1), params["epochs"], per_epoch=82
    )


PLUGIN = Plugin(
    title="cmasch CNN with augmentation",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 80, "batch_size": 250, "augmented_copies": 2},
    presets={"smoke": {"augmented_copies": 1}, "quick": {"epochs": 1, "augmented_copies": 0}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="cmasch/zalando-fashion-mnist",
        url="https://github.com/cmasch/zalando-fashion-mnist",
        changed="The source adds two changed copies of each image (rotation of up to 10 degrees, "
        "horizontal flip) and then splits: 96 % of its validation images have a sibling in "
        "training, and the checkpoint with the best val_loss is chosen on them. Here the split "
        "comes first and validation images stay as they are. An epoch uses each training image "
        "three times, as there, but changes are drawn anew each time, with probability 2/3, and "
        "keep the fractions of grey that the source of 2018 cuts off.",
    ),
)
