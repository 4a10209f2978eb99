"""Where a chart's marks go: Pareto fronts, ticks of logarithmic axes, labels that don't collide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import floor, log10

import numpy as np

# Steps of an axis within each power of ten, finest first; each about as far apart throughout.
_STEPS: tuple[tuple[float, ...], ...] = (
    (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.2, 2.4, 2.6, 2.8, 3, 3.2, 3.4, 3.6, 3.8,
     4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5),
    (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
    (1, 1.5, 2, 3, 4, 5, 7),
    (1, 2, 5),
    (1, 3),
    (1,),
)  # fmt: skip
_LETTER, _LINE = 6.0, 13.0
# Fewer models than these all have room.
_FEWEST_TO_LIMIT = 8
_SHARE = 0.75


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Points that no other beats: none is at least as good in both and better in one.

    Equal points are on the front together.

    Args:
        points: What each costs (less is better) and what it is worth (more is better).

    Returns:
        Their places in `points`, by cost, then by place.
    """
    order = sorted(range(len(points)), key=lambda n: (points[n][0], -points[n][1], n))
    front: list[int] = []
    for place in order:
        last = points[front[-1]] if front else None
        if last is None or points[place][1] > last[1] or points[place] == last:
            front.append(place)
    return front


def ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers for a logarithmic axis, as many as fit.

    Args:
        low: Lower end of the axis, above 0.
        high: Upper end.
        most: How many at most, unless the powers of ten alone are more.

    Returns:
        The numbers in [low, high], ascending.
    """
    found: list[float] = []
    for steps in _STEPS:
        powers = range(floor(log10(low)), floor(log10(high)) + 1)
        # By way of text: 3 * 10**-1 is not 0.3.
        every = [float(f"{step}e{power}") for power in powers for step in steps]
        found = [tick for tick in every if low <= tick <= high]
        if len(found) <= most:
            break
    return found


def limit(errors: Sequence[float]) -> float:
    """The greatest error that a logarithmic axis needs to reach, for readers of the good models.

    It gives the better three quarters of the models at least three quarters of the axis, so that a
    few models near chance don't squeeze all others together.

    Args:
        errors: Of all models, above 0.
    """
    if len(errors) < _FEWEST_TO_LIMIT:
        return max(errors)
    logs = np.log10(errors)
    reach = (np.quantile(logs, _SHARE) - logs.min()) / _SHARE
    return float(min(10 ** (logs.min() + reach), max(errors)))


@dataclass(frozen=True)
class Spot:
    """Where a point lies in a chart, in pixels from its upper left corner."""

    x: float
    y: float


@dataclass(frozen=True)
class Label:
    """A text beside a point: which, on which side, "left" or "right", and whether below it."""

    place: int
    text: str
    side: str
    below: bool = False


def place_labels(
    wanted: Iterable[tuple[int, Sequence[str]]],
    spots: Sequence[Spot],
    width: float,
    height: float,
) -> list[Label]:
    """Put labels beside points so that none covers another, a point, or leaves the chart.

    Args:
        wanted: Places in `spots` with the texts to try, the best first; the most important point
            first.
        spots: All points.
        width: Of the chart, in pixels.
        height: Of the chart, in pixels.

    Returns:
        The labels that have room.
    """
    taken: list[tuple[float, float, float, float]] = [
        (spot.x - 3, spot.y - 3, spot.x + 3, spot.y + 3) for spot in spots
    ]
    placed = []
    for place, texts in wanted:
        for text, below, side in product(texts, (False, True), ("left", "right")):
            spot, length = spots[place], _LETTER * len(text) + 8
            left = spot.x - length if side == "left" else spot.x
            top = spot.y + 4 if below else spot.y - _LINE - 4
            box = (left, top, left + length, top + _LINE)
            if _inside(box, width, height) and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                placed.append(Label(place, text, side, below))
                break
    return placed


def _inside(box: tuple[float, float, float, float], width: float, height: float) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
