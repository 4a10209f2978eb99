"""Texts of strangers (names, output of plugins) in a log and in Markdown: shown, never obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reports.markdown import escape, grid
from suite.errors import printable

MOST_LINES, LONGEST_LINE = 500, 500


def plain(line: str) -> str:
    """A line whose control characters are spelled out; a very long one is cut."""
    text = printable(line.replace("\t", " "))
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"


def logged(line: str) -> str:
    """A line for the job's log, where `::` at its beginning or `##[` would be a command."""
    return f"| {plain(line).replace('##[', '## [')}"


def block(lines: Iterable[str]) -> str:
    """Lines as a block of code, whose fence is longer than all that could end it."""
    shown = [plain(line) for line in lines]
    if len(shown) > MOST_LINES:
        shown[MOST_LINES:] = [f"and {len(shown) - MOST_LINES:,} more"]
    text = "\n".join(shown)
    fence = _fence(text, 3)
    return f"{fence}text\n{text}\n{fence}"


def code(text: str) -> str:
    """A text within a line, in which nothing is markup."""
    shown = plain(text)
    fence = _fence(shown, 1)
    return f"{fence} {shown} {fence}"


def _fence(text: str, least: int) -> str:
    return "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown that shows its cells as they are, web addresses too, which link alone."""
    cells = [[_cell(str(cell)) for cell in row] for row in rows]
    align = ["left"] * 2 + ["right"] * (len(columns) - 2)
    return grid(columns, cells, align)


def _cell(text: str) -> str:
    escaped = escape(text)
    return re.sub("www\\.", "www&#46;", escaped.replace("://", "&#58;//"), flags=re.IGNORECASE)
