"""Reliability diagrams: how often predictions are right, by how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.formats import count, percent
from suite.stats.calibration import BINS, joined
from suite.stats.scoring import Scored

# Of fewer predictions the part that is right says next to nothing.
FEWEST = 10


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Predictions of about the same confidence.

    Attributes:
        range: Their confidences in percent, such as "60.0–66.7".
        images: How many there are.
        confidence: Their mean confidence in percent.
        accuracy: How many of them are right, in percent.
        x: Place of the mean confidence in the drawing.
        y: Place of the accuracy.
        left: Left edge of the bar that shows how many there are.
        bar: Height of that bar.
        few: Whether they are too few to say how many of such predictions are right.
    """

    range: str
    images: str
    confidence: str
    accuracy: str
    x: float
    y: float
    left: float
    bar: float
    few: bool


@dataclass(frozen=True)
class Diagram:
    """All predictions of a row's runs, in bins of equal width; empty bins are left out.

    Attributes:
        bins: The bins, from unsure to sure.
        width: Width of a bin in the drawing.
        points: Its line, for an SVG polyline, past bins of few predictions.
    """

    bins: tuple[Bin, ...]
    width: float
    points: str


def diagram(runs: Sequence[Scored], side: float, bars: float) -> Diagram | None:
    """Draw the calibration of a row's runs, taken together; None without probabilities.

    Args:
        runs: The runs; those without a result or probabilities don't count.
        side: Width and height of the drawing.
        bars: Height of the largest bin's bar.
    """
    known = [run.reliability for run in runs if run.reliability is not None]
    if not known:
        return None
    total = joined(known)
    largest = int(total.images.max())
    bins = tuple(
        Bin(
            range=f"{100 * place / BINS:.1f}–{100 * (place + 1) / BINS:.1f}",
            images=count(int(total.images[place])),
            confidence=percent(float(total.mean_confidence[place])),
            accuracy=percent(float(total.accuracy[place])),
            x=round(side * float(total.mean_confidence[place]), 1),
            y=round(side * (1 - float(total.accuracy[place])), 1),
            left=round(side * place / BINS, 1),
            bar=round(bars * int(total.images[place]) / largest, 2),
            few=int(total.images[place]) < FEWEST,
        )
        for place in range(BINS)
        if total.images[place]
    )
    return Diagram(bins, side / BINS, " ".join(f"{one.x},{one.y}" for one in bins if not one.few))
