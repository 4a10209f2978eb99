"""Points in a plane: what the charts of costs and of pairs of datasets share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reports.charts.points import Spot, place_labels
from reports.charts.style import (
    HEIGHT,
    LABEL_LIMIT,
    PAPER,
    Spec,
    by_family,
    error,
    family_of,
    fraction_along,
)
from reports.formats import count, interval, one_line, percent, quantity
from reports.rows import Row

# Labels are placed for a narrow screen; a wide one has room to spare.
_PLOT_WIDTH = 330
_FAMILY: Spec = {
    "name": "family",
    "select": {"type": "point", "fields": ["family"]},
    "bind": "legend",
}
# A wheel that moves the chart would keep the page from scrolling.
_ZOOM: Spec = {
    "name": "view",
    "select": {
        "type": "interval",
        "zoom": "wheel![event.ctrlKey]",
        "translate": "[mousedown, window:mouseup] > window:mousemove!",
    },
    "bind": "scales",
}


def rounded_mean(row: Row) -> float:
    """The mean without the last bits, in which equal means of unequal counts can differ."""
    return round(row.accuracy_mean or 0.0, 12)


def point(row: Row, **places: float) -> Spec:
    """A row as the charts' data: its error and interval, and what it tells when pointed at.

    Args:
        row: The row.
        **places: Other numbers of the point.
    """
    low, high = row.accuracy_ci95 or (rounded_mean(row), rounded_mean(row))
    return {
        **places,
        "error": error(rounded_mean(row), row.images),
        "from": error(low, row.images),
        "to": error(high, row.images),
        "family": family_of(row),
        "model": one_line(row.label, 120),
        "accuracy": percent(row.accuracy_mean),
        "interval": interval(row.accuracy_ci95),
        "parameters": count(row.parameter_count),
        "seconds": quantity(row.fit_cpu_seconds_mean),
    }


def places(x: Spec, y: Spec) -> Spec:
    """The encodings of a point's place."""
    return {
        "x": {"field": "x", "type": "quantitative", **x},
        "y": {"field": "error", "type": "quantitative", **y},
    }


def points(
    rows: Sequence[Row], x: Spec, y: Spec, told: Sequence[Spec], *, intervals: bool
) -> list[Spec]:
    """The layers of points, dimmed where the legend chooses another family.

    Args:
        rows: What is drawn; the chart's own data are their `point`.
        x: The axis to the right.
        y: The axis upwards.
        told: Tooltip of a point.
        intervals: Whether to draw the intervals on `y` too.
    """
    colour, shape = by_family(rows)
    several = colour.get("legend", 1) is not None
    dimmed = {"condition": {"param": "family", "value": 1}, "value": 0.08}
    shared: Spec = {"color": colour, **({"opacity": dimmed} if several else {})}
    layers: list[Spec] = [
        {"params": [_ZOOM],
         "mark": {"type": "point", "filled": True, "size": 55, "clip": True,
                  "stroke": PAPER, "strokeWidth": 0.6, "fillOpacity": 0.85},
         "encoding": {**places(x, y), **shared, "shape": shape, "tooltip": list(told)}},
    ]  # fmt: skip
    if intervals:
        mark = {"type": "rule", "strokeWidth": 1, "strokeOpacity": 0.35, "clip": True}
        ends = places(x, y) | {"y": {"field": "from", "type": "quantitative", **y}}
        layers.insert(0, {"mark": mark, "encoding": {**ends, "y2": {"field": "to"}, **shared}})
    if several:
        # Vega-Lite makes the legend for the first layer, and it answers clicks for no other.
        layers[0]["params"] = [*layers[0].get("params", ()), _FAMILY]
    return layers


def spot(x: float, y: float, across: Sequence[float], down: Sequence[float]) -> Spot:
    """About where a point will be seen, on axes from `across` and `down`."""
    return Spot(_PLOT_WIDTH * fraction_along(x, across), HEIGHT * fraction_along(y, down))


def chosen_labels(order: Iterable[int], known: Sequence[Spec], spots: Sequence[Spot]) -> list[Spec]:
    """The data of the labels that have room.

    Args:
        order: Places of the points that deserve a label, the most important first.
        known: All points.
        spots: About where they will be seen.
    """
    wanted = []
    for place in order:
        label = known[place]["model"]
        name = label.split("[")[0]
        short = f"{name}[…]" if name != label else name
        cuts = ((label, LABEL_LIMIT), (short, LABEL_LIMIT), (label, LABEL_LIMIT // 2))
        wanted.append((place, [one_line(text, limit) for text, limit in cuts]))
    return [
        {
            "x": known[label.place]["x"],
            "error": known[label.place]["error"],
            "text": label.text,
            "align": "right" if label.side == "left" else "left",
        }
        for label in place_labels(wanted, spots, _PLOT_WIDTH)
    ]


def label_layer(labels: Sequence[Spec], x: Spec, y: Spec) -> Spec:
    """Labels beside their points."""
    mark = {
        "type": "text",
        "align": {"expr": "datum.align"},
        "dx": {"expr": "datum.align === 'right' ? -2 : 2"},
        "dy": -9,
        "fontSize": 10,
        "clip": True,
    }
    return {
        "name": "labels",
        "data": {"values": list(labels)},
        "mark": mark,
        "encoding": {**places(x, y), "text": {"field": "text", "type": "nominal"}},
    }
