"""Accuracy against what it costs, with the models that no other beats."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.points import pareto_front, ticks
from reports.charts.scatter import (
    chosen_labels,
    label_layer,
    places,
    point,
    points,
    rounded_mean,
    spot,
)
from reports.charts.style import HEIGHT, SOFT, Figure, accuracy_axis, chart, error, tooltip
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
    told = [(row, cost) for row in rows if (cost := _cost(row, kind))]
    if not told:
        return None
    front = pareto_front([(cost, rounded_mean(row)) for row, cost in told])
    costs = [cost for _, cost in told]
    domain = [min(costs) / 1.6, max(costs) * 1.6]
    # The domain follows from the data, and with it every position, also in the browser.
    form = "format(datum.value, '~s')" if kind == "parameters" else _SECONDS
    axis = {"values": ticks(domain[0], domain[1]), "labelExpr": form}
    x = {
        "title": "parameters" if kind == "parameters" else "training, processor seconds",
        "scale": {"type": "log", "domain": domain, "nice": False},
        "axis": axis,
    }
    bars = [error(end, row.images) for row, _ in told for end in row.accuracy_ci95 or ()]
    y = accuracy_axis("y", bars, "accuracy")
    data = [point(row, x=round(cost, 6)) for row, cost in told]
    on_front = [data[place] for place in front]
    spots = [spot(p["x"], p["error"], domain, y["scale"]["domain"]) for p in data]
    # From the most accurate down: the best are what readers look for.
    labels = chosen_labels(reversed(front), data, spots)
    line = {"type": "line", "interpolate": "step-after", "color": SOFT, "strokeWidth": 1.2,
            "clip": True}  # fmt: skip
    layers = [
        {"data": {"values": [{"x": p["x"], "error": p["error"]} for p in on_front]},
         "mark": line, "encoding": places(x, y)},
        *points([row for row, _ in told], x, y, _TOLD, intervals=True),
        label_layer(labels, x, y),
    ]  # fmt: skip
    noun = "parameters" if kind == "parameters" else "training time"
    return Figure(
        name=name,
        heading=f"Accuracy and {noun}: {title}",
        summary=_front_in_words([told[place] for place in front], rows, told, kind),
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
    missing = len(rows) - len(told)
    if missing:
        reason = "of parameters known" if kind == "parameters" else "measured on this machine"
        what = "number" if kind == "parameters" else "time"
        text += f" Without {span(missing, missing, 'model')} that "
        text += f"{'has' if missing == 1 else 'have'} no {what} {reason}."
    return text
