"""The leaderboard as Markdown for a forge: GitHub's tables, complete without the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from reports.captions import facts, heading, warning
from reports.cells import costs, costs_from, results
from reports.formats import ABSENT, one_line
from reports.rows import Row
from reports.summary import progress
from reports.tables import Line, Table
from suite.records.store import Damage

if TYPE_CHECKING:
    from reports.charts.page import Charts

# Everything that could start markup; an underscore within a word is none in GitHub's dialect.
_SPECIAL = re.compile(r"[\\`*\[\]~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("|"): "&#124;"}
_RIGHT, _LEFT = "right", "left"


def to_markdown(
    tables: Sequence[Table],
    damaged: Sequence[Damage],
    titles: Mapping[str, str],
    charts: Iterable[Charts] = (),
) -> str:
    """The text of `leaderboard.md`.

    Args:
        tables: The tables, the primary one first.
        damaged: Records that could not be used.
        titles: Titles of the datasets by name.
        charts: The charts that lie beside it.
    """
    drawn = {(one.table.protocol, one.table.preset): one for one in charts}
    parts = ["# Leaderboard"]
    for table in tables:
        parts += _section(table, titles)
        of_table = drawn.get((table.protocol, table.preset))
        if of_table:
            parts += _charts(of_table)
    if damaged:
        rows = [[escape(str(d.path)), escape(d.reason)] for d in damaged]
        parts += [
            "## Damaged records",
            "They can't be believed and are counted nowhere.",
            grid(["Record", "What is wrong"], rows, [_LEFT, _LEFT]),
        ]
    return "\n\n".join(parts) + "\n"


def escape(text: str, limit: int = 300) -> str:
    """Any text as one line of Markdown that shows just that text, also in a table's cell."""
    html = one_line(text, limit).translate(_ENTITIES)
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", html)


def _section(table: Table, titles: Mapping[str, str]) -> list[str]:
    parts = [f"## {escape(heading(table, titles))}"]
    missing = progress(table, titles)
    banner = f"Not finished: {missing}." if missing else warning(table)
    if banner:
        parts.append(f"> **{escape(banner, 1_000)}**")
    parts.append(leaderboard(table, table.lines, titles))
    parts.append(
        "\n".join(f"- **{f.subject}:** {escape(f.text, 5_000)}" for f in facts(table, titles))
    )
    parts += ["### Intervals, times, memory and size", _more(table, titles)]
    failures = _failures(table.rows, titles)
    if failures:
        columns = ["Model", "Dataset", "Seed", "Status", "Reason"]
        parts += ["### Failed runs", grid(columns, failures, [_LEFT] * 2 + [_RIGHT] + [_LEFT] * 2)]
    return parts


def _charts(charts: Charts) -> list[str]:
    parts = ["### Charts"]
    for drawing in charts.drawings:
        figure = drawing.figure
        alternative = escape(figure.summary, 1_000)
        parts.append(f"**{escape(figure.heading)}**\n\n![{alternative}]({drawing.path})")
    return [*parts, escape(charts.missing, 1_000)] if charts.missing else parts


def leaderboard(table: Table, lines: Iterable[Line], titles: Mapping[str, str]) -> str:
    """The side-by-side table, as narrow as a forge shows without scrolling.

    Args:
        table: The table.
        lines: Its lines that are wanted.
        titles: Titles of the datasets by name.
    """
    columns, align = ["Model"], [_LEFT]
    for name in table.datasets:
        title = escape(titles.get(name, name))
        columns += [f"{title} rank", f"{title} %", "n"]
        align += [_RIGHT, _RIGHT, _RIGHT]
    columns += ["Parameters", "Training CPU s"]
    rows = [_line(line, table, titles) for line in lines]
    return grid(columns, rows, align + [_RIGHT] * 2)


def _line(line: Line, table: Table, titles: Mapping[str, str]) -> list[str]:
    cells = [
        "; ".join(
            [model_name(line.first.title, line.first.label), *(escape(note) for note in line.notes)]
        )
    ]
    for result in results(line, table):
        cells += [
            _whole(result.rank.text),
            _whole(escape(result.accuracy.text)),
            f"{result.runs.text}, {result.failed}" if result.failed else result.runs.text,
        ]
    elsewhere = costs_from(line, table)
    source = f" ({escape(titles.get(elsewhere, elsewhere))})" if elsewhere else ""
    parameters, seconds, *_ = costs(line)
    return [*cells, parameters.text + source, _whole(seconds.text)]


def model_name(title: str, label: str) -> str:
    """Title and label of a row; the label is as good a selection with the blanks it gets."""
    shown = _label(label)
    return f"**{shown}**" if title == label else f"{escape(title)} (**{shown}**)"


def _label(label: str) -> str:
    """A label with blanks, at which its cell can be broken."""
    return escape(label.replace(",", ", "))


def _whole(text: str) -> str:
    """Text that is not broken at its blanks."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _more(table: Table, titles: Mapping[str, str]) -> str:
    """What the leaderboard has no room for."""
    columns = ["Model", *(f"{escape(titles.get(n, n))}, 95 % interval" for n in table.datasets)]
    columns += ["Training wall s", "Prediction µs/image", "Memory MiB", "Size MiB"]
    rows = []
    for line in table.lines:
        intervals = [result.interval or ABSENT for result in results(line, table)]
        rows.append(
            [_label(line.first.label), *intervals, *(_whole(cell.text) for cell in costs(line)[2:])]
        )
    return grid(columns, rows, [_LEFT] + [_RIGHT] * (len(columns) - 1))


def _failures(rows: Iterable[Row], titles: Mapping[str, str]) -> list[list[str]]:
    return [
        [
            escape(row.label),
            escape(titles.get(row.dataset, row.dataset)),
            str(f.seed) if f.fold is None else f"{f.seed}, fold {f.fold}",
            escape(f.status.replace("_", " ")),
            escape(f.reason),
        ]
        for row in rows
        for f in row.failures
    ]


def grid(columns: Sequence[str], rows: Sequence[Sequence[str]], align: Sequence[str]) -> str:
    """A table of texts that are Markdown already.

    Args:
        columns: The headings.
        rows: The cells of each line.
        align: "left" or "right" for each column.
    """
    from tabulate import tabulate

    # Numbers are already text, and tabulate would read "1,234" or "nan" as numbers again.
    return tabulate(rows, columns, tablefmt="pipe", colalign=align, disable_numparse=True)
