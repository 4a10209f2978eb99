"""Four convolutions and a dense layer, by khanguyen1207; the rate halves when progress stops."""

from __future__ import annotations

from typing import Any

from cnn._helpers import REQUIRES, KerasClassifier, on_plateau, parameters, training_seconds
from suite.contract import Params, Plugin, Source


def network() -> Any:
    """1,695,210 weights, of which 1,694,186 are trained."""
    from keras import Input, Sequential, layers

    conv = {"padding": "same", "activation": "relu"}
    return Sequential([
        Input((28, 28, 1)),
        layers.Rescaling(1 / 32),
        layers.Conv2D(32, 5, **conv),  # (n, 28, 28, 32)
        layers.Conv2D(32, 5, **conv),  # (n, 28, 28, 32)
        layers.MaxPooling2D(),         # (n, 14, 14, 32)
        layers.Dropout(0.25),
        layers.Conv2D(64, 3, **conv),  # (n, 14, 14, 64)
        layers.Conv2D(64, 3, **conv),  # (n, 14, 14, 64)
        layers.MaxPooling2D(),         # (n, 7, 7, 64)
        layers.Dropout(0.25),
        layers.Flatten(),              # (n, 3136)
        layers.Dense(512, activation="relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def optimizer() -> Any:
    """RMSprop with Keras's defaults."""
    from keras.optimizers import RMSprop

    return RMSprop(learning_rate=0.001)


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
        schedule=on_plateau("val_accuracy", factor=0.5, patience=3, lowest=0.01),
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(images, params["epochs"], per_epoch=150)


PLUGIN = Plugin(
    title="Four convolutions (khanguyen1207)",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 40, "batch_size": 512},
    presets={"smoke": {"batch_size": 32}, "quick": {"epochs": 1, "batch_size": 64}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="khanguyen1207",
        url="https://github.com/zalandoresearch/fashion-mnist/issues/109",
        changed="The source halves the learning rate when the accuracy on the test images stops "
        "rising. Here it is the accuracy on validation images; without these the rate stays as it "
        "is. Inferred: that it waits for three epochs, and halves down to a hundredth.",
    ),
)
