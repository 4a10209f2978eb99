"""Accuracy against what it costs, with the models that no other beats."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.points import limit, pareto_front, ticks
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
from reports.charts.style import HEIGHT, MOST_UP, SOFT, Figure, accuracy_axis, chart, tooltip
from reports.formats import listing, one_line, percent, quantity, span
from reports.rows import Row

_TOLD = tooltip(
    model="model",
    family="family",
    accuracy="accuracy %",
    interval="95 % interval",
    parameters="parameters",
    seconds="training, processor s",
)
_SECONDS = "datum.value < 1 ? format(datum.value, '~g') : format(datum.value, ',.0f')"


def cost_chart(rows: Sequence[Row], name: str, title: str, kind: str) -> Figure | None:
    """Accuracy against what it costs, with the Pareto front.

    Args:
        rows: Rows of one dataset with a result, the best first.
        name: Of the figure.
        title: Of the dataset.
        kind: "parameters", or "training" for processor seconds.

    Returns:
        The chart; None where no row tells its costs.
    """
    # A cost of 0 has no place on a logarithmic axis.
    told = [(row, cost) for row in rows if (cost := _cost(row, kind))]
    if not told:
        return None
    front = pareto_front([(cost, rounded_mean(row)) for row, cost in told])
    data = [point(row, x=round(cost, 6)) for row, cost in told]
    worst = limit([p["error"] for p in data])
    shown = [n for n, p in enumerate(data) if p["error"] <= worst]
    beyond = [p for p in data if p["error"] > worst]
    costs = [told[n][1] for n in shown]
    domain = [min(costs) / 1.6, max(costs) * 1.6]
    # The domain follows from the data, and with it every position, also in the browser.
    form = "format(datum.value, '~s')" if kind == "parameters" else _SECONDS
    axis = {"values": ticks(domain[0], domain[1]), "labelExpr": form}
    x = {
        "title": "parameters" if kind == "parameters" else "training, processor seconds",
        "scale": {"type": "log", "domain": domain, "nice": False},
        "axis": axis,
    }
    bars = [data[n][end] for n in shown for end in ("from", "to")]
    y = accuracy_axis(bars, "accuracy", MOST_UP)
    on_front = [data[place] for place in front]
    spots = [spot(p["x"], p["error"], domain, y["scale"]["domain"]) for p in data]
    # From the most accurate down: the best are what readers look for.
    labels = chosen_labels([n for n in reversed(front) if n in shown], data, spots)
    line = {"type": "line", "interpolate": "step-after", "color": SOFT, "strokeWidth": 1.2,
            "clip": True}  # fmt: skip
    layers = [
        {"data": {"values": [{"x": p["x"], "error": p["error"]} for p in on_front]},
         "mark": line, "encoding": places(x, y)},
        *points([row for row, _ in told], x, y, _TOLD, intervals=True),
        *edge_marks(beyond, [row for row, _ in told], x, y, _TOLD),
        label_layer(labels, x, y),
    ]  # fmt: skip
    noun = "parameters" if kind == "parameters" else "training time"
    return Figure(
        name=name,
        heading=f"Accuracy and {noun}: {title}",
        summary=_front_in_words([told[place] for place in front], rows, told, kind)
        + beyond_in_words(beyond),
        spec=chart(HEIGHT, layers, data={"values": data}),
    )


def _cost(row: Row, kind: str) -> float | None:
    """What a row costs; None where that is not known or can't be compared."""
    if kind == "parameters":
        return row.parameter_count
    return row.fit_cpu_seconds_mean if row.comparable else None


def _front_in_words(
    front: Sequence[tuple[Row, float]],
    rows: Sequence[Row],
    told: Sequence[tuple[Row, float]],
    kind: str,
) -> str:
    def words(row: Row, cost: float) -> str:
        amount = span(round(cost), round(cost), "parameter")
        if kind == "training":
            amount = f"{quantity(cost)} s"
        return f"{one_line(row.label, 60)} ({percent(row.accuracy_mean)} %, {amount})"

    less = "fewer parameters" if kind == "parameters" else "less processor time"
    ends = [front[0]] if len(front) == 1 else [front[0], front[-1]]
    text = (
        f"{len(front)} of {span(len(told), len(told), 'model')} "
        f"{'is' if len(front) == 1 else 'are'} on the Pareto front (the line): no other is as "
        f"accurate with {less}. {'It is' if len(ends) == 1 else 'Its ends are'} "
        f"{listing([words(*end) for end in ends])}."
    )
    free = sum(_cost(row, kind) == 0 for row in rows)
    if free:
        noun = "parameters" if kind == "parameters" else "measurable time"
        text += f" Without {span(free, free, 'model')} of no {noun}, as the axis is logarithmic."
    missing = len(rows) - len(told) - free
    if missing:
        reason = "of parameters known" if kind == "parameters" else "measured on this machine"
        what = "number" if kind == "parameters" else "time"
        text += f" Without {span(missing, missing, 'model')} that "
        text += f"{'has' if missing == 1 else 'have'} no {what} {reason}."
    return text
