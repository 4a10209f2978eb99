"""Learning curves: validation accuracy by epoch, and where it was going when training ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from reports.formats import signed, span
from suite.records.record import Record

# Epochs whose gain tells where a curve was going: one epoch alone is mostly noise.
LAST_EPOCHS = 3


@dataclass(frozen=True)
class Curve:
    """Mean validation accuracy of the runs of a row.

    Attributes:
        percent: In percent, one for each epoch that all runs reached.
        runs: How many runs it is the mean of.
    """

    percent: tuple[float, ...]
    runs: int

    @property
    def gain_points(self) -> float | None:
        """Change over the last three epochs, in points; None for so few epochs."""
        if len(self.percent) <= LAST_EPOCHS:
            return None
        return self.percent[-1] - self.percent[-1 - LAST_EPOCHS]


def mean_curve(records: Iterable[Record]) -> Curve | None:
    """The curve of the runs that tell their validation accuracy; None where none does.

    Args:
        records: Runs of one row; those that failed don't count.
    """
    told = [_curve(record) for record in records if record.status == "ok"]
    curves = [curve for curve in told if curve]
    if not curves:
        return None
    # Not strict: training may end early, at another epoch in each run.
    means = tuple(100 * fmean(values) for values in zip(*curves, strict=False))
    return Curve(means, len(curves))


def _curve(record: Record) -> Sequence[float]:
    rows = record.history or ()
    return [row["val_accuracy"] for row in rows if "val_accuracy" in row]


def in_words(curve: Curve) -> str:
    """The curve as text: "85.1, 88.2, 89.0 (mean of 3 runs)"."""
    values = ", ".join(f"{value:.1f}" for value in curve.percent)
    return values if curve.runs == 1 else f"{values} (mean of {curve.runs} runs)"


def where_to(curve: Curve) -> str:
    """Where the curve was going at its end."""
    epochs = span(len(curve.percent), len(curve.percent), "epoch")
    text = f"validation accuracy was {curve.percent[-1]:.2f} % after {epochs}"
    if curve.gain_points is None:
        return text
    change = signed(curve.gain_points)
    return f"{text}, {change} points over the last {LAST_EPOCHS}"


def points(curve: Curve, width: float, height: float) -> str:
    """The curve's points for an SVG polyline of that size, lowest to highest value."""
    low, high = min(curve.percent), max(curve.percent)
    across = width / max(len(curve.percent) - 1, 1)
    scale = height / (high - low) if high > low else 0.0
    return " ".join(
        f"{epoch * across:.1f},{height - (value - low) * scale:.1f}"
        for epoch, value in enumerate(curve.percent)
    )
