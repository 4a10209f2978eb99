"""The modified LeNet-5 of vianasw/fashion-classifier: copies flipped and enlarged before training.

The layers are those of `convnet`; training is another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnn._helpers import REQUIRES, KerasClassifier, parameters, training_seconds
from suite.contract import Params, Plugin, Source

if TYPE_CHECKING:
    import numpy as np

    from suite.contract import Images, Labels

COPIES = 0.3  # of each kind, as a share of the training images


def network() -> Any:
    """3,274,634 weights."""
    from keras import Input, Sequential, layers

    return Sequential([
        Input((28, 28, 1)),
        layers.Conv2D(32, 5, padding="same", activation="relu"),  # (n, 28, 28, 32)
        layers.MaxPooling2D(),                                    # (n, 14, 14, 32)
        layers.Conv2D(64, 5, padding="same", activation="relu"),  # (n, 14, 14, 64)
        layers.MaxPooling2D(),                                    # (n, 7, 7, 64)
        layers.Flatten(),                                         # (n, 3136)
        layers.Dense(1024, activation="relu"),
        layers.Dropout(0.4),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def middle(images: Images) -> Images:
    """Pixels 4 to 24 of each side, spread over all 28 by linear interpolation; (n, 28, 28, 1)."""
    import numpy as np

    positions = np.linspace(4, 24, 28)[:, None]
    weights = np.maximum(0, 1 - abs(positions - np.arange(28))).astype(np.float32)
    return np.asarray(weights @ images[..., 0] @ weights.T, np.float32)[..., None]


def enlarge(X: Images, y: Labels, rng: np.random.Generator) -> tuple[Images, Labels]:
    """All images, 30 % of them also flipped left to right, and another 30 % also enlarged."""
    import numpy as np

    flipped, cropped = (rng.permutation(len(X))[: int(COPIES * len(X))] for _ in range(2))
    images = np.concatenate([X, X[flipped][:, :, ::-1], middle(X[cropped])])
    return images, np.concatenate([y, y[flipped], y[cropped]])


def build(*, seed: int, threads: int, epochs: int, batch_size: int) -> KerasClassifier:
    """An untrained classifier."""
    return KerasClassifier(
        network,
        seed=seed,
        threads=threads,
        epochs=epochs,
        batch_size=batch_size,
        keep="last",
        enlarge=enlarge,
    )


def cost(images: int, params: Params) -> float:
    """Processor seconds of a run."""
    return training_seconds(int(images * (1 + 2 * COPIES)), params["epochs"], per_epoch=60)


PLUGIN = Plugin(
    title="Modified LeNet-5 (vianasw)",
    family="cnn",
    view="image",
    build=build,
    params={"epochs": 20, "batch_size": 128},
    presets={"quick": {"epochs": 1}},
    parameters=parameters,
    uses_validation=True,
    cost_hint=cost,
    requires=REQUIRES,
    source=Source(
        name="vianasw/fashion-classifier",
        url="https://github.com/vianasw/fashion-classifier",
        changed="The source shuffles once, and takes the same batches in each epoch.",
    ),
)
