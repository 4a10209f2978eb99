"""One dataset against another: which models do better on one of them than on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reports.charts.points import limit
from reports.charts.scatter import (
    beyond_in_words,
    chosen_labels,
    edge_marks,
    label_layer,
    places,
    point,
    points,
    rounded_mean,
    spot,
)
from reports.charts.style import (
    GRID,
    HEIGHT,
    MOST_ACROSS,
    MOST_UP,
    Figure,
    Spec,
    accuracy_axis,
    chart,
    error,
    tooltip,
)
from reports.formats import listing, one_line, percent, span
from reports.rows import Row
from reports.tables import Table

MOST_OUTLIERS = 8


def cross_chart(
    table: Table, datasets: tuple[str, str], name: str, titles: Mapping[str, str]
) -> Figure | None:
    """One dataset against another, with the models that do better on one than on the other.

    Args:
        table: The table.
        datasets: The dataset drawn upwards, and the one drawn to the right.
        name: Of the figure.
        titles: Titles of the datasets by name.

    Returns:
        The chart; None where no model has results on both.
    """
    pairs = [tuple(line.rows.get(dataset) for dataset in datasets) for line in table.lines]
    both = [(up, right) for up, right in pairs if up and right and up.rank and right.rank]
    if not both:
        return None
    up_title, right_title = (titles.get(dataset, dataset) for dataset in datasets)
    data = [
        {
            **point(up, x=error(rounded_mean(right), right.images)),
            "also": percent(right.accuracy_mean),
        }
        for up, right in both
    ]
    worst = {field: limit([p[field] for p in data]) for field in ("x", "error")}
    shown = [n for n, p in enumerate(data) if all(p[field] <= worst[field] for field in worst)]
    beyond = [p for n, p in enumerate(data) if n not in shown]
    x = accuracy_axis([data[n]["x"] for n in shown], f"accuracy on {right_title}", MOST_ACROSS)
    y = accuracy_axis([data[n]["error"] for n in shown], f"accuracy on {up_title}", MOST_UP)
    line, apart = _trend(data)
    order = sorted(shown, key=lambda n: (-abs(apart[n]), n))
    ahead = sorted({min(shown, key=lambda n: data[n][field]) for field in ("error", "x")})
    order = list(dict.fromkeys([*ahead, *order]))[:MOST_OUTLIERS]
    across = list(reversed(x["scale"]["domain"]))
    spots = [spot(p["x"], p["error"], across, y["scale"]["domain"]) for p in data]
    labels = chosen_labels(order, data, spots)
    told = tooltip(
        model="model", family="family", accuracy=f"{up_title} %", also=f"{right_title} %"
    )
    rows = [up for up, _ in both]
    layers = points(rows, x, y, told, intervals=False)
    layers += edge_marks(beyond, rows, x, y, told)
    layers.append(label_layer(labels, x, y))
    if line:
        trend = {"type": "line", "color": GRID, "strokeWidth": 2, "clip": True}
        layers.insert(0, {"data": {"values": line}, "mark": trend, "encoding": places(x, y)})
    return Figure(
        name=name,
        heading=f"{up_title} and {right_title}",
        summary=_cross_in_words(both, apart, up_title, right_title) + beyond_in_words(beyond),
        spec=chart(HEIGHT, layers, data={"values": data}),
    )


def _trend(known: Sequence[Spec]) -> tuple[list[Spec], list[float]]:
    """The least-squares line between the logarithms of both errors, and each point's distance.

    Returns:
        The line's ends, none for fewer than three points or where all are above each other, and
        how far each point lies above the line, in powers of ten of the error.
    """
    across, up = (np.log10([point[field] for point in known]) for field in ("x", "error"))
    if len(known) < 3 or np.ptp(across) < 1e-9:
        return [], [0.0] * len(known)
    centre = across - across.mean()
    slope = float((centre * (up - up.mean())).sum() / (centre**2).sum())
    fitted = up.mean() + slope * centre
    ends = [int(across.argmin()), int(across.argmax())]
    line = [{"x": known[n]["x"], "error": round(float(10 ** fitted[n]), 5)} for n in ends]
    return line, [round(float(distance), 9) for distance in fitted - up]


def _cross_in_words(
    both: Sequence[tuple[Row, Row]], apart: Sequence[float], up_title: str, right_title: str
) -> str:
    text = f"{span(len(both), len(both), 'model')} with results on both datasets."
    if not any(apart):
        return text
    above = max(range(len(apart)), key=lambda n: (apart[n], -n))
    below = min(range(len(apart)), key=lambda n: (apart[n], n))
    told = []
    for place, on, than in ((above, up_title, right_title), (below, right_title, up_title)):
        up, right = both[place]
        told.append(
            f"{one_line(up.label, 60)} ({percent(up.accuracy_mean)} and "
            f"{percent(right.accuracy_mean)} %) does best on {on} for its accuracy on {than}"
        )
    return f"{text} Measured from the line of least squares, {listing(told)}."
