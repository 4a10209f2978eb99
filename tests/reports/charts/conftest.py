"""Tables whose runs tell which classes they took images for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from reports.charts.figures import figures
from reports.charts.style import Figure
from reports.rows import Description
from reports.tables import Table, build_tables
from suite.data.known import DATASETS
from suite.stats.scoring import Scored

MakeTable = Callable[..., Table]
Draw = Callable[..., dict[str, Figure]]
TITLES = {name: info.title for name, info in DATASETS.items()}


def with_confusion(scored: Scored) -> Scored:
    """The run with a confusion matrix in which every mistake is a 0 for a 6."""
    if scored.accuracy is None:
        return scored
    confusion = np.diag(np.full(10, scored.images // 10))
    wrong = round((1 - scored.accuracy) * scored.images)
    confusion[6, 6] -= min(wrong, confusion[6, 6])
    confusion[6, 0] = scored.images // 10 - confusion[6, 6]
    return replace(scored, confusion=confusion)


@pytest.fixture
def make_table(descriptions: Mapping[tuple[str, str], Description]) -> MakeTable:
    def make(runs: list[Scored], labels: Mapping[str, str] | None = None) -> Table:
        named = dict(descriptions)
        for model, label in (labels or {}).items():
            named[model, ""] = Description(title=label, family=label[:30], label=label)
        (table,) = build_tables(map(with_confusion, runs), named, tuple(DATASETS))
        return table

    return make


@pytest.fixture
def drawn(make_table: MakeTable) -> Draw:
    """The figures of some runs, by name without the table's."""

    def draw(runs: list[Scored], labels: Mapping[str, str] | None = None) -> dict[str, Figure]:
        table = make_table(runs, labels)
        prefix = f"{table.protocol}-{table.preset}-"
        return {one.name.removeprefix(prefix): one for one in figures(table, TITLES)}

    return draw
