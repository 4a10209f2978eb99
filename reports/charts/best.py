"""Charts with a row for each model: its runs, the classes it misses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reports.charts.style import (
    INK,
    PAPER,
    Figure,
    Spec,
    accuracy_axis,
    by_family,
    chart,
    error,
    family_of,
    row_names,
    tooltip,
)
from reports.formats import accuracy, count, interval, one_line, percent, span
from reports.rows import Row
from suite.data.known import DATASETS
from suite.stats.metrics import per_class
from suite.stats.scoring import Scored

MOST_MODELS = 20
PLOT_WIDTH = 250
_MOST_NUMBERS = 7

Runs = Mapping[tuple[str, str, str], Sequence[Scored]]


def runs_chart(
    rows: Sequence[Row], runs: Runs, prefix: str, title: str, unit: str
) -> Figure | None:
    """The accuracy of every run of the best models, with the mean and its Wilson interval.

    Args:
        rows: Rows of one dataset with a result, the best first.
        runs: Runs with a result, by dataset, model and variant.
        prefix: Of the figure's name.
        title: Of the dataset.
        unit: What a run stands for: "seed" or "fold".
    """
    best = rows[:MOST_MODELS]
    names = row_names(best)
    means: list[Spec] = []
    points: list[Spec] = []
    for row, name in zip(best, names, strict=True):
        low, high = row.accuracy_ci95 or (row.accuracy_mean or 0.0,) * 2
        means.append({
            "name": name, "family": family_of(row),
            "error": error(row.accuracy_mean or 0.0, row.images),
            "from": error(low, row.images), "to": error(high, row.images),
            "model": one_line(row.label, 120),
            "accuracy": accuracy(row.accuracy_mean, row.accuracy_std),
            "interval": interval(row.accuracy_ci95), "runs": count(row.runs),
        })  # fmt: skip
        for scored in _ordered(runs[row.dataset, row.model, row.variant]):
            fold = "" if scored.record.fold is None else f", fold {scored.record.fold}"
            points.append({
                "name": name, "family": family_of(row), "model": one_line(row.label, 120),
                "error": error(scored.accuracy or 0.0, row.images),
                "run": f"{scored.record.seed}{fold}", "accuracy": percent(scored.accuracy),
            })  # fmt: skip
    ends = [mean[end] for mean in means for end in ("from", "to")]
    x = accuracy_axis([*ends, *(point["error"] for point in points)], "accuracy", _MOST_NUMBERS)
    y = name_axis(names)
    place = {"x": {"field": "error", "type": "quantitative", **x}, "y": y}
    colour, shape = by_family(best)
    of_mean = tooltip(
        model="model", accuracy="accuracy %", interval="95 % interval", runs=f"{unit}s"
    )
    # A single run is its own mean, and a line there would hide it.
    several = [mean for mean, row in zip(means, best, strict=True) if row.runs > 1]
    layers = [
        {"data": {"values": means},
         "mark": {"type": "rule", "strokeWidth": 5, "strokeOpacity": 0.22},
         "encoding": {"x": {"field": "from", "type": "quantitative", **x}, "x2": {"field": "to"},
                      "y": y, "color": colour, "tooltip": of_mean}},
        {"data": {"values": several},
         "mark": {"type": "tick", "thickness": 1.6, "size": 14, "color": INK},
         "encoding": {**place, "tooltip": of_mean}},
        {"data": {"values": points},
         "mark": {"type": "point", "filled": True, "size": 38, "fillOpacity": 0.75,
                  "stroke": PAPER, "strokeWidth": 0.5},
         "encoding": {**place, "color": colour, "shape": shape,
                      "tooltip": tooltip(model="model", run="seed", accuracy="accuracy %")}},
    ]  # fmt: skip
    return Figure(
        name=f"{prefix}-{unit}s",
        heading=f"{unit.title()}s of the best models: {title}",
        summary=_runs_in_words(best, len(points), unit),
        spec=chart(height_of(names), layers, width=PLOT_WIDTH),
    )


def _runs_in_words(best: Sequence[Row], number: int, unit: str) -> str:
    text = (
        f"The {span(number, number, 'run')} of {_so_many(best)}: a point a {unit}, an upright line "
        "at the mean of several, a pale bar for its 95 % interval from the sample of images. "
        f"First is {one_line(best[0].label, 60)} with "
        f"{accuracy(best[0].accuracy_mean, best[0].accuracy_std)} %"
    )
    if len(best) > 1:
        last = best[-1]
        text += (
            f", last shown {one_line(last.label, 60)} with "
            f"{accuracy(last.accuracy_mean, last.accuracy_std)} %"
        )
    return f"{text}."


def misses_chart(
    rows: Sequence[Row], runs: Runs, prefix: str, title: str, unit: str
) -> Figure | None:
    """Of each class the part that the best models miss (100 % less recall), as a heat map.

    Args:
        rows: Rows of one dataset with a result, the best first.
        runs: Runs with a result, by dataset, model and variant.
        prefix: Of the figure's name.
        title: Of the dataset.
        unit: Not used; as for `runs_chart`.

    Returns:
        The chart; None where no run tells which classes it took images for.
    """
    known = []
    for row in rows[:MOST_MODELS]:
        own = runs[row.dataset, row.model, row.variant]
        matrices = [scored.confusion for scored in own if scored.confusion is not None]
        if matrices:
            summed = sum(matrices[1:], start=matrices[0])
            known.append((row, 100 * (1 - per_class(summed).recall)))
    if not known:
        return None
    best = [row for row, _ in known]
    classes = DATASETS[best[0].dataset].class_names
    names = row_names(best)
    most = float(max(missed.max() for _, missed in known))
    cells: list[Spec] = [
        {"name": name, "class": label, "missed": round(float(part), 4),
         "text": f"{part:.1f}" if part < 9.95 else f"{part:.0f}",
         "strong": bool(part > most * 0.5), "model": one_line(row.label, 120),
         "recall": f"{100 - part:.2f}"}
        for (row, missed), name in zip(known, names, strict=True)
        for label, part in zip(classes, missed, strict=True)
    ]  # fmt: skip
    angle = -90 if max(map(len, classes)) > 2 else 0
    place: Spec = {
        "x": {"field": "class", "type": "nominal", "sort": list(classes), "title": None,
              "axis": {"orient": "top", "labelAngle": angle, "domain": False, "ticks": False}},
        "y": {**name_axis(names), "axis": {**name_axis(names)["axis"], "domain": False}},
    }  # fmt: skip
    colour = {
        "field": "missed", "type": "quantitative", "legend": None,
        "scale": {"type": "sqrt", "domain": [0, max(most, 1.0)],
                  "range": ["#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"]},
    }  # fmt: skip
    told = tooltip(model="model", **{"class": "class"}, recall="recall %", text="missed %")
    layers: list[Spec] = [
        {"mark": {"type": "rect"}, "encoding": {**place, "color": colour, "tooltip": told}},
        {"mark": {"type": "text", "fontSize": 9},
         "encoding": {**place, "text": {"field": "text", "type": "nominal"}, "tooltip": told,
                      "color": {"condition": {"test": "datum.strong", "value": "#fefefe"},
                                "value": "#111111"}}},
    ]  # fmt: skip
    return Figure(
        name=f"{prefix}-classes",
        heading=f"Images missed by class: {title}",
        summary=_misses_in_words(known, classes),
        spec=chart(height_of(names), layers, data={"values": cells}, width=PLOT_WIDTH),
    )


def _misses_in_words(known: Sequence[tuple[Row, np.ndarray]], classes: Sequence[str]) -> str:
    means = np.mean([missed for _, missed in known], axis=0)
    hard, easy = int(means.argmax()), int(means.argmin())
    return (
        f"In percent, 100 less the recall of each class, of {_so_many([row for row, _ in known])}, "
        f"all runs together. On average they miss {classes[hard]} most ({means[hard]:.1f} %) and "
        f"{classes[easy]} least ({means[easy]:.1f} %)."
    )


def _ordered(runs: Sequence[Scored]) -> list[Scored]:
    return sorted(runs, key=lambda s: (s.record.seed, s.record.fold or 0))


def name_axis(names: Sequence[str]) -> Spec:
    """The encoding of the rows' names, in their order."""
    return {
        "field": "name", "type": "nominal", "sort": list(names), "title": None,
        # Vega puts the first of two lines, not their middle, at the height of the row.
        "axis": {"labelFontSize": 10, "labelLineHeight": 11, "ticks": False,
                 "labelOffset": {"condition": {"test": "indexof(datum.value, '\\n') >= 0",
                                               "value": -5.5}, "value": 0}},
    }  # fmt: skip


def height_of(names: Sequence[str]) -> int:
    """Height of a chart with these rows within its axes, in pixels."""
    return len(names) * (26 if any("\n" in name for name in names) else 19)


def _so_many(rows: Sequence[Row]) -> str:
    return "the only model" if len(rows) == 1 else f"the {len(rows)} best models"
