"""A line's cells as text and as values to sort by: shared by page, Markdown and terminal."""

from __future__ import annotations

from dataclasses import dataclass

from reports.captions import DAGGER
from reports.columns import COSTS, Cell
from reports.curves import Curve
from reports.formats import ABSENT, accuracy, count, interval
from reports.groups import letter
from reports.rows import Row
from reports.tables import Line, Table


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a model did on one dataset.

    Attributes:
        dataset: Name of the dataset.
        rank: Its rank, with the letter of its tie group where that is known.
        accuracy: Mean and deviation in percent; why there is none otherwise.
        interval: The Wilson interval in percent; empty without a result.
        curve: Validation accuracy by epoch, where the model is trained by epochs.
        runs: Number of runs (seeds or folds) behind the mean.
        failed: How many runs failed, such as "1 failed"; empty for none.
    """

    dataset: str
    rank: Cell
    accuracy: Cell
    interval: str
    curve: Curve | None
    runs: Cell
    failed: str


def results(line: Line, table: Table) -> tuple[Result, ...]:
    """One result for each dataset of the table."""
    return tuple(_result(line.rows.get(name), name) for name in table.datasets)


def costs(line: Line) -> tuple[Cell, ...]:
    """Parameters, processor and wall seconds, microseconds an image, MiB."""
    row = line.costs
    cells = ((column, column.cell(row)) for column in COSTS)
    if row is None or row.comparable:
        return tuple(cell for _, cell in cells)
    return tuple(
        Cell(f"{cell.text} {DAGGER}", cell.value)
        if column.by_machine and cell.value is not None
        else cell
        for column, cell in cells
    )


def costs_from(line: Line, table: Table) -> str | None:
    """The dataset whose costs are shown where it is not the table's first; None otherwise."""
    shown = line.costs.dataset if line.costs else table.datasets[0]
    return None if shown == table.datasets[0] else shown


def _result(row: Row | None, dataset: str) -> Result:
    if row is None:
        nothing = Cell(ABSENT)
        return Result(
            dataset=dataset, rank=nothing, accuracy=Cell("not run"), interval="", curve=None,
            runs=nothing, failed="",
        )  # fmt: skip
    statuses = ", ".join(dict.fromkeys(f.status.replace("_", " ") for f in row.failures))
    return Result(
        dataset=dataset,
        rank=Cell(rank_text(row), row.rank),
        accuracy=Cell(accuracy(row.accuracy_mean, row.accuracy_std), row.accuracy_mean)
        if row.runs
        else Cell(statuses),
        interval=interval(row.accuracy_ci95) if row.runs else "",
        curve=row.curve,
        runs=Cell(str(row.runs), row.runs),
        failed=f"{row.failed} failed" if row.failed else "",
    )


def group_titles(table: Table) -> dict[tuple[str, int], str]:
    """What the letter behind a rank says, by dataset and tie group."""
    titles: dict[tuple[str, int], str] = {}
    for row in table.rows:
        if row.tie_group is not None:
            first = f"Group {letter(row.tie_group)}: can't be told from rank {count(row.rank)}"
            titles.setdefault((row.dataset, row.tie_group), first)
    return titles


def rank_text(row: Row) -> str:
    """A row's rank with the letter of its tie group, where that is known."""
    rank = count(row.rank)
    return rank if row.tie_group is None else f"{rank} {letter(row.tie_group)}"
