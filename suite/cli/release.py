"""`suite release NAME`: a leaderboard frozen under a name, and checking one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli import options as o
from suite.cli.say import say
from suite.errors import UsageError

if TYPE_CHECKING:
    from reports.release_files import Check
    from reports.releases import Release
    from reports.tables import Table

_SHOWN_PATHS = 20


def release(
    name: Annotated[
        str,
        typer.Argument(help="Letters, digits, dots and dashes, such as 2026.11.", metavar="NAME"),
    ],
    results: o.RecordsFolder = Path("results"),
    site: Annotated[
        Path, typer.Option(metavar="DIR", help="The site; releases lie in its folder releases/.")
    ] = Path("docs"),
    day: Annotated[
        str | None,
        typer.Option(
            "--date",
            metavar="YYYY-MM-DD",
            help="The release's date.  \\[default: today, UTC]",
            show_default=False,
        ),
    ] = None,
    allow_unpublishable: Annotated[
        bool,
        typer.Option(
            "--allow-unpublishable", help="Take presets along whose numbers are not to be quoted."
        ),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Check the release of that name; write nothing.")
    ] = False,
    project_url: o.ProjectUrl = "",
    data_dir: o.DataDir = None,
) -> None:
    """Freeze the leaderboard under a name: tables, sums of all records, how to cite it.

    A release is never changed. The site is written anew, as by `suite report`, so that its
    pages lead to the release.

    Examples: suite release 2026.11; suite release 2026.11 --check.
    """
    if check:
        from reports.release_files import check as check_release

        found = check_release(site, name, results)
        _print_check(found, results)
        if found.problems:
            raise typer.Exit(1)
        return
    from reports.charts.drawing import converter
    from reports.release_files import freeze
    from reports.releases import checked_name, read_releases
    from reports.site import summarise, write_report
    from suite.records.store import scan

    checked_name(name)
    o.check_project_url(project_url)
    o.check_records(results)
    of_day = _day(day)
    read_releases(site)  # damaged, they would keep the site from being written after the freeze
    report = summarise(scan(results), data_dir=data_dir)
    made = freeze(
        report.tables, report.damaged, site, name, of_day, allow_unpublishable=allow_unpublishable
    )
    charts = converter() is not None
    write_report(
        scan(results),
        site,
        data_dir=data_dir,
        project_url=project_url,
        results=o.below_project(results),
        charts=charts,
    )
    _print_release(made, site)
    _print_unfinished(report.tables)


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--date is {text!r}, expected a date such as 2026-11-22") from error


def _print_release(made: Release, site: Path) -> None:
    from reports.release_pages import CITATION
    from reports.releases import FOLDER

    folder = site / FOLDER / made.name
    tables = ", ".join(f"{table.protocol}-{table.preset}" for table in made.tables)
    say(f"release {made.name} of {made.manifest.date}: {tables}")
    say(f"{len(made.manifest.records):,} records, identifier {made.identifier}")
    say(f"how to cite it: {folder / CITATION}")
    for path in (folder / "index.html", site / "releases.html"):
        say(str(path))
    if not made.manifest.publishable:
        say("not publishable: it has tables whose numbers are not to be quoted", err=True)


def _print_unfinished(tables: Sequence[Table]) -> None:
    from reports.summary import progress
    from suite.data.known import DATASETS

    titles = {name: info.title for name, info in DATASETS.items()}
    for table in tables:
        missing = progress(table, titles)
        if missing:
            say(f"not finished: {table.protocol}-{table.preset}: {missing}", err=True)


def _print_check(found: Check, results: Path) -> None:
    made = found.release
    say(f"release {made.name} of {made.manifest.date}, identifier {made.identifier}")
    for problem in found.problems:
        say(f"damaged: {problem}", err=True)
    if not found.problems:
        say(f"all {len(made.manifest.files) + 4} files are as they were released")
    say(
        f"of {len(made.manifest.records):,} records in {results}: {found.unchanged:,} unchanged, "
        f"{len(found.replaced):,} replaced, {len(found.missing):,} missing or damaged"
    )
    for state, paths in (("replaced", found.replaced), ("missing", found.missing)):
        for path in paths[:_SHOWN_PATHS]:
            say(f"{state}: {path}")
        if len(paths) > _SHOWN_PATHS:
            say(f"{state}: and {len(paths) - _SHOWN_PATHS:,} more")
