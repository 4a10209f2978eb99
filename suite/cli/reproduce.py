"""`suite reproduce`: published values beside ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli import options as o
from suite.cli.say import say, say_json

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from reports.reproduction import Reproduction
    from suite.console import Console

# Columns of the terminal from which on rows stand in a table, and in one that says all.
_TABLE, _WIDE = 70, 120
_STYLES = {"reproduced": "green", "higher": "yellow", "lower": "yellow", "failed": "red"}


def reproduce(
    results: o.RecordsFolder = Path("results"),
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SELECTION",
            help="Only these, such as svm or cmasch,./my_model.py.  \\[default: all]",
            show_default=False,
        ),
    ] = None,
    data_dir: o.DataDir = None,
    as_json: o.AsJson = False,
) -> None:
    """Show published values beside ours, with a verdict by a stated rule.

    Nothing is trained. Exits with 1 if a record is damaged; verdicts do not change the status.

    Examples: suite reproduce; suite reproduce --models cmasch,svm; suite reproduce --json.
    """
    from reports.reproduction_records import reproduce_records
    from suite.records.store import read

    if results != Path("results"):  # the usual one need not be there to show what was published
        o.check_records(results)
    rows, damaged = reproduce_records(read(results), models or (), data_dir=data_dir)
    if as_json:
        from reports.reproduction_cells import to_content

        content = {"rows": [to_content(row) for row in rows]}
        say_json(content)
    else:
        from suite.console import Console

        print_reproductions(rows, Console(highlight=False))
    for damage in damaged:
        say(f"damaged: {damage.path}: {damage.reason}", err=True)
    if damaged:
        raise typer.Exit(1)


def print_reproductions(rows: Sequence[Reproduction], console: Console) -> None:
    """Print the rows as tables as wide as the terminal lets, and the rule below.

    Args:
        rows: What to print.
        console: Where to; its width decides on the columns.
    """
    from rich.text import Text

    from reports.reproduction_cells import rule, sections, verdict_counts

    if not rows:
        console.print("nothing that was published for these models is on file")
        return
    elsewhere = 0
    for section in sections(rows):
        if section.name == "elsewhere":
            elsewhere = len(section.rows)
            continue
        console.print(Text(section.heading, style="bold"))
        if console.width >= _WIDE:
            console.print(_wide(section.rows))
        else:
            _print_narrow(section.rows, console)
        console.print()
    console.print(Text(f"{verdict_counts(rows)}."))
    console.print(
        Text("Accuracy and deviation in percent, difference (ours less theirs) in points.")
    )
    for fact in rule()[:2]:
        console.print(Text(f"{fact.subject}: {fact.text}", style="dim"))
    if elsewhere:
        note = f"{elsewhere} more published values have no model here: see the page, or --json."
        console.print(Text(note, style="dim"))


def _wide(rows: Sequence[Reproduction]) -> Table:
    """All that there is to say in one table."""
    from rich.text import Text

    from reports import published_words as words
    from reports import reproduction_cells as cells

    grid = _grid("what is compared, and why")
    for row in rows:
        grid.add_row(
            _label(row),
            Text(row.result.dataset),
            words.published_value(row.result),
            cells.ours_value(row),
            cells.difference(row),
            _verdict(row),
            Text("; ".join(_notes(row))),
        )
    return grid


def _print_narrow(rows: Sequence[Reproduction], console: Console) -> None:
    """Means alone, and what else there is to say below the table, once for all rows."""
    from rich.text import Text

    from reports import reproduction_cells as cells
    from reports.formats import ABSENT, percent
    from reports.published import as_printed

    grid = _grid("notes")
    numbers: dict[str, int] = {}
    for row in rows:
        noted = [numbers.setdefault(note, len(numbers) + 1) for note in _notes(row)]
        notes = " ".join(map(str, noted))
        figure = row.result.figure().percent
        theirs = ABSENT if figure is None else as_printed(figure)
        ours = percent(row.ours.row.accuracy_mean if row.ours else None)
        difference, verdict = cells.difference(row), _verdict(row)
        if console.width < _TABLE:
            name = Text.assemble(_label(row), f" ({row.result.dataset})")
            line = f"  {theirs}, ours {ours}, {difference}: "
            console.print(
                name, Text.assemble(line, verdict, f" ({notes})" if notes else ""), sep="\n"
            )
        else:
            grid.add_row(
                _label(row), Text(row.result.dataset), theirs, ours, difference, verdict, notes
            )
    if grid.rows:
        console.print(grid)
    for note, number in numbers.items():
        console.print(Text(f"{number:>3}  {note}", style="dim"))


def _grid(last: str) -> Table:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, header_style="bold")
    grid.add_column("model", overflow="fold", ratio=2)
    grid.add_column("data", overflow="fold")
    for name in ("published", "ours", "diff"):
        grid.add_column(name, justify="right", no_wrap=True)
    grid.add_column("verdict", no_wrap=True)
    grid.add_column(last, overflow="fold", ratio=3 if last != "notes" else None)
    return grid


def _label(row: Reproduction) -> Text:
    from rich.text import Text

    from reports.formats import one_line
    from reports.published_words import model_name

    return Text(one_line(model_name(row.result, row.label)))


def _verdict(row: Reproduction) -> Text:
    from rich.text import Text

    return Text(row.verdict, style=_STYLES.get(row.verdict, ""))


def _notes(row: Reproduction) -> Iterator[str]:
    """What is compared, and what has to be known of it."""
    from reports import published_words as words
    from reports import reproduction_cells as cells
    from reports.formats import one_line

    yield ", ".join(filter(None, (words.kind(row.result), words.data_version(row.result))))
    if row.ours is not None and row.ours.row.runs:
        yield one_line(f"ours: {cells.ours_from(row.ours)}")
    for reason in row.reasons:
        yield one_line(reason)
