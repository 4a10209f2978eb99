"""How fast the networks train, and how near they come to this processor's matrix products.

    python -m benchmarks.networks --models cmasch,rasiaq --precision float32,bfloat16

Each network trains on one thread; the second and later epochs are timed, in processor seconds, and
the fastest is scaled to 60,000 images. Operations are those of convolutions and dense layers, a
multiplication and an addition each, forward and backward; what else a network does counts as time
alone. The rate beside which they stand is that of a large square matrix product, by the same
backend on the same thread, measured before the first network and after the last.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.table import about, show
from cnn._backend import computing_in, limit_threads, load_keras
from cnn._epochs import Batches
from suite.contract import FitContext
from suite.data.datasets import load
from suite.data.views import to_view
from suite.loading import load_plugin
from suite.records.record import DEFAULT_PRECISION
from suite.runner.plan import PRECISIONS, uses_keras
from suite.selection import Selection, select_models

EPOCH_IMAGES = 60_000
MATRIX_SIDE = 2_048
PRODUCTS = 20


@dataclass(frozen=True)
class Speed:
    """How a network trains.

    Attributes:
        seconds: Processor seconds for an epoch of 60,000 images.
        operations: Floating-point operations of such an epoch.
    """

    seconds: float
    operations: float

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.operations / self.seconds


def main() -> None:
    """Time the networks, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", action="append", default=[], help="as in `suite run`; all")
    parser.add_argument("--images", type=int, default=6_000, help="training images; 6,000")
    parser.add_argument("--epochs", type=int, default=3, help="epochs, of which all but one count")
    parser.add_argument("--precision", default=DEFAULT_PRECISION, help="with commas; float32")
    options = parser.parse_args()
    kinds = options.precision.split(",")
    if not set(kinds) <= set(PRECISIONS) or options.epochs < 2:
        parser.error(f"expected precisions out of {', '.join(PRECISIONS)}, and 2 epochs or more")
    selections = [s for s in select_models(options.models)[1] if uses_keras(s.model.plugin)]
    limit_threads(1)
    data = training_set(options.images)
    best = {kind: product_rate(kind) for kind in kinds}
    speeds = {
        (selection.label, kind): train(selection, kind, data, options.epochs)
        for selection in selections
        for kind in kinds
    }
    best = {kind: max(rate, product_rate(kind)) for kind, rate in best.items()}
    rows = [
        [
            label,
            kind,
            f"{speed.seconds:.1f}",
            f"{speed.operations / 1e9:,.0f}",
            f"{speed.rate / 1e9:.0f}",
            f"{100 * speed.rate / best[kind]:.0f} %",
        ]
        for (label, kind), speed in speeds.items()
    ]
    backend = load_keras().backend.backend()
    products = ", ".join(f"{kind} {rate / 1e9:.0f} GFLOP/s" for kind, rate in best.items())
    subject = (
        f"Training on one thread, {backend}, {options.images:,} images, best of "
        f"{options.epochs - 1} epochs; product of {MATRIX_SIDE:,} x {MATRIX_SIDE:,} matrices: "
        f"{products}"
    )
    columns = ["network", "precision", "s an epoch", "GFLOP an epoch", "GFLOP/s", "of a product's"]
    sys.stdout.write(about(subject) + show(columns, rows))


def training_set(images: int) -> tuple[Any, Any]:
    """So many images of the digits, again and again: float32 (n, 28, 28, 1), uint8 (n,)."""
    digits = load("digits")
    taken = np.arange(images) % len(digits.labels("train"))
    X = to_view(np.asarray(digits.images("train"))[taken], "image")
    return X, np.asarray(digits.labels("train"))[taken]


def train(selection: Selection, precision: str, data: tuple[Any, Any], epochs: int) -> Speed:
    """Train a network for some epochs.

    Args:
        selection: The model and its parameters; its own number of epochs is not used.
        precision: Data type of the arithmetic.
        data: Images and labels.
        epochs: How many; the first, in which the network is compiled, does not count.
    """
    ends: list[float] = []
    used: list[int] = []

    class Counted(Batches):
        def reshuffle(self) -> None:
            super().reshuffle()
            used.append(len(self.order))

    context = FitContext(
        X_val=None, y_val=None, on_epoch=lambda *news: ends.append(time.process_time())
    )
    params = {**selection.params, "epochs": epochs}
    with computing_in(precision), patch("cnn._helpers.Batches", Counted):
        plugin = load_plugin(selection.model.path, selection.model.module)
        classifier = plugin.build(seed=0, threads=1, **params)
        classifier.fit(*data, context)
    # Augmentation may use an image several times in an epoch: time and operations are for those.
    passes = used[0] / len(data[0])
    seconds = min(after - before for before, after in pairwise(ends))
    return Speed(
        seconds=seconds * EPOCH_IMAGES / len(data[0]),
        operations=passes * EPOCH_IMAGES * training_operations(classifier.model),
    )


def training_operations(network: Any) -> int:
    """Floating-point operations to train on one image.

    Forward, each kernel is multiplied once at every position of the output. Backward, the same is
    done for the gradient of the kernel, and again for that of the layer's input, which the first
    layer with weights does not need.

    Args:
        network: A Keras model, channels last.
    """
    total = 0
    for number, layer in enumerate(layers_with_weights(network)):
        if hasattr(layer, "kernel"):
            positions = math.prod(layer.output.shape[1:-1])
            forward = 2 * math.prod(layer.kernel.shape) * positions
            total += (3 if number else 2) * forward
    return total


def layers_with_weights(network: Any) -> Iterator[Any]:
    """The layers that have weights to train, those of networks inside among them."""
    for layer in network.layers:
        if hasattr(layer, "layers"):
            yield from layers_with_weights(layer)
        elif layer.trainable_weights:
            yield layer


def product_rate(precision: str) -> float:
    """Floating-point operations a second of a large matrix product, the fastest of some."""
    ops = load_keras().ops
    ones = ops.ones((MATRIX_SIDE, MATRIX_SIDE), dtype=precision)

    def multiply() -> None:
        # Backends compute when they like: only a number that is read is sure to be there.
        float(ops.matmul(ones, ones)[0, 0])

    return 2 * MATRIX_SIDE**3 / fastest(multiply, PRODUCTS)


def fastest(work: Callable[[], None], times: int) -> float:
    """The least processor seconds that some work takes."""
    seconds = []
    for _ in range(times):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)


if __name__ == "__main__":
    main()
