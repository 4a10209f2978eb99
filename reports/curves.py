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


@dataclass(frozen=True)
class Line:
    """One run's line in a chart: its name, what it shows, and its points for an SVG polyline."""

    name: str
    kind: str
    points: str


@dataclass(frozen=True)
class Chart:
    """Accuracy by epoch of the runs of a row, drawn to one scale.

    Attributes:
        lines: A line a run and kind: "training" and "validation".
        low: Accuracy in percent at the lower edge.
        high: At the upper edge.
        epochs: At the right edge.
    """

    lines: tuple[Line, ...]
    low: float
    high: float
    epochs: int


def chart(records: Iterable[Record], width: float, height: float) -> Chart | None:
    """Draw the curves of a row's runs; None where none tells of its epochs.

    Args:
        records: Runs of one row; those that failed count as far as they came.
        width: Of the drawing.
        height: Of the drawing.
    """
    told = []
    for record in records:
        fold = "" if record.fold is None else f", fold {record.fold}"
        for kind, name in (("training", "accuracy"), ("validation", "val_accuracy")):
            values = [100 * row[name] for row in record.history or () if name in row]
            if values:
                told.append((f"seed {record.seed}{fold}", kind, values))
    if not told:
        return None
    low = min(min(values) for _, _, values in told)
    high = max(max(values) for _, _, values in told)
    epochs = max(len(values) for _, _, values in told)
    lines = (
        Line(name, kind, _points(values, (low, high), width / max(epochs - 1, 1), height))
        for name, kind, values in told
    )
    return Chart(tuple(lines), low, high, epochs)


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
    ends = min(curve.percent), max(curve.percent)
    return _points(curve.percent, ends, width / max(len(curve.percent) - 1, 1), height)


def _points(values: Sequence[float], ends: tuple[float, float], step: float, height: float) -> str:
    low, high = ends
    scale = height / (high - low) if high > low else 0.0
    return " ".join(
        f"{place * step:.1f},{height - (value - low) * scale:.1f}"
        for place, value in enumerate(values)
    )
