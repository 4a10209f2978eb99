"""Bars that show a mean with its interval and deviation, on a scale common to a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor
from statistics import quantiles

from reports.rows import Row

WIDTH, HEIGHT = 100, 8
# Of Tukey's box plot: what lies further below the lower quartile, in interquartile ranges, is an
# outlier. A row that guesses would press all others together.
_FENCE = 1.5


@dataclass(frozen=True)
class Scale:
    """Accuracy in percent at the left and the right end of a column's bars."""

    low: int
    high: int


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
    """The scale that holds the intervals of a dataset's rows but for outliers below; None if empty.

    Args:
        rows: Rows of one dataset.
    """
    measured = [(r.accuracy_mean, r.accuracy_ci95) for r in rows]
    known = [(mean, ends) for mean, ends in measured if mean is not None and ends is not None]
    if not known:
        return None
    fence = _fence([mean for mean, _ in known])
    low = floor(100 * min(ends[0] for mean, ends in known if mean >= fence))
    high = ceil(100 * max(ends[1] for _, ends in known))
    return Scale(low, max(high, low + 1))


def _fence(means: list[float]) -> float:
    if len(means) < 4:
        return 0.0
    lower, _, upper = quantiles(means, n=4, method="inclusive")
    return lower - _FENCE * (upper - lower)


def bar(row: Row | None, scale: Scale | None) -> Bar | None:
    """The bar of a row; None without a result."""
    if row is None or scale is None or row.accuracy_mean is None or row.accuracy_ci95 is None:
        return None

    def place(fraction: float) -> float:
        part = (100 * fraction - scale.low) / (scale.high - scale.low)
        return round(WIDTH * min(1.0, max(0.0, part)), 1)

    def stretch(low: float, high: float) -> str:
        return f"M{place(low):g} {HEIGHT // 2}H{place(high):g}"

    mean, deviation = row.accuracy_mean, row.accuracy_std
    if 100 * mean < scale.low:
        return Bar("", "", f"M5 1L1 {HEIGHT // 2}L5 {HEIGHT - 1}")
    return Bar(
        interval=stretch(*row.accuracy_ci95),
        deviation="" if deviation is None else stretch(mean - deviation, mean + deviation),
        mean=f"M{place(mean):g} 0V{HEIGHT}",
    )
