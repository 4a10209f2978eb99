"""The `digits` dataset, made from the images that scikit-learn brings along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAIN_IMAGES = 1_437
_REPEAT = 3
_BORDER = 2
_LARGEST = 16


def make_digits() -> dict[tuple[str, str], NDArray[np.uint8]]:
    """scikit-learn's 1,797 images of 8 x 8 pixels, enlarged to 28 x 28, in their own order.

    Values 0 to 16 become 0 to 255, each pixel is repeated three times both ways, and a border of
    two black pixels is added.

    Returns:
        By (part, kind): images as uint8 (n, 28, 28), labels as uint8 (n,); the first 1,437 train,
        the last 360 test.
    """
    from sklearn.datasets import load_digits

    bundled = load_digits()
    scaled = np.rint(bundled.images * (255 / _LARGEST)).astype(np.uint8)
    enlarged = scaled.repeat(_REPEAT, axis=1).repeat(_REPEAT, axis=2)
    images = np.pad(enlarged, ((0, 0), (_BORDER, _BORDER), (_BORDER, _BORDER)))
    labels = bundled.target.astype(np.uint8)
    return {
        ("train", "images"): images[:TRAIN_IMAGES],
        ("train", "labels"): labels[:TRAIN_IMAGES],
        ("test", "images"): images[TRAIN_IMAGES:],
        ("test", "labels"): labels[TRAIN_IMAGES:],
    }
