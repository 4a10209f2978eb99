"""The page of learning from less: accuracy against the number of training images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from reports import formats
from reports.charts.points import ticks
from reports.charts.style import error, error_domain, fraction_along
from reports.learning import Point, SizeCurve
from reports.shell import Shell

PAGE = "learning.html"
# Lines with a label; more would leave no room between labels.
MOST_LABELS = 20
COLOURS, DASHES = 6, 3
_LABEL_HEIGHT = 16


@dataclass(frozen=True)
class Layout:
    """Size of a plot within its axes, in units of its drawing, and whether labels are names.

    Attributes:
        name: Of its style: CSS shows one of the layouts.
        width: From the smallest number of images to the largest.
        height: Of the axis of accuracy.
        margins: Room at the left, and at the right for labels.
        named: Whether labels are names; else they are the numbers of the table's rows.
        between: How far the marks of the axis of images have to be apart.
    """

    name: str
    width: int
    height: int
    margins: tuple[int, int]
    named: bool
    between: int


WIDE = Layout("wide", 660, 400, (60, 226), named=True, between=48)
# About the pixels of a phone's screen, so that its letters have their size there.
NARROW = Layout("slim", 264, 330, (42, 36), named=False, between=48)


@dataclass(frozen=True)
class Dot:
    """A point as it is drawn: its place, the ends of its bar for ±, and what is known of it."""

    x: float
    y: float
    ends: tuple[float, float] | None
    point: Point


@dataclass(frozen=True)
class Line:
    """A curve as it is drawn, in pixels from the upper left corner of the plot.

    Attributes:
        curve: What it shows.
        number: Of its row in the table, from 1.
        style: Classes of its colour and dashes; those of one model are the same everywhere.
        dots: Its points.
        label_y: Where its label stands; None for a line without one.
    """

    curve: SizeCurve
    number: int
    style: str
    dots: tuple[Dot, ...]
    label_y: float | None

    @property
    def end(self) -> Dot:
        """Where it ends."""
        return self.dots[-1]

    @property
    def polyline(self) -> str:
        """Its points as SVG has them."""
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.dots)


@dataclass(frozen=True)
class Plot:
    """The curves of a section in one of the layouts.

    Attributes:
        layout: Its size.
        lines: The curves, the best first.
        across: Marks of the axis of images: x and number.
        up: Marks of the axis of accuracy, by steps of the logarithm of the error: y and percent.
    """

    layout: Layout
    lines: tuple[Line, ...]
    across: tuple[tuple[float, int], ...]
    up: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Section:
    """The curves of one dataset, protocol and preset.

    Attributes:
        dataset: Name of the dataset.
        protocol: Name of the protocol.
        preset: Name of the preset.
        sizes: All numbers of training images, ascending.
        plots: For wide and for narrow screens.
    """

    dataset: str
    protocol: str
    preset: str
    sizes: tuple[int, ...]
    plots: tuple[Plot, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """The curves, the best first."""
        return self.plots[0].lines


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
        most_labels=MOST_LABELS,
        formats=formats,
        pages=set(pages),
    )


def sections(curves: Sequence[SizeCurve]) -> tuple[Section, ...]:
    """Curves that share their axes, in the order in which they come."""

    def rules(curve: SizeCurve) -> tuple[str, str, str]:
        return curve.dataset, curve.protocol, curve.preset

    models = dict.fromkeys(curve.first.entry for curve in curves)
    styles = {
        entry: f"colour-{place % COLOURS} dashes-{place // COLOURS % DASHES}"
        for place, entry in enumerate(models)
    }
    return tuple(_section(tuple(own), styles) for _, own in groupby(curves, key=rules))


def _section(curves: Sequence[SizeCurve], styles: Mapping[str, str]) -> Section:
    first = curves[0]
    sizes = sorted({point.train_images for curve in curves for point in curve.points})
    return Section(
        dataset=first.dataset,
        protocol=first.protocol,
        preset=first.preset,
        sizes=tuple(sizes),
        plots=tuple(_plot(curves, sizes, styles, layout) for layout in (WIDE, NARROW)),
    )


def _plot(
    curves: Sequence[SizeCurve], sizes: Sequence[int], styles: Mapping[str, str], layout: Layout
) -> Plot:
    axis = error_domain([
        wrong
        for curve in curves
        for point in curve.points
        for wrong in _errors(curve, point)
    ])  # fmt: skip

    def x(images: int) -> float:
        return layout.width * fraction_along(images, (sizes[0], sizes[-1]))

    def y(percent_wrong: float) -> float:
        return layout.height * fraction_along(percent_wrong, axis)

    def dot(curve: SizeCurve, point: Point) -> Dot:
        mean, *ends = map(y, _errors(curve, point))
        return Dot(x(point.train_images), mean, (ends[0], ends[1]) if ends else None, point)

    drawn = [tuple(dot(curve, point) for point in curve.points) for curve in curves]
    labels = _label_places([dots[-1].y for dots in drawn[:MOST_LABELS]], layout.height)
    return Plot(
        layout=layout,
        lines=tuple(
            Line(
                curve=curve,
                number=place + 1,
                style=styles[curve.first.entry],
                dots=dots,
                label_y=labels[place] if place < len(labels) else None,
            )
            for place, (curve, dots) in enumerate(zip(curves, drawn, strict=True))
        ),
        across=tuple((x(images), images) for images in _apart(sizes, x, layout.between)),
        up=tuple((y(tick), 100 - tick) for tick in ticks(*axis, 10)),
    )


def _errors(curve: SizeCurve, point: Point) -> tuple[float, ...]:
    """The error of a point in percent, above 0, and where runs differ also the ends of its ±."""
    mean, spread = point.accuracy_mean, point.accuracy_std
    accuracies = [mean] if spread is None else [mean, mean + spread, max(mean - spread, 0.0)]
    return tuple(error(accuracy, curve.first.images) for accuracy in accuracies)


def _apart(sizes: Sequence[int], x: Callable[[int], float], between: float) -> list[int]:
    """Those numbers of images whose marks do not run into each other."""
    kept = [sizes[0]]
    for images in sizes[1:]:
        if x(images) - x(kept[-1]) >= between:
            kept.append(images)
    return kept


def _label_places(ends: Sequence[float], height: float) -> list[float]:
    """Heights of labels: as near to the ends of their lines as may be without running together.

    Args:
        ends: Heights of the ends, from the upper one down.
        height: Of the plot.
    """
    from scipy.optimize import isotonic_regression

    # In steps of a label's height the places have to ascend, which is all that is asked of them.
    steps = [number * _LABEL_HEIGHT for number in range(len(ends))]
    wanted = [end - step for end, step in zip(ends, steps, strict=True)]
    fitted = isotonic_regression(wanted).x
    room = float(height - steps[-1])
    return [min(max(float(f), 0.0), room) + step for f, step in zip(fitted, steps, strict=True)]
