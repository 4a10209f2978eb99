"""Bars that show a mean with its interval and deviation, on a scale common to a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log

from reports.rows import Row

WIDTH, HEIGHT = 100, 8
# The scale is for telling good models apart. A row with more than so many times the error that the
# best row may have lies below it: one that guesses would press all others together.
_MOST_ERRORS = 2
# Errors in percent have a logarithm from here on: one of 10,000 images.
_LEAST_ERROR = 0.01


@dataclass(frozen=True)
class Scale:
    """Accuracy in percent at both ends of a column's bars; between them goes the error's logarithm.

    Equal lengths are equal ratios of errors: from 90 to 95 is as long as from 95 to 97.5.
    """

    low: float
    high: float

    def place(self, fraction: float) -> float:
        """Where an accuracy lies: 0 at the left end and below it, `WIDTH` at the right end."""
        worst, best = log(_error(self.low)), log(_error(self.high))
        part = (worst - log(_error(100 * fraction))) / (worst - best)
        return round(WIDTH * min(1.0, max(0.0, part)), 1)


@dataclass(frozen=True)
class Bar:
    """Path data of an SVG of 100 × 8: the interval, the mean ± the deviation and the mean.

    The deviation is empty where there is none, and all but the mean where the mean lies below the
    scale: an arrow to the left stands for it.
    """

    interval: str
    deviation: str
    mean: str


def scale(rows: Iterable[Row]) -> Scale | None:
    """The scale that holds the intervals of a dataset's good rows; None if no row has a result.

    Args:
        rows: Rows of one dataset.
    """
    measured = [(r.accuracy_mean, r.accuracy_ci95) for r in rows]
    known = [(mean, ends) for mean, ends in measured if mean is not None and ends is not None]
    if not known:
        return None
    _, best = max(known)
    most = _MOST_ERRORS * (1 - best[0])
    low = floor(1_000 * min(ends[0] for mean, ends in known if 1 - mean <= most)) / 10
    return Scale(low, min(ceil(1_000 * best[1]) / 10, 100 - _LEAST_ERROR))


def _error(percent: float) -> float:
    return max(100 - percent, _LEAST_ERROR)


def bar(row: Row | None, scale: Scale | None) -> Bar | None:
    """The bar of a row; None without a result."""
    if row is None or scale is None or row.accuracy_mean is None or row.accuracy_ci95 is None:
        return None

    def stretch(low: float, high: float) -> str:
        return f"M{scale.place(low):g} {HEIGHT // 2}H{scale.place(high):g}"

    mean, deviation = row.accuracy_mean, row.accuracy_std
    if 100 * mean < scale.low:
        return Bar("", "", f"M5 1L1 {HEIGHT // 2}L5 {HEIGHT - 1}")
    return Bar(
        interval=stretch(*row.accuracy_ci95),
        deviation="" if deviation is None else stretch(mean - deviation, mean + deviation),
        mean=f"M{scale.place(mean):g} 0V{HEIGHT}",
    )
