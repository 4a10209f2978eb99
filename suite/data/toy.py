"""Small made-up images, for checks and tests that need no dataset."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from suite.data import idx
from suite.data.datasets import Dataset
from suite.data.files import write_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NOISE = 60.0


@dataclass(frozen=True)
class Toy:
    """Images uint8 (n, 28, 28) and labels uint8 (n,), 0 to 9, all read-only."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]


def toy(n_train: int = 200, n_test: int = 50, seed: int = 0) -> Toy:
    """Images of ten classes: a random pattern for each class, and noise on top.

    The classes come in turn, so that each is there as often as any other (give or take one), in
    an order that is shuffled. A nearest-centroid classifier gets nearly all of them right.

    Args:
        n_train: Number of training images.
        n_test: Number of test images.
        seed: Equal seeds give equal arrays.
    """
    generator = np.random.default_rng(seed)
    blocks = generator.uniform(0, 255, size=(idx.CLASSES, 7, 7))
    patterns = blocks.repeat(4, axis=1).repeat(4, axis=2)  # (10, 28, 28)
    train = _draw(generator, patterns, n_train)
    return Toy(*train, *_draw(generator, patterns, n_test))


def toy_dataset(folder: Path, n_train: int = 200, n_test: int = 50, seed: int = 0) -> Dataset:
    """Writes made-up images to a folder, as a dataset named "toy".

    Args:
        folder: Where the arrays go.
        n_train: Number of training images.
        n_test: Number of test images.
        seed: Equal seeds give equal arrays.

    Raises:
        DataError: The folder can't be written.
    """
    made = toy(n_train, n_test, seed)
    arrays = {
        ("train", "images"): made.train_images,
        ("train", "labels"): made.train_labels,
        ("test", "images"): made.test_images,
        ("test", "labels"): made.test_labels,
    }
    for (part, kind), array in arrays.items():
        write_array(folder / f"{part}-{kind}.npy", array)
    return Dataset(
        name="toy",
        title="Toy",
        class_names=tuple("0123456789"),
        sums={
            f"{part}-{kind}": hashlib.sha256(idx.encode(array)).hexdigest()
            for (part, kind), array in arrays.items()
        },
        folder=folder,
    )


def _draw(
    generator: np.random.Generator, patterns: NDArray[np.float64], count: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    labels = generator.permutation(np.arange(count) % idx.CLASSES).astype(np.uint8)
    noisy = patterns[labels] + generator.normal(0, _NOISE, size=(count, *idx.IMAGE_SHAPE))
    images = np.clip(noisy, 0, 255).astype(np.uint8)
    images.setflags(write=False)
    labels.setflags(write=False)
    return images, labels
