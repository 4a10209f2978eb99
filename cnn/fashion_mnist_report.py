"""The networks of "Fashion MNIST Report": one layer, LeNet-5, and four layers in two paddings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from cnn._helpers import REQUIRES, KerasClassifier, parameters, random_affine, training_seconds
from suite.contract import Params, Plugin, Source

# Processor seconds of an epoch of 60,000 images.
PER_EPOCH = {"one_layer": 12, "lenet5": 17, "four_layer": 120, "four_layer_padded": 190}


def network(architecture: str) -> Any:
    """Weights: 693,962, 136,586, 1,221,546 and 3,384,234, of the last two 1,792 not trained."""
    from keras import Input, Sequential

    inner: dict[str, Callable[[], list[Any]]] = {
        "one_layer": one_layer,
        "lenet5": lenet5,
        "four_layer": partial(four_layer, "valid"),
        "four_layer_padded": partial(four_layer, "same"),
    }
    return Sequential([Input((28, 28, 1)), *inner[architecture]()])


def one_layer() -> list[Any]:
    """A convolution, and a hidden dense layer."""
    from keras import layers

    return [
        layers.Conv2D(32, 3, activation="relu"),  # (n, 26, 26, 32)
        layers.MaxPooling2D(),                    # (n, 13, 13, 32)
        layers.Dropout(0.2),
        layers.Flatten(),                         # (n, 5408)
        layers.Dense(128, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]  # fmt: skip


def lenet5() -> list[Any]:
    """LeNet-5 with max pooling and padded convolutions."""
    from keras import layers

    return [
        layers.ZeroPadding2D(2),                                  # (n, 32, 32, 1)
        layers.Conv2D(6, 5, padding="same", activation="relu"),   # (n, 32, 32, 6)
        layers.MaxPooling2D(),                                    # (n, 16, 16, 6)
        layers.Conv2D(16, 5, padding="same", activation="relu"),  # (n, 16, 16, 16)
        layers.MaxPooling2D(),                                    # (n, 8, 8, 16)
        layers.Flatten(),                                         # (n, 1024)
        layers.Dense(120, activation="relu"),
        layers.Dense(84, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]  # fmt: skip


def four_layer(padding: str) -> list[Any]:
    """Four convolutions and two hidden dense layers, each with batch normalisation."""
    from keras import layers

    def conv(filters: int) -> list[Any]:
        convolution = layers.Conv2D(filters, 3, padding=padding, activation="relu")
        return [convolution, layers.BatchNormalization()]

    def dense(units: int) -> list[Any]:
        hidden = layers.Dense(units, activation="relu")
        return [hidden, layers.BatchNormalization(), layers.Dropout(0.5)]

    return [
        *conv(32),                                                    # (n, 26, 26, 32) where valid
        *conv(32), layers.MaxPooling2D(), layers.Dropout(0.25),       # (n, 12, 12, 32)
        *conv(64), layers.Dropout(0.25),                              # (n, 10, 10, 64)
        *conv(128), layers.MaxPooling2D(), layers.Dropout(0.25),      # (n, 4, 4, 128)
        layers.Flatten(),                                             # (n, 2048)
        *dense(512), *dense(128), layers.Dense(10, activation="softmax"),
    ]  # fmt: skip


def build(
    *, seed: int, threads: int, epochs: int, batch_size: int, architecture: str, augmented: bool
) -> KerasClassifier:
    """An untrained classifier.

    Params:
        architecture: one_layer, lenet5, four_layer or four_layer_padded.
        augmented: Whether training images are rotated, sheared, zoomed and shifted.

    Raises:
        ValueError: There is no such architecture.
    """
    if architecture not in PER_EPOCH:
        known = ", ".join(PER_EPOCH)
        raise ValueError(f"architecture is {architecture!r}, expected one of {known}")
    changes = partial(random_affine, degrees=8, shear=0.3, zoom=0.08, shift=0.08)
    return KerasClassifier(
        partial(network, architecture),
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        keep="last",
        augmentation=changes if augmented else None,
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run; augmentation takes two an epoch."""
    per_epoch = PER_EPOCH.get(params["architecture"], 100) + 2 * bool(params["augmented"])
    return training_seconds(images, params["epochs"], per_epoch)


PLUGIN = Plugin(
    title="Fashion MNIST Report",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 100, "batch_size": 256, "architecture": "one_layer", "augmented": False},
    variants={
        "one_layer_augmented": {"augmented": True, "epochs": 50},
        "lenet5": {"architecture": "lenet5", "batch_size": 32, "epochs": 20},
        "lenet5_augmented": {
            "architecture": "lenet5", "batch_size": 32, "epochs": 20, "augmented": True,
        },
        "four_layer": {"architecture": "four_layer"},
        "four_layer_augmented": {"architecture": "four_layer", "augmented": True, "epochs": 50},
        "four_layer_padded": {"architecture": "four_layer_padded"},
        "four_layer_padded_augmented": {
            "architecture": "four_layer_padded", "augmented": True, "epochs": 50,
        },
    },
    presets={"smoke": {"batch_size": 32}, "quick": {"epochs": 1, "batch_size": 32}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="Fashion MNIST Report",
        changed="The report changes validation images as it does training images; here they stay "
        "as they are. Without augmentation it trains one and four layers on 10,000 images, and "
        "LeNet-5 it trains without augmentation only. It states no activation, dropout rate, "
        "optimiser or amount of augmentation. Inferred, from a widely copied Keras notebook with "
        "the same layers: ReLU, Adam (0.001), dropout 0.2 in one layer, 0.25 after convolutions "
        "and 0.5 after dense layers in four; rotation by up to 8 degrees, shear by 0.3 radians, "
        "zoom and shifts by 8 %; a border of zeros gives LeNet-5 its 32 x 32 pixels.",
    ),
)  # fmt: skip
