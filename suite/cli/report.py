"""`suite report`: from records to the page and its data files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli import options as o
from suite.cli.say import say
from suite.errors import UsageError
from suite.protocol.rules import preset_named, protocol_named

if TYPE_CHECKING:
    from rich.table import Table as TerminalTable

    from reports.site import Report
    from reports.tables import Line, Table
    from suite.console import Console

# Columns of the terminal from which on more is shown, with two datasets; another one takes its own.
_ROOMY, _MIDDLE, _WIDE = 60, 80, 120
_COLUMNS_OF_A_DATASET = 15
_MOST_LINES = 200


def report(
    results: o.RecordsFolder = Path("results"),
    site: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder that the report is written to.")
    ] = Path("site"),
    protocol: Annotated[
        str | None, typer.Option(help="Protocol of the first table.", show_default=False)
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="Preset of the first table; standard-n600 for runs on 600 images.",
            show_default=False,
        ),
    ] = None,
    unverified: o.Unverified = False,
    data_dir: o.DataDir = None,
    readme: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Put the best rows between this file's markers.",
            show_default=False,
        ),
    ] = None,
    project_url: o.ProjectUrl = "",
    charts: Annotated[
        bool, typer.Option("--charts/--no-charts", help="Draw charts, or leave them out.")
    ] = True,
) -> None:
    """Write the leaderboard and the published values beside ours, as pages and as data files.

    Charts need vl-convert; without it, the report has none and says how to get it.

    Exits with 1 if a record is damaged.

    Examples: suite report; suite report --results old-results --site old-site --preset quick;
    suite report --site docs --readme README.md.
    """
    from reports.charts.drawing import INSTALL, converter
    from reports.readme import read_readme, write_readme
    from reports.site import write_report
    from reports.site_files import check_site
    from suite.data.known import DATASETS
    from suite.records.record import UNVERIFIED
    from suite.records.store import scan

    if protocol is not None:
        protocol_named(protocol)
    if preset is not None:
        preset_named(preset)
    if readme is not None:
        read_readme(readme)
    o.check_project_url(project_url)
    check_site(site, results)
    found = chain(scan(results), scan(results, f"{UNVERIFIED}/*") if unverified else ())
    first = next(found, None)
    if first is None:
        raise UsageError(
            f"no records in {results.absolute()}. Make some first: `suite run --preset quick`, "
            "or offline `suite run --datasets digits`; or name their folder with --results."
        )
    written = write_report(
        chain([first], found),
        site,
        protocol=protocol,
        preset=preset,
        data_dir=data_dir,
        project_url=project_url,
        results=o.below_project(results),
        charts=charts and converter() is not None,
    )
    print_report(written)
    if charts and converter() is None:
        say(f"no charts: vl-convert is not installed; {INSTALL}")
    if readme is not None:
        titles = {name: info.title for name, info in DATASETS.items()}
        changed = write_readme(readme, written.tables, site, titles)
        say(str(readme) if changed else f"{readme} is up to date")
    if written.damaged:
        raise typer.Exit(1)


def print_report(report: Report) -> None:
    """Print the primary table and the files written; damaged records to standard error."""
    from suite.console import Console

    console = Console(highlight=False)
    if report.tables:
        print_leaderboard(report.tables[0], console)
    for other in report.tables[1:]:
        console.print(f"also on the page: protocol {other.protocol}, preset {other.preset}")
    for path in report.paths:
        say(path)
    for damage in report.damaged:
        say(f"damaged: {damage.path}: {damage.reason}", err=True)


def print_leaderboard(table: Table, console: Console) -> None:
    """Print a table as wide as the terminal lets: model and accuracies come first.

    Of a very long one the best lines: thousands take the terminal seconds, and nobody reads them.

    Args:
        table: What to print.
        console: Where to; its width decides on the columns.
    """
    from rich.text import Text

    from reports.captions import DAGGER, folds, heading, machine_name, warning
    from reports.summary import progress
    from suite.data.known import DATASETS

    titles = {name: info.title for name, info in DATASETS.items()}
    console.print(Text(heading(table, titles), style="bold"))
    missing = progress(table, titles)
    banner = f"Not finished: {missing}." if missing else warning(table)
    if banner:
        console.print(Text(banner, style="yellow"))
    more = max(0, len(table.datasets) - 2)
    console.print(_grid(table, console.width - more * _COLUMNS_OF_A_DATASET))
    unseen = len(table.lines) - _MOST_LINES
    if unseen > 0:
        console.print(f"and {unseen:,} more: see the page")
    note = f"accuracy %: mean ± sample deviation over {'folds' if folds(table) else 'seeds'}"
    if any(row.machine and not row.comparable for row in table.rows):
        note += f"; {DAGGER} times from another machine"
    if table.machine is not None:
        note += f"; {machine_name(table.machine)}"
    console.print(Text(note, style="dim"))
    failed = sum(row.failed for row in table.rows)
    if failed:
        console.print(Text(f"{failed} of {len(table.records)} runs failed: see the page for why"))


def _grid(table: Table, room: int) -> TerminalTable:
    from rich.table import Table as TerminalTable
    from rich.text import Text

    grid = TerminalTable(box=None, pad_edge=False, header_style="bold")
    for name, justify in _columns(table, room):
        keeps = name not in {"model", *table.datasets}
        grid.add_column(
            name, justify="right" if justify else "left", no_wrap=keeps, overflow="fold"
        )
    for line in table.lines[:_MOST_LINES]:
        grid.add_row(*(Text(cell) for cell in _cells(line, table, room)))
    return grid


def _columns(table: Table, room: int) -> Iterator[tuple[str, bool]]:
    """Names of the columns, and whether they hold numbers."""
    yield "#", True
    yield "model", False
    for position, name in enumerate(table.datasets):
        if position and room >= _WIDE:
            yield "#", True
        yield name, True
        if room >= _WIDE:
            yield "n", True
    if room >= _MIDDLE:
        yield "parameters", True
        yield "CPU s", True
    if room >= _WIDE:
        yield "wall s", True
        yield "µs/image", True
        yield "MiB", True


def _cells(line: Line, table: Table, room: int) -> Iterator[str]:
    """The cells of `_columns`."""
    from reports.cells import costs, results
    from reports.formats import one_line, percent

    all_results = results(line, table)
    yield all_results[0].rank.text
    yield one_line(line.first.label)
    for position, result in enumerate(all_results):
        if position and room >= _WIDE:
            yield result.rank.text
        value = result.accuracy.value
        yield percent(value) if room < _ROOMY and value is not None else result.accuracy.text
        if room >= _WIDE:
            yield f"{result.runs.text}, {result.failed}" if result.failed else result.runs.text
    parameters, cpu, *others = (cell.text for cell in costs(line))
    if room >= _MIDDLE:
        yield parameters
        yield cpu
    if room >= _WIDE:
        yield from others
