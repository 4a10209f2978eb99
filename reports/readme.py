"""The best rows of the leaderboard in a README, between two markers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from reports.captions import DAGGER, has_groups, machine_name, one_seed
from reports.formats import count, listing, span
from reports.markdown import escape, leaderboard
from reports.summary import newest, progress
from reports.tables import Table
from suite.errors import UsageError

BEGIN = "<!-- leaderboard:begin -->"
END = "<!-- leaderboard:end -->"
LINES = 10


def read_readme(path: Path) -> str:
    """The text of a README that has the markers, each once and in their order.

    Raises:
        UsageError: It can't be read, or the markers are not there.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"can't read {path}: {reason}; name a Markdown file") from error
    if [text.count(BEGIN), text.count(END)] != [1, 1] or text.index(BEGIN) > text.index(END):
        raise UsageError(
            f"{path} has to have a line {BEGIN} and, after it, a line {END}, each once: the best "
            "rows are written between them"
        )
    return text


def with_part(text: str, part: str) -> str:
    """A README's text with that between its markers; all else stays as it is."""
    before, rest = text.split(BEGIN)
    newline = "\r\n" if before.endswith("\r\n") else "\n"
    inner = f"\n{part}\n".replace("\n", newline)
    return before + BEGIN + inner + END + rest.split(END)[1]


def write_readme(
    path: Path, tables: Sequence[Table], site: Path, titles: Mapping[str, str]
) -> bool:
    """Put the best rows of the first publishable table between a README's markers.

    Args:
        path: The README.
        tables: The tables, the primary one first.
        site: The folder that `leaderboard.md` lies in, which is linked to.
        titles: Titles of the datasets by name.

    Returns:
        Whether it had to be changed.

    Raises:
        UsageError: It can't be read or written, has no markers, or no table is publishable.
    """
    text = read_readme(path)
    table = next((table for table in tables if table.publishable), None)
    if table is None:
        raise UsageError(
            f"no publishable records for {path}: its numbers are to be quoted. Run "
            "`suite run --preset standard`, or leave out --readme."
        )
    link = Path(os.path.relpath(site / "leaderboard.md", path.parent)).as_posix()
    new = with_part(text, top_rows(table, titles, link))
    if new == text:
        return False
    try:
        path.write_bytes(new.encode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror}") from error
    return True


def top_rows(table: Table, titles: Mapping[str, str], link: str) -> str:
    """The best rows of a table with what a reader must know, as Markdown.

    Args:
        table: The table.
        titles: Titles of the datasets by name.
        link: Where all rows are: a path from the README.
    """
    name = table.datasets[0]
    lines = [line for line in table.lines if name in line.rows and line.rows[name].runs][:LINES]
    first = titles.get(name, name)
    all_rows = f"[All {count(len(table.lines))} rows]({quote(link)})"
    missing = progress(table, titles)
    unfinished = f" **Not finished: {escape(missing, 1_000)}.**" if missing else ""
    return "\n\n".join(
        [
            f"The best {span(len(lines), len(lines), 'row')} on {escape(first)} under protocol "
            f"`{table.protocol}`, preset `{table.preset}`.{unfinished} {all_rows}.",
            leaderboard(table, lines, titles),
            _note(table),
        ]
    )


def _note(table: Table) -> str:
    done = [row for row in table.rows if row.runs]
    text = "Mean accuracy"
    if any(row.accuracy_std is not None for row in done):
        text += " ± sample standard deviation over n runs"
    text += ", in percent."
    if has_groups(table):
        text += (
            " Rows with the same letter behind their rank can't be told from the first of them."
            f"{one_seed(table)}"
        )
    machines = listing(sorted({machine_name(row.machine) for row in done if row.machine}))
    if machines:
        text += f" Times from {escape(machines, 1_000)}."
    if any(row.machine and not row.comparable for row in done):
        text += f" {DAGGER} times from another machine than most."
    return f"{text} Newest record: {escape(newest(table))}."
