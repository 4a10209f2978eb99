"""The leaderboard as one web page that needs no network and no JavaScript."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reports import bars, curves
from reports.captions import facts, folds, heading, warning
from reports.cells import costs, costs_from, results
from reports.columns import BY_DATASET, COSTS
from reports.formats import one_line
from reports.shell import Shell
from reports.tables import Table
from suite.records.store import Damage

# Each may use what those before it define.
SCRIPTS = (
    "table.js",
    "columns.js",
    "filters.js",
    "state.js",
    "formats.js",
    "copying.js",
    "tabs.js",
    "board.js",
)
KINDS = {"json": "JSON", "csv": "CSV", "parquet": "Parquet"}
FAMILY_LENGTH = 60


def to_html(
    tables: Sequence[Table],
    damaged: Sequence[Damage],
    shell: Shell,
    pages: Collection[str] = (),
    downloads: Sequence[str] = (),
) -> str:
    """The text of `index.html`.

    Args:
        tables: The tables, the primary one first.
        damaged: Records that could not be used.
        shell: The frame of the site's pages.
        pages: Names of the models' pages that are there.
        downloads: Files beside the page that hold the primary table as data.
    """
    return shell.render(
        "index.html.jinja",
        "index.html",
        styles=("board.css",),
        scripts=SCRIPTS,
        tables=tables,
        damaged=damaged,
        pages=pages,
        downloads=[(name, KINDS[name.rpartition(".")[2]]) for name in downloads],
        families=_families(tables),
        family_length=FAMILY_LENGTH,
        unshown=_unshown(tables),
        by_dataset=BY_DATASET,
        by_model=COSTS,
        bars=bars,
        facts=facts,
        folds=folds,
        heading=heading,
        warning=warning,
        results=results,
        costs=costs,
        costs_from=costs_from,
        curves=curves,
    )


def _families(tables: Sequence[Table]) -> list[str]:
    named = {row.family for table in tables for row in table.rows if row.family}
    return sorted({one_line(family, FAMILY_LENGTH) for family in named})


def _unshown(tables: Sequence[Table]) -> str:
    """Style selectors of the columns that a reader has to choose, as `columns.js` writes them.

    They are in the page's head so that these columns don't flash up before the scripts run.
    """
    selectors = []
    for number, table in enumerate(tables, start=1):
        columns = [*BY_DATASET * len(table.datasets), *COSTS]
        for place, column in enumerate(columns, start=1):
            if not column.shown:
                board = f".scripted section.board:nth-of-type({number})"
                selectors.append(f"{board} .leaderboard thead tr + tr > :nth-child({place})")
                selectors.append(f"{board} .leaderboard tbody > tr > :nth-child({place + 1})")
    return ", ".join(selectors)
