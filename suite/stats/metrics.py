"""What a set of predictions is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def accuracy(predictions: NDArray[np.integer[Any]], labels: NDArray[np.integer[Any]]) -> float:
    """Part of the images whose class was predicted.

    Args:
        predictions: Predicted classes: integers, (n,).
        labels: True classes: integers, (n,).

    Returns:
        A fraction of 1.

    Raises:
        ValueError: The shapes differ, or there are no images: no number stands for that.
    """
    if predictions.shape != labels.shape or predictions.ndim != 1:
        raise ValueError(
            f"predictions have shape {predictions.shape} and labels {labels.shape}, "
            "expected one of each for every image"
        )
    if not len(labels):
        raise ValueError("there are no images, and no accuracy without any")
    return int(np.count_nonzero(predictions == labels)) / len(labels)
