"""Which test images a model gets wrong, and of which wrong classes it is surest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from suite.records.arrays import RunArrays
from suite.records.record import CONFIDENCE_SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Wrong:
    """The images that one run got wrong: little beside all its predictions.

    Attributes:
        images: Their places in the test set, from 0, ascending: uint32, (n,).
        predicted: The class that each was taken for: uint8, (n,).
        confidence: Probability of that class times 65,535: uint16, (n,); None where the model gives
            no probabilities.
    """

    images: NDArray[np.uint32]
    predicted: NDArray[np.uint8]
    confidence: NDArray[np.uint16] | None


@dataclass(frozen=True)
class Mistake:
    """An image that runs of a model got wrong.

    Attributes:
        image: Its place in the test set, from 0.
        predicted: The class that it was taken for: the one with most confidence where the runs
            differ, or most runs where there are no probabilities.
        runs: How many runs got it wrong.
        confidence: Probability of the wrong class that a run predicted, mean over all runs, with 0
            for a run that was right: a fraction of 1. None where there are no probabilities.
    """

    image: int
    predicted: int
    runs: int
    confidence: float | None


def wrong_of(arrays: RunArrays, labels: NDArray[np.uint8]) -> Wrong:
    """What a run got wrong.

    Args:
        arrays: What it predicted.
        labels: Labels of the images, in their order: uint8, (n,).
    """
    wrong = np.flatnonzero(arrays.predictions != labels)
    confidence = arrays.confidence
    return Wrong(
        wrong.astype(np.uint32),
        arrays.predictions[wrong],
        None if confidence is None else confidence[wrong],
    )


def worst_mistakes(runs: Sequence[Wrong], most: int) -> tuple[Mistake, ...]:
    """The images of whose wrong class a model is surest, over its runs.

    Where a run gives no probabilities: those that most runs get wrong. Of equal ones the first in
    the test set come first.

    Args:
        runs: What each run got wrong.
        most: How many images at most.
    """
    size = max((int(run.images.max(initial=0)) + 1 for run in runs), default=0)
    counts = np.zeros(size, np.int64)
    sums = np.zeros(size, np.int64)
    known = all(run.confidence is not None for run in runs)
    for run in runs:
        counts[run.images] += 1
        if known and run.confidence is not None:
            sums[run.images] += run.confidence
    order = np.lexsort((-counts, -sums))[:most]
    return tuple(
        Mistake(
            image,
            _class_of(image, runs, known),
            int(counts[image]),
            int(sums[image]) / (len(runs) * CONFIDENCE_SCALE) if known else None,
        )
        for image in order.tolist()
        if counts[image]
    )


def _class_of(image: int, runs: Sequence[Wrong], known: bool) -> int:
    """The class that an image was most surely, or most often, taken for."""
    weights: dict[int, int] = {}
    for run in runs:
        place = int(np.searchsorted(run.images, image))
        if place < len(run.images) and run.images[place] == image:
            predicted = int(run.predicted[place])
            sure = run.confidence[place] if known and run.confidence is not None else 1
            weights[predicted] = weights.get(predicted, 0) + int(sure)
    return min(weights, key=lambda name: (-weights[name], name))
