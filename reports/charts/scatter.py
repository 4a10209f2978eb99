"""Points in a plane: what the charts of costs and of pairs of datasets share."""

from __future__ import annotations

from collections import Counter
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
from reports.formats import count, interval, one_line, percent, quantity, span
from reports.rows import Row

# Labels are placed for a narrow screen; a wide one has room to spare.
_PLOT_WIDTH = 330
# From a mark at the edge to the edge, in pixels, so that all of it is seen.
_INSET = 5
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


def edge_marks(
    beyond: Sequence[Spec], rows: Sequence[Row], x: Spec, y: Spec, told: Sequence[Spec]
) -> list[Spec]:
    """A layer of hollow marks at the edge for points that lie beyond it, none for no such points.

    Args:
        beyond: The points; in the browser those that are dragged into view lose their mark.
        rows: All rows of the chart, for colours and shapes as in `points`.
        x: The axis to the right.
        y: The axis upwards.
        told: Tooltip of a mark.
    """
    if not beyond:
        return []
    across, up = "scale('x', datum.x)", "scale('y', datum.error)"
    seen = f"inrange({across}, [0, width]) && inrange({up}, [0, height])"
    colour, shape = by_family(rows)
    mark = {
        "type": "point",
        "filled": False,
        "strokeWidth": 1.2,
        "x": {"expr": f"clamp({across}, {_INSET}, width - {_INSET})"},
        "y": {"expr": f"clamp({up}, {_INSET}, height - {_INSET})"},
        "size": {"expr": f"{seen} ? 0 : 40"},
    }
    encoding = {"color": colour, "shape": shape, "tooltip": list(told)}
    return [{"name": "edge", "data": {"values": list(beyond)}, "mark": mark, "encoding": encoding}]


def beyond_in_words(beyond: Sequence[Spec]) -> str:
    """What the hollow marks at the edge are; empty for none."""
    if not beyond:
        return ""
    number = span(len(beyond), len(beyond), "model")
    return f" {number} far below {'is' if len(beyond) == 1 else 'are'} drawn hollow at the edge."


def spot(x: float, y: float, across: Sequence[float], down: Sequence[float]) -> Spot:
    """About where a point, or its mark at the edge, will be seen, on axes `across` and `down`."""
    right, below = (
        min(max(fraction_along(value, axis), 0.0), 1.0) for value, axis in ((x, across), (y, down))
    )
    return Spot(_PLOT_WIDTH * right, HEIGHT * below)


def chosen_labels(order: Iterable[int], known: Sequence[Spec], spots: Sequence[Spot]) -> list[Spec]:
    """The data of the labels that have room.

    Args:
        order: Places of the points that deserve a label, the most important first.
        known: All points.
        spots: About where they will be seen.
    """
    meant = Counter(text for one in known for text in set(_texts(one["model"])))
    wanted = [
        (place, [text for text in _texts(known[place]["model"]) if meant[text] == 1])
        for place in order
    ]
    return [
        {
            "x": known[label.place]["x"],
            "error": known[label.place]["error"],
            "text": label.text,
            "align": "right" if label.side == "left" else "left",
            "below": label.below,
        }
        for label in place_labels(wanted, spots, _PLOT_WIDTH, HEIGHT)
    ]


def _texts(label: str) -> list[str]:
    """What may stand for a model, the best first: the end of a name tells variants apart."""
    name, _, settings = label.partition("[")
    model, _, variant = name.rpartition("/")
    short = [f"…/{variant}"] if model else []
    short += [f"{name}[…]"] if settings else []
    texts = [label, *short] if len(label) <= LABEL_LIMIT else [*short, label]
    cuts = [one_line(text, LABEL_LIMIT) for text in texts]
    return list(dict.fromkeys([*cuts, *(one_line(text, LABEL_LIMIT // 2) for text in texts)]))


def label_layer(labels: Sequence[Spec], x: Spec, y: Spec) -> Spec:
    """Labels beside their points."""
    mark = {
        "type": "text",
        "align": {"expr": "datum.align"},
        "dx": {"expr": "datum.align === 'right' ? -2 : 2"},
        "dy": {"expr": "datum.below ? 10 : -9"},
        "fontSize": 10,
        "clip": True,
    }
    return {
        "name": "labels",
        "data": {"values": list(labels)},
        "mark": mark,
        "encoding": {**places(x, y), "text": {"field": "text", "type": "nominal"}},
    }
