"""What the next epoch's learning rate is, and whether there is one: functions of the curves so far.

A schedule maps the metrics of the epochs that are done, oldest first, to the factor of the
optimiser's own learning rate with which the next epoch is trained.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

History = Sequence[Mapping[str, float]]
Schedule = Callable[[History], float]


def step_decay(factor: float, every: int) -> Schedule:
    """Multiplies the learning rate by a factor after each so many epochs.

    Args:
        factor: What it is multiplied by.
        every: After how many epochs.
    """
    return lambda history: float(factor ** (len(history) // every))


def on_plateau(
    metric: str, factor: float, patience: int, *, lowest: float = 0.0, least: float = 1e-4
) -> Schedule:
    """Multiplies the learning rate by a factor when a metric stops getting better.

    As Keras's `ReduceLROnPlateau` without cooldown. Where the metric is not measured, for want of
    validation images, the rate stays as it is.

    Args:
        metric: Name of the metric; smaller is better where it ends in "loss".
        factor: What the rate is multiplied by.
        patience: After how many epochs without a better value.
        lowest: The rate falls to no less than this fraction of the first one.
        least: By how much a value must be better to count.
    """
    sign = 1 if metric.endswith("loss") else -1

    def schedule(history: History) -> float:
        best, waited, rate = math.inf, 0, 1.0
        for value in (sign * row[metric] for row in history if metric in row):
            if value < best - least:
                best, waited = value, 0
                continue
            waited += 1
            if waited >= patience:
                rate, waited = max(rate * factor, lowest), 0
        return rate

    return schedule


def epochs_without_gain(history: History, metric: str = "val_loss") -> int:
    """How many epochs ago a metric was lowest; 0 where it is not measured."""
    values = [row[metric] for row in history if metric in row]
    return len(values) - 1 - values.index(min(values)) if values else 0
