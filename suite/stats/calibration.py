"""Whether a model is as often right as its probabilities say.

C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural Networks",
ICML 2017 (arXiv:1706.04599): predictions are put into bins of equal width by the probability of
the class that was named, and in each bin the mean probability is compared with the accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from suite.records.record import CONFIDENCE_SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15  # as in the paper's tables


@dataclass(frozen=True)
class Reliability:
    """Predictions by their confidence, as sums, so that those of several runs can be joined.

    Bin m of M holds confidences in (m / M, (m + 1) / M], the first one 0 as well.

    Attributes:
        images: How many predictions: int64, (BINS,).
        right: How many of them are right: int64, (BINS,).
        confidence: Sum of their probabilities, fractions of 1: float64, (BINS,).
    """

    images: NDArray[np.int64]
    right: NDArray[np.int64]
    confidence: NDArray[np.float64]

    @property
    def mean_confidence(self) -> NDArray[np.float64]:
        """Mean probability in each bin, NaN in an empty one: (BINS,)."""
        return _divide(self.confidence, self.images)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Part of each bin's predictions that is right, NaN in an empty one: (BINS,)."""
        return _divide(self.right, self.images)

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance of confidence and accuracy, each bin weighted by its predictions.

        A fraction of 1; equation 3 of the paper.
        """
        return float(np.abs(self.confidence - self.right).sum() / self.images.sum())


def reliability(confidence: NDArray[np.uint16], right: NDArray[np.bool_]) -> Reliability:
    """Put predictions into bins.

    Args:
        confidence: Probability of each named class times `CONFIDENCE_SCALE`, as records hold
            it: uint16, (n,).
        right: Whether each named class is right: bool, (n,).

    Raises:
        ValueError: The shapes differ, or there are no predictions.
    """
    if confidence.shape != right.shape or confidence.ndim != 1 or not confidence.size:
        raise ValueError(
            f"confidences have shape {confidence.shape} and outcomes {right.shape}, expected one "
            "of each for every image"
        )
    # Sorting numbers of 16 bits takes less time than `numpy.bincount` with weights, and a report
    # does this thousands of times.
    ordered, wrong = np.sort(confidence), np.sort(confidence[~right])
    images = _by_bin(ordered)
    filled = images > 0
    sums = np.zeros(BINS)
    starts = (np.cumsum(images) - images)[filled]
    sums[filled] = np.add.reduceat(ordered, starts, dtype=np.int64) / CONFIDENCE_SCALE
    return Reliability(images, images - _by_bin(wrong), sums)


def joined(runs: Sequence[Reliability]) -> Reliability:
    """The predictions of several runs (at least one) taken together."""
    return Reliability(
        np.sum([run.images for run in runs], axis=0),
        np.sum([run.right for run in runs], axis=0),
        np.sum([run.confidence for run in runs], axis=0),
    )


def _by_bin(ordered: NDArray[np.uint16]) -> NDArray[np.int64]:
    """How many of some confidences, in ascending order, each bin holds."""
    # The scale is a multiple of BINS, so that the upper ends of the bins are whole numbers.
    ends = np.arange(1, BINS + 1, dtype=np.uint16) * np.uint16(CONFIDENCE_SCALE // BINS)
    counts = np.searchsorted(ordered, ends, side="right")
    counts[1:] -= counts[:-1].copy()
    return counts


def _divide(sums: NDArray[np.number], images: NDArray[np.int64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / images, dtype=np.float64)
