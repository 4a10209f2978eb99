"""Mean ranks of models over datasets, where they can show a difference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reports.charts.best import MOST_MODELS, PLOT_WIDTH, height_of, name_axis
from reports.charts.style import SOFT, Figure, Spec, by_family, chart, family_of, row_names, tooltip
from reports.formats import listing, one_line, span
from reports.rows import Row
from reports.tables import Table
from suite.stats.ranks import can_tell_apart, mean_ranks
from suite.stats.ties import SIGNIFICANCE


def ranks_chart(table: Table, name: str, titles: Mapping[str, str]) -> Figure | None:
    """Mean ranks over the datasets with Nemenyi's critical difference.

    Args:
        table: The table.
        name: Of the figure.
        titles: Titles of the datasets by name.

    Returns:
        The chart; None where no difference of ranks could be large enough (`no_ranks` says so).
    """
    datasets, lines = _complete(table)
    if not can_tell_apart(len(lines), len(datasets)):
        return None
    scores = np.array(
        [[round(line[name].accuracy_mean or 0.0, 12) for line in lines] for name in datasets]
    )
    ranks = mean_ranks(scores)
    half = ranks.critical_difference / 2
    order = sorted(range(len(lines)), key=lambda n: (ranks.means[n], n))[: 2 * MOST_MODELS]
    rows = [lines[n][datasets[0]] for n in order]
    names = row_names(rows)
    values: list[Spec] = [
        {"name": label, "model": one_line(row.label, 120), "family": family_of(row),
         "rank": round(float(ranks.means[n]), 4), "from": round(float(ranks.means[n]) - half, 4),
         "to": round(float(ranks.means[n]) + half, 4), "shown": f"{ranks.means[n]:.2f}"}
        for n, row, label in zip(order, rows, names, strict=True)
    ]  # fmt: skip
    told = tooltip(model="model", shown="mean rank")
    colour, shape = by_family(rows)
    x = {"type": "quantitative", "title": "mean rank", "scale": {"zero": False}}
    layers: list[Spec] = [
        {"mark": {"type": "rule", "strokeWidth": 1.5, "color": SOFT},
         "encoding": {"x": {"field": "from", **x}, "x2": {"field": "to"}, "y": name_axis(names),
                      "tooltip": told}},
        {"mark": {"type": "point", "filled": True, "size": 55},
         "encoding": {"x": {"field": "rank", **x}, "y": name_axis(names), "color": colour,
                      "shape": shape, "tooltip": told}},
    ]  # fmt: skip
    best, mean = one_line(rows[0].label, 60), ranks.means[order[0]]
    doubt = "" if ranks.p_value < SIGNIFICANCE else ", so that no difference should be read from it"
    return Figure(
        name=name,
        heading=f"Mean ranks over {listing([titles.get(n, n) for n in datasets])}",
        summary=(
            f"Of {len(lines)} models on {ranks.blocks} datasets, {best} has the best mean rank "
            f"({mean:.2f}). Two models differ at 5 % where their bars don't overlap: the critical "
            f"difference (Nemenyi) is {ranks.critical_difference:.2f}. Friedman's test: p = "
            f"{ranks.p_value:.2g}{doubt}."
        ),
        spec=chart(height_of(names), layers, data={"values": values}, width=PLOT_WIDTH),
    )


def no_ranks(table: Table) -> str:
    """Why a table has no chart of mean ranks; empty where it has one."""
    datasets, lines = _complete(table)
    models, blocks = len(lines), len(datasets)
    if can_tell_apart(models, blocks):
        return ""
    return (
        "Critical differences of mean ranks are left out. Models are ranked on each dataset, and "
        f"datasets are what such a test counts: {span(blocks, blocks, 'dataset')} "
        f"and {span(models, models, 'model')} with results on "
        f"{'it' if blocks == 1 else 'all of them'}. Even in the same order everywhere, no two of "
        "these models would differ at 5 % (Friedman's and Nemenyi's tests). Seeds and folds repeat "
        "a dataset and can't stand in for more of them; the tie groups of the leaderboard compare "
        "models by seeds and images."
    )


def _complete(table: Table) -> tuple[list[str], list[Mapping[str, Row]]]:
    """The datasets with results, and the lines that have one on each of them."""
    datasets = [
        name
        for name in table.datasets
        if any(row.rank is not None for row in table.rows if row.dataset == name)
    ]
    lines = [
        line.rows
        for line in table.lines
        if datasets and all(n in line.rows and line.rows[n].rank is not None for n in datasets)
    ]
    return datasets, lines
