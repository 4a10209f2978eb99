"""`suite data`: where each dataset was found, fetching what is missing, and near-duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli import options as o
from suite.cli.say import say, say_json
from suite.data.known import DATASETS, DatasetInfo, info_of
from suite.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID
    from rich.table import Table

    from suite.data.status import FileStatus

app = typer.Typer(
    help="Show where each dataset was found, fetch it, or look for near-duplicates in it.",
    no_args_is_help=True,
)

Datasets = Annotated[
    str, typer.Option(metavar="NAMES", help=f"Out of {', '.join(DATASETS)}, with commas between.")
]
DataDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Look here first: in DIR/fashion, DIR/mnist and DIR itself."),
]

_ALL = ",".join(DATASETS)


@app.command(epilog="Examples:  suite data status  |  suite data status --datasets fashion --json")
def status(
    datasets: Datasets = _ALL,
    data_dir: DataDir = None,
    as_json: o.AsJson = False,
) -> None:
    """Show where each file was found and whether its sum is right; download nothing.

    Exits with 1 if a file is there that is damaged or not what its name says, and no good one is.
    """
    from suite.data.files import cache_dir
    from suite.data.status import survey

    files = [state for info in _chosen(datasets) for state in survey(info, data_dir)]
    if as_json:
        say_json({"cache": str(cache_dir()), "files": [asdict(f) for f in files]})
    else:
        _show(files)
    if any(state.problems and not state.ok for state in files):
        raise typer.Exit(1)


@app.command(
    epilog="Examples:  suite data fetch  |  suite data fetch --datasets mnist --data-dir ~/mnist"
)
def fetch(datasets: Datasets = _ALL, data_dir: DataDir = None) -> None:
    """Find or download datasets, check them, and decode them into the suite's cache."""
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from suite.console import Console
    from suite.data.datasets import prepare

    failures: list[str] = []
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    for info in _chosen(datasets):
        with Bars(
            *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
        ) as bars:
            try:
                dataset = prepare(info, data_dir, _Downloads(bars))
            except DataError as error:
                failures.append(str(error))
                continue
        say(f"{info.name}: ready in {dataset.folder}")
    if failures:
        raise DataError("\n".join(failures))


@app.command(
    epilog="Examples:  suite data duplicates --datasets fashion  |  "
    "suite data duplicates --datasets fashion,mnist --output lists"
)
def duplicates(
    datasets: Datasets = _ALL,
    data_dir: DataDir = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write DIR/NAME.csv for each dataset; print nothing."),
    ] = None,
) -> None:
    """List the test images that are nearly the same as a training image, as CSV.

    For 10,000 test and 60,000 training images that takes about a minute at most, on one core.
    """
    from datetime import date

    from suite.data.datasets import load
    from suite.data.duplicates import duplicates_of, to_csv
    from suite.data.files import replacing

    for info in _chosen(datasets):
        dataset = load(info.name, data_dir)
        text = to_csv(dataset, duplicates_of(dataset), date.today())
        if output is None:
            typer.echo(text, nl=False)
            continue
        path = output / f"{info.name}.csv"
        with replacing(path, "Choose another --output.") as partial:
            partial.write_text(text, encoding="utf-8")


class _Downloads:
    """Shows the downloads of a dataset, a bar for each file."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, name: str, received: int, total: int) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name)
        self._bars.update(self._tasks[name], completed=received, total=total or None)


def _chosen(names: str) -> list[DatasetInfo]:
    chosen = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    if not chosen:
        raise UsageError(f"--datasets: expected names, got {names!r}.{did_you_mean('', DATASETS)}")
    return [info_of(name) for name in chosen]


def _show(files: Sequence[FileStatus]) -> None:
    from suite.console import Console

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(_table(files))
    else:
        for state in files:
            say(f"{state.dataset}  {state.file}  {_verdict(state)}  {_where(state)}")
    for line in _remarks(files):
        say(line)


def _table(files: Sequence[FileStatus]) -> Table:
    """A row for each dataset and place, rather than for each file, so that paths have room."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    groups: dict[tuple[str, str, str], list[str]] = {}
    for state in files:
        folder = _where(state, whole=False)
        groups.setdefault((state.dataset, _verdict(state), folder), []).append(state.file)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("dataset", "files", "sums"):
        table.add_column(heading, no_wrap=True)
    table.add_column("found in", overflow="fold")
    colours = {"ok": "green", "missing": "yellow", "wrong": "red"}
    for (dataset, verdict, folder), names in groups.items():
        every = len(names) == len(DATASETS[dataset].files)
        shown = "all" if every else "\n".join(names)
        table.add_row(dataset, shown, Text(verdict, style=colours[verdict]), Text(folder))
    return table


def _verdict(state: FileStatus) -> str:
    if state.ok:
        return "ok"
    return "wrong" if state.problems else "missing"


def _where(state: FileStatus, whole: bool = True) -> str:
    if state.place is None:
        return "-"
    if state.path is None:
        return f"{state.place} (made when first used)"
    path = Path(state.path)
    return f"{state.place}: {path if whole or path.suffix == '.npz' else path.parent}"


def _remarks(files: Sequence[FileStatus]) -> list[str]:
    """What is wrong, and for what is missing where it was looked for and what to do."""
    lines = [problem for state in files for problem in state.problems]
    missing = {state.dataset: state for state in files if _verdict(state) == "missing"}
    for name, state in missing.items():
        lines.append(
            f"{name} was not found in {', '.join(state.looked)}.\n"
            f"Fetch it (suite data fetch --datasets {name}), or give its folder with --data-dir."
        )
    return lines
