"""What all charts share: colours, sizes, axes and names, as parts of Vega-Lite specifications."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

from reports.charts.points import ticks
from reports.formats import one_line
from reports.rows import Row

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
WIDTH, HEIGHT = 370, 280
LABEL_LIMIT = 28
# Numbers of an axis, so that they do not touch.
MOST_UP, MOST_ACROSS = 15, 9
_FAR = (30, 40, 50, 70, 90)
# Letters of a row's name on a line; a phone has room for fewer, so that longer ones have two.
_LINE, _PHONE_LINE = 30, 24

# Light colours; `static/chart_colours.css` has the dark one for each.
INK, SOFT, GRID, PAPER = "#1b1d21", "#5c616b", "#e2e3df", "#ffffff"
# From the palette of M. Okabe and K. Ito, whose colours the colour-blind can tell apart.
FAMILY_STYLES = {"classic": ("#0072b2", "circle"), "cnn": ("#d55e00", "triangle-up")}
OTHER_STYLES = (("#009e73", "square"), ("#cc79a7", "diamond"), ("#8a6d00", "cross"))
NO_FAMILY = "other"

Spec = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart and what it says in words.

    Attributes:
        name: Of its file, without suffix: letters, digits and hyphens.
        heading: What is drawn, and for which dataset.
        summary: The same in a sentence or two, for those who can't see it.
        spec: Its Vega-Lite specification, from which the picture and the interactive chart are
            made.
    """

    name: str
    heading: str
    summary: str
    spec: Mapping[str, Any]


def chart(height: float, layers: Sequence[Spec], **more: Any) -> Spec:
    """A whole specification.

    Args:
        height: Within the axes, in pixels.
        layers: What is drawn, the lowest first.
        **more: Other fields of a Vega-Lite specification.

    The page fits it to its place. Fitting here would lay it out twice, and looking for a text's
    font in a list takes the converter longer than all the rest.
    """
    text = {"labelColor": SOFT, "titleColor": SOFT, "labelFontSize": 11, "titleFontSize": 11}
    return {
        "$schema": SCHEMA,
        "width": WIDTH,
        "height": height,
        "padding": 4,
        "background": PAPER,
        "config": {
            # The page describes the chart; a description of each of a thousand marks is no help.
            "aria": False,
            "font": "sans-serif",
            "lineBreak": "\n",
            "view": {"stroke": None},
            "axis": {**text, "titleFontWeight": "normal", "gridColor": GRID, "domainColor": GRID,
                     "tickColor": GRID},
            "axisY": {"labelLimit": 190},
            "legend": {**text, "orient": "top", "title": None},
            "text": {"color": INK, "fontSize": 11},
        },
        **more,
        "layer": list(layers),
    }  # fmt: skip


def error(accuracy: float, images: int) -> float:
    """The error in percent; half an image instead of none, which has no logarithm."""
    return round(100 * max(1 - accuracy, 0.5 / max(images, 1)), 5)


def error_domain(errors: Sequence[float]) -> tuple[float, float]:
    """Ends of a logarithmic axis of errors in percent, a little beyond the least and greatest."""
    return min(errors) / 1.15, min(max(errors) * 1.15, 100.0)


def accuracy_axis(errors: Iterable[float], title: str, most: int) -> Spec:
    """An axis of accuracy whose steps are steps of the logarithm of the error.

    Args:
        errors: In percent.
        title: What is accurate.
        most: Numbers that there is room for.
    """
    low, high = error_domain(list(errors))
    return {
        "title": f"{title} %",
        "scale": {"type": "log", "domain": [low, high], "nice": False, "reverse": True},
        "axis": {
            # Those beyond the axis show when the chart is dragged.
            "values": [*ticks(low, high, most), *(end for end in _FAR if end > high)],
            "labelExpr": "format(100 - datum.value, '.3~f')",
        },
    }


def fraction_along(value: float, domain: Sequence[float]) -> float:
    """Where a value lies on a logarithmic axis: 0 at its lower end, 1 at its upper end."""
    low, high = (log10(end) for end in domain)
    return (log10(value) - low) / (high - low)


def by_family(rows: Iterable[Row]) -> tuple[Spec, Spec]:
    """Colour and shape of the families of some rows; without a legend for a single one.

    Returns:
        Two encodings of the field `family`.
    """
    families = sorted({family_of(row) for row in rows}, key=lambda f: (f not in FAMILY_STYLES, f))
    others = iter(families[len(FAMILY_STYLES.keys() & set(families)) :])
    styles = dict(FAMILY_STYLES)
    for place, family in enumerate(others):
        styles[family] = OTHER_STYLES[place % len(OTHER_STYLES)]
    shown: Spec = {"field": "family", "type": "nominal"}
    if len(families) < 2:
        shown["legend"] = None
    colours, shapes = zip(*(styles[family] for family in families), strict=True)
    return (
        {**shown, "scale": {"domain": families, "range": list(colours)}},
        {**shown, "scale": {"domain": families, "range": list(shapes)}},
    )


def family_of(row: Row) -> str:
    """Name of a row's family, as the legend shows it."""
    return one_line(row.family or NO_FAMILY, 20)


def row_names(rows: Iterable[Row]) -> list[str]:
    """Names for the rows of a chart, on up to two lines; no two are equal.

    Args:
        rows: The rows.
    """
    names: list[str] = []
    for row in rows:
        label = one_line(row.label)
        cut = _line_end(label) if len(label) > _PHONE_LINE else len(label)
        second = one_line(label[cut:], _LINE)
        name = label[:cut].rstrip() + (f"\n{second}" if second else "")
        same = sum(other.split(" #")[0] == name for other in names)
        names.append(f"{name} #{same + 1}" if same else name)
    return names


def _line_end(label: str) -> int:
    """Where a name's second line begins: before the variant or a setting, else within words."""
    for signs in ("/", "[, ", "_"):
        ends = [place + 1 for place, letter in enumerate(label[:_LINE]) if letter in signs]
        if ends:
            return max((end for end in ends if len(label) - end <= _LINE), default=max(ends))
    return _LINE


def tooltip(**titles: str) -> list[Spec]:
    """What a mark tells when it is pointed at: titles of fields that hold text."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in titles.items()]
