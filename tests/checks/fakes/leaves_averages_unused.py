"""A network whose optimiser averages the weights, which its training leaves unused."""

from __future__ import annotations

from cnn._helpers import REQUIRES, KerasClassifier, parameters
from suite.contract import Plugin, Source


def network():
    from keras import Input, Sequential, layers

    return Sequential([
        Input((28, 28, 1)),
        layers.MaxPooling2D(4),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def noise(seed):
    from keras import layers

    return layers.GaussianNoise(0.01, seed=seed)


def averaging():
    from keras.optimizers import Adam

    return Adam(use_ema=True)


def build(*, seed, threads, epochs, augments):
    return KerasClassifier(
        network,
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=16,
        keep="last",
        optimizer=averaging,
        augmentation=noise if augments else None,
    )


PLUGIN = Plugin(
    title="leaves_averages_unused",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 1, "augments": False},
    variants={"augmented": {"augments": True}},
    parameters=parameters,
    uses_validation=True,
    requires=REQUIRES,
    source=Source(name="a fake"),
)
