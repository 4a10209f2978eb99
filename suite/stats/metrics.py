"""What a set of predictions is worth."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class PerClass:
    """How well each class is told, from a confusion matrix, or from one for each of several runs.

    Attributes:
        precision: Part of the images taken for a class that are of it: (..., n); NaN where there
            are none.
        recall: Part of the images of a class that were taken for it: (..., n).
        f1: Harmonic mean of both, 0 where neither image is right: (..., n).
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall; of several runs, the mean of theirs."""
        return float(self.recall.mean())

    @property
    def macro_f1(self) -> float:
        """Mean F1; of several runs, the mean of theirs."""
        return float(self.f1.mean())


def per_class(confusion: NDArray[np.integer[Any]]) -> PerClass:
    """Precision, recall and F1 of each class, as scikit-learn defines them.

    Args:
        confusion: Images of each class (row) that were taken for each class (column): (..., n, n),
            at least one image of each class.
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1).astype(np.float64)
    predicted, true = confusion.sum(axis=-2), confusion.sum(axis=-1)
    with np.errstate(invalid="ignore"):
        precision = right / predicted
    return PerClass(precision, right / true, 2 * right / (predicted + true))
