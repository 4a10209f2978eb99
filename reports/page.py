"""The leaderboard as one web page that needs no network and no JavaScript."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reports import curves
from reports.captions import facts, folds, heading, warning
from reports.cells import costs, costs_from, results
from reports.shell import Shell
from reports.tables import Table
from suite.records.store import Damage


def to_html(
    tables: Sequence[Table], damaged: Sequence[Damage], shell: Shell, pages: Collection[str] = ()
) -> str:
    """The text of `index.html`.

    Args:
        tables: The tables, the primary one first.
        damaged: Records that could not be used.
        shell: The frame of the site's pages.
        pages: Names of the models' pages that are there.
    """
    return shell.render(
        "index.html.jinja",
        "index.html",
        scripts=("table.js",),
        tables=tables,
        damaged=damaged,
        pages=pages,
        facts=facts,
        folds=folds,
        heading=heading,
        warning=warning,
        results=results,
        costs=costs,
        costs_from=costs_from,
        curves=curves,
    )
