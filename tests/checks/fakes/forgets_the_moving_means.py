"""A network that does not count what batch normalisation keeps."""

from __future__ import annotations

from cnn._helpers import REQUIRES, KerasClassifier
from suite.contract import Plugin, Source


def network():
    from keras import Input, Sequential, layers

    return Sequential([
        Input((28, 28, 1)),
        layers.MaxPooling2D(4),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.BatchNormalization(momentum=0.5),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def build(*, seed, threads, epochs):
    return KerasClassifier(
        network, seed=seed, threads=threads, epochs=epochs, batch_size=16, keep="last"
    )


def parameters(fitted):
    """The weights that are trained."""
    return fitted.model.count_params() - 2 * 64


PLUGIN = Plugin(
    title="forgets_the_moving_means",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 1},
    parameters=parameters,
    uses_validation=True,
    requires=REQUIRES,
    source=Source(name="a fake"),
)
