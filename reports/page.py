"""The leaderboard as one web page that needs no network and no JavaScript."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from reports import bars, captions, curves, summary
from reports.cells import costs, costs_from, group_titles, results
from reports.columns import BY_DATASET, COSTS
from reports.formats import listing, one_line
from reports.groups import letter
from reports.shell import Shell
from reports.tables import Table
from suite.records.store import Damage

# Each may use what those before it define.
SCRIPTS = (
    "table.js",
    "columns.js",
    "filters.js",
    "ties.js",
    "state.js",
    "formats.js",
    "copying.js",
    "tabs.js",
    "groups.js",
    "board.js",
)
KINDS = {"json": "JSON", "csv": "CSV", "parquet": "Parquet"}
FAMILY_LENGTH = 60
_NO_SOURCES: Mapping[str, str] = MappingProxyType({})


def to_html(
    tables: Sequence[Table],
    damaged: Sequence[Damage],
    shell: Shell,
    pages: Collection[str] = (),
    downloads: Sequence[Sequence[str]] = (),
    sources: Mapping[str, str] = _NO_SOURCES,
) -> str:
    """The text of `index.html`.

    Args:
        tables: The tables, the primary one first.
        damaged: Records that could not be used.
        shell: The frame of the site's pages.
        pages: Names of the models' pages that are there.
        downloads: For each table, the files beside the page that hold it as data.
        sources: Where each model comes from, in words, by its name: it can be searched for.
    """
    return shell.render(
        "index.html.jinja",
        "index.html",
        styles=("board.css",),
        scripts=SCRIPTS,
        tables=tables,
        damaged=damaged,
        pages=pages,
        downloads=[[(n, KINDS[n.rpartition(".")[2]]) for n in names] for names in downloads],
        sources=sources,
        families=_families(tables),
        family_length=FAMILY_LENGTH,
        unshown=_unshown(tables),
        by_dataset=BY_DATASET,
        by_model=COSTS,
        bars=bars,
        captions=captions,
        summary=summary,
        heading=captions.heading,
        newest=max(summary.newest(table) for table in tables),
        names=one_line(listing([shell.titles.get(n, n) for n in tables[0].datasets])),
        letter=letter,
        group_titles=group_titles,
        doubles=_doubles,
        results=results,
        costs=costs,
        costs_from=costs_from,
        curves=curves,
    )


def _families(tables: Sequence[Table]) -> list[str]:
    named = {row.family for table in tables for row in table.rows if row.family}
    return sorted({one_line(family, FAMILY_LENGTH) for family in named})


def _doubles(table: Table) -> set[str]:
    """Titles of more than one model or set of parameters: their labels tell these apart."""
    counts = Counter(line.first.title for line in table.lines)
    return {title for title, number in counts.items() if number > 1}


def _unshown(tables: Sequence[Table]) -> str:
    """Style selectors of the columns that a reader has to choose, as `columns.js` writes them.

    They are in the page's head, so that these columns are not shown without scripts either, nor
    flash up before they run.
    """
    selectors = []
    for number, table in enumerate(tables, start=1):
        columns = [*BY_DATASET * len(table.datasets), *COSTS]
        for place, column in enumerate(columns, start=1):
            if not column.shown:
                board = f"section.board:nth-of-type({number})"
                selectors.append(f"{board} .leaderboard thead tr + tr > :nth-child({place})")
                selectors.append(f"{board} .leaderboard tbody > tr > :nth-child({place + 1})")
    return ", ".join(selectors)
