"""The two networks of rasiaq/fashion_mnist: two convolutions and a dense layer, with dropout."""

from __future__ import annotations

from functools import partial
from typing import Any

from cnn._helpers import REQUIRES, KerasClassifier, parameters, training_seconds
from suite.contract import Params, Plugin, Source

# By version: filters of the first convolution, and rates of the three dropout layers.
VERSIONS: dict[str, tuple[int, tuple[float, float, float]]] = {
    "v1": (64, (0.0, 0.0, 0.2)),
    "v2": (32, (0.25, 0.3, 0.3)),
}
PER_EPOCH = {"v1": 33.0, "v2": 25.0}


def network(version: str) -> Any:
    """Weights: 243,786 (v1), 225,034 (v2)."""
    from keras import Input, Sequential, layers

    filters, rates = VERSIONS[version]
    return Sequential([
        Input((28, 28, 1)),
        layers.Conv2D(filters, 3, activation="relu"),  # (n, 26, 26, 64) in v1
        layers.MaxPooling2D(),                         # (n, 13, 13, 64)
        layers.Dropout(rates[0]),
        layers.Conv2D(64, 3, activation="relu"),       # (n, 11, 11, 64)
        layers.MaxPooling2D(),                         # (n, 5, 5, 64)
        layers.Dropout(rates[1]),
        layers.Flatten(),                              # (n, 1600)
        layers.Dense(128, activation="relu"),
        layers.Dropout(rates[2]),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def build(
    *, seed: int, threads: int, epochs: int, batch_size: int, version: str
) -> KerasClassifier:
    """An untrained classifier.

    Params:
        version: v1 or v2 of the source: other filters and dropout.

    Raises:
        ValueError: There is no such version.
    """
    if version not in VERSIONS:
        raise ValueError(f"version is {version!r}, expected one of {', '.join(VERSIONS)}")
    return KerasClassifier(
        partial(network, version),
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        keep="last",
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(images, params["epochs"], PER_EPOCH.get(params["version"], 40))


PLUGIN = Plugin(
    title="rasiaq CNN",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 50, "batch_size": 32, "version": "v1"},
    variants={"v2": {"version": "v2"}},
    presets={"quick": {"epochs": 1}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="rasiaq/fashion_mnist",
        url="https://github.com/rasiaq/fashion_mnist",
        changed="The source trains four models of v2 and keeps the one with the lowest validation "
        "loss, but splits off each one's validation images from what the one before was trained "
        "on: they see 48,000, 38,400, 30,720 and 24,576 images, the last three for 10 epochs. Its "
        "first model is what is trained here. v1 is known from the source's readme alone.",
    ),
)
