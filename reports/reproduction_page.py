"""The reproduction table as a web page and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports import curves
from reports import published_words as words
from reports import reproduction_cells as cells
from reports.markdown import escape, grid
from reports.reproduction import Reproduction
from reports.shell import Shell

_COLUMNS = ("System", "Dataset", "Published %", "Ours %", "Difference", "Verdict")


def to_html(rows: Sequence[Reproduction], shell: Shell) -> str:
    """The text of `reproduction.html`.

    Args:
        rows: The rows.
        shell: The frame of the site's pages.
    """
    return shell.render(
        "reproduction.html.jinja",
        "reproduction.html",
        styles=("reproduction.css",),
        scripts=("table.js", "search.js"),
        sections=cells.sections(rows),
        counts=cells.verdict_counts(rows),
        cells=cells,
        words=words,
        curves=curves,
        link=web_address,
    )


def web_address(url: str) -> str:
    """The address if it is one of the web; empty otherwise, such as for a script's."""
    return url if url.startswith(("https://", "http://")) else ""


def to_markdown(rows: Sequence[Reproduction], titles: Mapping[str, str]) -> str:
    """The text of `reproduction.md`.

    Args:
        rows: The rows.
        titles: Titles of the datasets by name.
    """
    parts = ["# Reproduction", "Published values beside ours. [The leaderboard](leaderboard.md)"]
    counts = cells.verdict_counts(rows)
    if counts:
        parts.append(f"{escape(counts)}.")
    parts.append("\n".join(f"- **{f.subject}:** {escape(f.text, 5_000)}" for f in cells.rule()))
    for section in cells.sections(rows):
        parts.append(f"## {escape(section.heading)}")
        parts += filter(None, [escape(section.summary(titles))])
        parts.append(_grid(section, titles))
        parts += _notes(section, titles)
    return "\n\n".join(parts) + "\n"


def _grid(section: cells.Section, titles: Mapping[str, str]) -> str:
    lines = [_line(row, titles) for row in section.rows]
    return grid(_COLUMNS, lines, ("left", "left", "right", "right", "right", "left"))


def _line(row: Reproduction, titles: Mapping[str, str]) -> list[str]:
    result = row.result
    name = escape(result.title)
    if result.selection:
        name += f" (**{escape(words.model_name(result, row.label))}**)"
    printed = words.struck_out(result)
    about = ", ".join(filter(None, (words.kind(result), words.data_version(result))))
    ours = cells.ours_value(row)
    if row.ours is not None:
        ours += f" ({escape(cells.ours_from(row.ours))})"
    return [
        name,
        escape(titles.get(result.dataset, result.dataset)),
        (f"~~{printed}~~ " if printed else "")
        + f"{words.published_value(result)} ({escape(about)})",
        ours,
        cells.difference(row),
        "; ".join([f"**{row.verdict}**", *(escape(reason, 1_000) for reason in row.reasons)]),
    ]


def _notes(section: cells.Section, titles: Mapping[str, str]) -> list[str]:
    """What else is known of each value; rows of the benchmark have the same to say."""
    if section.name == "official":
        return []
    notes = []
    for row in section.rows:
        result = row.result
        value = f"{titles.get(result.dataset, result.dataset)} {words.published_value(result)}"
        address = web_address(result.url)
        where = [escape(result.title), *([f"<{address}>"] if _is_plain(address) else [])]
        known = "; ".join(f"{f.subject.lower()}: {f.text}" for f in cells.details(row))
        notes.append(f"- {', '.join([*where, escape(value)])}: {escape(known, 5_000)}")
    return ["### Sources and known defects", "\n".join(notes)]


def _is_plain(url: str) -> bool:
    return bool(url) and not any(c in "<>" or c.isspace() or not c.isprintable() for c in url)
