"""The charts of a table: what accuracy costs, how datasets compare, seeds, classes, mean ranks."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from reports.captions import folds
from reports.charts.best import misses_chart, runs_chart
from reports.charts.costs import cost_chart
from reports.charts.pairs import cross_chart
from reports.charts.ranks import ranks_chart
from reports.charts.style import Figure
from reports.rows import Row
from reports.tables import Table
from suite.stats.scoring import Scored


def figures(table: Table, titles: Mapping[str, str]) -> tuple[Figure, ...]:
    """All charts of a table, in reading order; none where no run gave a result.

    Args:
        table: The table.
        titles: Titles of the datasets by name.
    """
    names = [name for name in table.datasets if _done(table, name)]
    runs: dict[tuple[str, str, str], list[Scored]] = {}
    for scored in table.runs:
        if scored.accuracy is not None:
            record = scored.record
            runs.setdefault((record.dataset.name, record.model, record.variant), []).append(scored)
    prefix = f"{table.protocol}-{table.preset}"
    found: list[Figure | None] = [
        cost_chart(_done(table, name), f"{prefix}-{name}-{kind}", titles.get(name, name), kind)
        for kind in ("parameters", "training")
        for name in names
    ]
    for one, other in combinations(names, 2):
        found.append(cross_chart(table, (one, other), f"{prefix}-{one}-{other}", titles))
    unit = "fold" if folds(table) else "seed"
    for draw in (runs_chart, misses_chart):
        for name in names:
            title = titles.get(name, name)
            found.append(draw(_done(table, name), runs, f"{prefix}-{name}", title, unit))
    found.append(ranks_chart(table, f"{prefix}-ranks", titles))
    return tuple(figure for figure in found if figure is not None)


def _done(table: Table, dataset: str) -> list[Row]:
    return [row for row in table.rows if row.dataset == dataset and row.rank is not None]
