"""Checks what a plugin hands back, before any of it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.records.record import CONFIDENCE_SCALE, LARGEST_NUMBER

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = 10


class InvalidOutputError(Exception):
    """A plugin returned something that can't be scored; becomes the status `invalid`."""


def check_model(model: object, plugin: Path) -> None:
    """Refuse what `build` returned if it is no classifier.

    Raises:
        InvalidOutputError: It has no `fit` or no `predict`.
    """
    for name in ("fit", "predict"):
        if not callable(getattr(model, name, None)):
            raise InvalidOutputError(
                f"{plugin.name}: build returned a {type(model).__name__} without {name}(). "
                "Return an object with fit(X, y) and predict(X)."
            )


def check_predictions(result: object, count: int, plugin: Path) -> NDArray[np.uint8]:
    """Class numbers as uint8, (count,).

    Raises:
        InvalidOutputError: Another shape, no integers, or numbers that are no classes.
    """
    array = np.asarray(result)
    if array.shape != (count,):
        hint = (
            "Return class numbers, not probabilities; name the method predict_proba for those."
            if array.ndim == 2
            else "Return one class number for each image."
        )
        raise InvalidOutputError(
            f"{plugin.name}: predict returned shape {array.shape}, expected ({count},). {hint}"
        )
    if array.dtype.kind not in "iu":
        raise InvalidOutputError(
            f"{plugin.name}: predict returned {array.dtype}, expected integers. "
            "Return class numbers with .astype(int)."
        )
    if count and (array.min() < 0 or array.max() >= CLASSES):
        raise InvalidOutputError(
            f"{plugin.name}: predict returned labels from {array.min()} to {array.max()}, "
            f"expected 0 to {CLASSES - 1}. Return class numbers of the dataset."
        )
    return array.astype(np.uint8)


def check_probabilities(result: object, count: int, plugin: Path) -> NDArray[np.float32]:
    """Probabilities as float32, (count, 10).

    Raises:
        InvalidOutputError: Another shape, not finite, negative, or rows that don't sum to one.
    """
    array: NDArray[Any] = np.asarray(result)
    expected = (count, CLASSES)
    if array.shape != expected or array.dtype.kind != "f":
        raise InvalidOutputError(
            f"{plugin.name}: predict_proba returned {array.dtype} of shape {array.shape}, "
            f"expected floats of shape {expected}. Return a probability for each class."
        )
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).any(axis=1).sum())
        raise InvalidOutputError(
            f"{plugin.name}: predict_proba returned NaN or infinity for {bad} of {count} images. "
            "Look for a division by zero or a training that diverged."
        )
    off = np.abs(array.sum(axis=1, dtype=np.float64) - 1).max(initial=0.0)
    if array.min(initial=0.0) < 0 or off > 1e-3:
        raise InvalidOutputError(
            f"{plugin.name}: predict_proba returned rows that are no probabilities (lowest value "
            f"{array.min():.3g}, sums off by up to {off:.3g}). Normalise them."
        )
    return array.astype(np.float32)


def check_count(count: Mapping[str, int | None], plugin: Path) -> None:
    """Refuse a parameter count that no record can hold, or that says it is only a part of itself.

    Args:
        count: `total`, and `trainable` or None.
        plugin: The plugin's file.

    Raises:
        InvalidOutputError: It is too great, or more is trainable than there is.
    """
    total, trainable = count["total"] or 0, count.get("trainable") or 0
    if max(total, trainable) > LARGEST_NUMBER:
        raise InvalidOutputError(
            f"{plugin.name}: parameters returned a count above 2**53, more than any memory holds. "
            "Return how many numbers the fitted model needs to predict."
        )
    if trainable > total:
        raise InvalidOutputError(
            f"{plugin.name}: parameters returned {trainable:,} trainable of {total:,} numbers. "
            "Return ParameterCount(total, trainable), trainable being a part of the total."
        )


def confidence_of(
    probabilities: NDArray[np.float32], predictions: NDArray[np.uint8]
) -> NDArray[np.uint16]:
    """Probability of the predicted class as a fraction of 65,535: uint16, (n,)."""
    chosen = np.take_along_axis(probabilities, predictions[:, None].astype(np.intp), axis=1)[:, 0]
    return np.round(np.clip(chosen, 0, 1) * CONFIDENCE_SCALE).astype(np.uint16)


def log_loss(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Mean negative log likelihood in nats.

    A probability of zero counts as the smallest positive float32 epsilon, as in scikit-learn's
    `log_loss`, so that one sure mistake does not make the mean infinite.

    Args:
        probabilities: float32, (n, 10).
        labels: uint8, (n,).
    """
    sums = probabilities.sum(axis=1, dtype=np.float64)
    rows = np.arange(len(labels))
    chosen = probabilities[rows, labels].astype(np.float64) / sums
    return float(-np.log(np.clip(chosen, np.finfo(np.float32).eps, 1)).mean())
