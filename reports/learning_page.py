"""The page of learning from less: accuracy against the number of training images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from reports import formats
from reports.charts.points import ticks
from reports.charts.style import error, error_domain, fraction_along
from reports.learning import Point, SizeCurve
from reports.shell import Shell

PAGE = "learning.html"
WIDTH, HEIGHT = 660, 400
# Lines with a label; more would leave no room between labels.
MOST_LABELS = 20
_LABEL_HEIGHT = 16


@dataclass(frozen=True)
class Line:
    """A curve as it is drawn, in pixels from the upper left corner of the plot.

    Attributes:
        curve: What it shows.
        points: Its points: x, y, and what is known of each.
        label_y: Where its label stands; None for a line without one.
    """

    curve: SizeCurve
    points: tuple[tuple[float, float, Point], ...]
    label_y: float | None

    @property
    def end(self) -> tuple[float, float]:
        """Where it ends."""
        return self.points[-1][:2]

    @property
    def polyline(self) -> str:
        """Its points as SVG has them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in self.points)


@dataclass(frozen=True)
class Section:
    """The curves of one dataset, protocol and preset.

    Attributes:
        dataset: Name of the dataset.
        protocol: Name of the protocol.
        preset: Name of the preset.
        sizes: All numbers of training images, ascending.
        lines: The curves, the best first.
        across: Marks of the axis of images: x and number.
        up: Marks of the axis of accuracy, by steps of the logarithm of the error: y and percent.
    """

    dataset: str
    protocol: str
    preset: str
    sizes: tuple[int, ...]
    lines: tuple[Line, ...]
    across: tuple[tuple[float, int], ...]
    up: tuple[tuple[float, float], ...]


def to_html(curves: Sequence[SizeCurve], shell: Shell, pages: Iterable[str] = ()) -> str:
    """The text of `learning.html`.

    Args:
        curves: The curves; at least one.
        shell: The frame of the site's pages.
        pages: Names of the models' pages that are there.
    """
    return shell.render(
        "learning.html.jinja",
        PAGE,
        styles=("learning.css",),
        sections=sections(curves),
        size=(WIDTH, HEIGHT),
        most_labels=MOST_LABELS,
        formats=formats,
        pages=set(pages),
    )


def sections(curves: Iterable[SizeCurve]) -> tuple[Section, ...]:
    """Curves that share their axes, in the order in which they come."""

    def rules(curve: SizeCurve) -> tuple[str, str, str]:
        return curve.dataset, curve.protocol, curve.preset

    return tuple(_section(tuple(own)) for _, own in groupby(curves, key=rules))


def _error_of(curve: SizeCurve, point: Point) -> float:
    """The error of a point in percent, above 0."""
    return error(point.accuracy_mean, curve.first.images)


def _section(curves: Sequence[SizeCurve]) -> Section:
    sizes = sorted({point.train_images for curve in curves for point in curve.points})
    axis = error_domain([_error_of(curve, point) for curve in curves for point in curve.points])

    def x(images: int) -> float:
        return WIDTH * fraction_along(images, (sizes[0], sizes[-1]))

    def y(percent_wrong: float) -> float:
        return HEIGHT * fraction_along(percent_wrong, axis)

    drawn = [
        tuple((x(p.train_images), y(_error_of(curve, p)), p) for p in curve.points)
        for curve in curves
    ]
    labels = _label_places([points[-1][1] for points in drawn[:MOST_LABELS]])
    first = curves[0]
    return Section(
        dataset=first.dataset,
        protocol=first.protocol,
        preset=first.preset,
        sizes=tuple(sizes),
        lines=tuple(
            Line(curve, points, labels[place] if place < len(labels) else None)
            for place, (curve, points) in enumerate(zip(curves, drawn, strict=True))
        ),
        across=tuple((x(images), images) for images in _apart(sizes, x)),
        up=tuple((y(tick), 100 - tick) for tick in ticks(*axis)),
    )


def _apart(sizes: Sequence[int], x: Callable[[int], float]) -> list[int]:
    """Those numbers of images whose marks do not run into each other."""
    kept = [sizes[0]]
    for images in sizes[1:]:
        if x(images) - x(kept[-1]) >= 48:
            kept.append(images)
    return kept


def _label_places(ends: Sequence[float]) -> list[float]:
    """Heights of labels: as near to the ends of their lines as may be without running together.

    Args:
        ends: Heights of the ends, from the upper one down.
    """
    from scipy.optimize import isotonic_regression

    # In steps of a label's height the places have to ascend, which is all that is asked of them.
    steps = [number * _LABEL_HEIGHT for number in range(len(ends))]
    wanted = [end - step for end, step in zip(ends, steps, strict=True)]
    fitted = isotonic_regression(wanted).x
    room = float(HEIGHT - steps[-1])
    return [min(max(float(f), 0.0), room) + step for f, step in zip(fitted, steps, strict=True)]
