"""Whether stored predictions are such as a run gives, and agree with what the record says of them.

The log loss needs all probabilities, of which only that of the predicted class is stored. That
bounds it: an image that is predicted rightly costs the logarithm of its confidence, and one that is
not at least that of what the confidence leaves over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.audit.finding import Fault, Severity, severity_of, shown
from suite.records.record import CONFIDENCE_SCALE
from suite.stats.metrics import accuracy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.audit.known import Known
    from suite.records.arrays import RunArrays
    from suite.records.record import Record

    Labels = NDArray[np.uint8]

CLASSES = 10
# Rows of probabilities may sum to one thousandth more or less (`suite.runner.outputs`).
_SUM_TOLERANCE = 1e-3
_LEAST = float(np.finfo(np.float32).eps)  # what a probability of zero counts as
_SAME_ACCURACY = 0.002
# The most probable of ten classes has at least a tenth.
_LEAST_CONFIDENCE = int((1 - _SUM_TOLERANCE) / CLASSES * CONFIDENCE_SCALE - 0.5)
# Standard errors between the accuracies on test and validation images. Of 398 runs none had more
# than 2.9 above and 4.4 below: Fashion-MNIST's and digits' test images are the harder ones. From
# `_FAR_ABOVE` on the record of a run in the sandbox is wrong.
_MOST_ABOVE, _FAR_ABOVE, _MOST_BELOW = 5.0, 6.0, 8.0


def prediction_faults(record: Record, arrays: RunArrays, known: Known) -> Iterator[Fault]:
    """What is wrong with the arrays of a run.

    Args:
        record: A record without a fault of `rule_faults`.
        arrays: Its arrays.
        known: Has the labels.

    Raises:
        DataError: The dataset is missing or broken.
    """
    split = known.split_of(record)
    wrong = [
        *_array_faults("predictions", arrays.predictions, len(split.test), CLASSES - 1),
        *_confidence_faults(record, arrays, len(split.test)),
        *_validation_faults(record, arrays, len(split.validation)),
    ]
    yield from wrong
    if wrong:
        return
    if record.log_loss is not None and arrays.confidence is not None:
        yield from log_loss_faults(record.log_loss, arrays, known.labels_of(record))
    if arrays.confidence is not None and record.origin is None:
        yield from _least_faults(arrays.confidence)
    if arrays.validation_predictions is not None:
        labels = known.validation_labels_of(record)
        validated = accuracy(arrays.validation_predictions, labels)
        yield from _history_faults(record, validated)
        scored = accuracy(arrays.predictions, known.labels_of(record))
        counts = len(arrays.predictions), len(labels)
        yield from accuracy_faults(scored, validated, counts, severity_of(record))


def _array_faults(name: str, array: NDArray[Any], count: int, most: int) -> Iterator[Fault]:
    kind = np.uint16 if most > 255 else np.uint8
    if array.shape != (count,) or array.dtype != kind:
        yield Fault(
            field=name,
            expected=f"{np.dtype(kind)} of shape ({count},), one for each image",
            found=shown(f"{array.dtype} of shape {array.shape}"),
        )
    elif count and array.max() > most:
        yield Fault(field=name, expected=f"0 to {most}", found=shown(int(array.max())))


def _confidence_faults(record: Record, arrays: RunArrays, count: int) -> Iterator[Fault]:
    if arrays.confidence is not None:
        yield from _array_faults("confidence", arrays.confidence, count, CONFIDENCE_SCALE)
    if record.origin is None and (arrays.confidence is None) != (record.log_loss is None):
        there, missing = ("log_loss", "confidence")
        if record.log_loss is None:
            there, missing = missing, there
        yield Fault(field=missing, expected=f"one, since there is {there}", found="none")


def _least_faults(confidence: NDArray[np.uint16]) -> Iterator[Fault]:
    if len(confidence) and confidence.min() < _LEAST_CONFIDENCE:
        yield Fault(
            field="confidence",
            expected=f"{_LEAST_CONFIDENCE} or more, the least that the most probable of {CLASSES} "
            "classes can have",
            found=f"{confidence.min()}",
        )


def accuracy_faults(
    scored: float, validated: float, counts: tuple[int, int], far: Severity = "warning"
) -> Iterator[Fault]:
    """Whether the accuracy on test images is far from that on validation images.

    The standard error is that of the difference of two proportions, both estimated by the accuracy
    on all of the images.

    Args:
        scored: Accuracy on the test images, a fraction of 1.
        validated: Accuracy on the validation images.
        counts: How many images these are.
        far: How severe it is where the test accuracy is far above; else it is a warning.
    """
    tested, of_validation = counts
    both = (scored * tested + validated * of_validation) / sum(counts)
    error = math.sqrt(both * (1 - both) * (1 / tested + 1 / of_validation))
    if -_MOST_BELOW * error <= scored - validated <= _MOST_ABOVE * error:
        return
    yield Fault(
        field="predictions",
        expected=f"an accuracy near {validated:.4f}, that of the validation predictions",
        found=f"{scored:.4f}, more than {abs(scored - validated) / error:.0f} standard errors away",
        remedy="Look at it with `suite verify`.",
        severity=far if scored - validated > _FAR_ABOVE * error else "warning",
        rule="accuracy",
    )


def _validation_faults(record: Record, arrays: RunArrays, count: int) -> Iterator[Fault]:
    array = arrays.validation_predictions
    if array is not None and count:
        yield from _array_faults("validation_predictions", array, count, CLASSES - 1)
    elif array is not None:
        expected = f"none under {record.protocol}, which has no validation images"
        yield Fault(field="validation_predictions", expected=expected, found=f"{len(array)}")
    elif count and record.origin is None:
        expected = f"{count}, one for each validation image"
        yield Fault(field="validation_predictions", expected=expected, found="none")


def log_loss_faults(value: float, arrays: RunArrays, labels: Labels) -> Iterator[Fault]:
    """Whether a log loss lies within the bounds that the confidences set; see `log_loss_bounds`."""
    low, high = log_loss_bounds(arrays, labels)
    if not low <= value <= high:
        yield Fault(
            field="log_loss",
            expected=f"{low:.4f} to {high:.4f}, by the stored confidences",
            found=f"{value:.4f}",
        )


def log_loss_bounds(arrays: RunArrays, labels: Labels) -> tuple[float, float]:
    """Least and greatest log loss (nats) that confidences and predictions allow.

    Args:
        arrays: Predictions and confidences, (n,) each.
        labels: True classes: uint8, (n,).
    """
    assert arrays.confidence is not None
    stored = arrays.confidence.astype(np.float64) / CONFIDENCE_SCALE
    rounding = 0.5 / CONFIDENCE_SCALE
    right = arrays.predictions == labels
    most = np.where(right, stored + rounding, 1 + _SUM_TOLERANCE - stored + rounding)
    least = np.where(right, stored - rounding, 0.0)
    slack = -math.log(1 - _SUM_TOLERANCE)  # probabilities are divided by their sum
    low = float(-np.log(np.clip(most, _LEAST, 1)).mean()) - slack
    high = float(-np.log(np.clip(least, _LEAST, 1)).mean()) + slack
    return max(low, 0.0), high


def _history_faults(record: Record, validated: float) -> Iterator[Fault]:
    """Whether some epoch's validation accuracy is that of the stored validation predictions.

    A plugin may call its figures what it likes, so that this is only a warning.
    """
    told = [row["val_accuracy"] for row in record.history or () if "val_accuracy" in row]
    if told and min(abs(value - validated) for value in told) > _SAME_ACCURACY:
        yield Fault(
            field="history.val_accuracy",
            expected=f"{validated:.4f} in some epoch, that of the stored validation predictions",
            found=f"{min(told):.4f} to {max(told):.4f}",
            severity="warning",
        )
