"""Images for the networks, and a network small enough to be trained in moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnn._backend import limit_threads
from cnn._helpers import KerasClassifier
from suite.contract import FitContext
from suite.data.digits import make_digits
from suite.data.views import to_view


@dataclass(frozen=True)
class Digits:
    """1,000 images to train on, 250 to validate, 187 to test; read-only."""

    X: NDArray[np.float32]
    y: NDArray[np.uint8]
    X_val: NDArray[np.float32]
    y_val: NDArray[np.uint8]
    X_test: NDArray[np.float32]
    y_test: NDArray[np.uint8]


@dataclass(frozen=True)
class Listener:
    """Hears of epochs as the harness does."""

    heard: list[tuple[int, int, Mapping[str, float]]]

    def context(self, X_val: Any = None, y_val: Any = None) -> FitContext:
        return FitContext(X_val=X_val, y_val=y_val, on_epoch=lambda *news: self.heard.append(news))

    def values(self, name: str) -> list[float]:
        return [metrics[name] for _, _, metrics in self.heard]


def small_network() -> Any:
    """A network with dropout and batch normalisation: all that differs between the phases."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28, 1)),
            layers.MaxPooling2D(4),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Before any test starts TensorFlow with all cores: results repeat on one thread."""
    limit_threads(1)


@pytest.fixture(scope="session")
def digits() -> Digits:
    made = make_digits()
    X, y = to_view(made["train", "images"], "image"), made["train", "labels"]
    cuts = (slice(1_000), slice(1_000, 1_250), slice(1_250, None))
    parts = [part for cut in cuts for part in (X[cut], y[cut])]
    for part in parts:
        part.flags.writeable = False
    return Digits(*parts)


@pytest.fixture
def listener() -> Listener:
    return Listener([])


@pytest.fixture
def make() -> Callable[..., KerasClassifier]:
    """Makes a classifier on the small network; each setting can be changed."""

    def make(**changes: Any) -> KerasClassifier:
        settings = {"seed": 0, "threads": 1, "epochs": 2, "batch_size": 32, "keep": "last"}
        network = changes.pop("network", small_network)
        return KerasClassifier(network, **{**settings, **changes})

    return make
