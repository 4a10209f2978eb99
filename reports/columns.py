"""The columns of the page's tables: what they are called, show and are sorted by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reports.formats import ABSENT, count, mebibytes, percent, quantity
from reports.rows import Row


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and the number it is sorted by; None sorts last."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Column:
    """A figure of a row.

    Attributes:
        key: Its name in addresses of the page.
        head: What stands at its head, line by line.
        name: What it is called where there is no head beside it.
        value: The figure of a row; None where there is none.
        text: The figure as text; takes None too.
        shown: Whether it is shown before a reader chooses columns.
        best_high: Whether the first click on its head sorts the highest figure first.
        by_machine: Whether figures of unlike machines can't be compared.
    """

    key: str
    head: tuple[str, ...]
    name: str
    value: Callable[[Row], float | None]
    text: Callable[[Any], str]
    shown: bool = True
    best_high: bool = False
    by_machine: bool = False

    def cell(self, row: Row | None) -> Cell:
        """The figure of a row; a cell without a value if there is no row."""
        if row is None:
            return Cell(ABSENT)
        value = self.value(row)
        return Cell(self.text(value), value)


# The page shows more than the figure in the first three.
BY_DATASET = (
    Column("rank", ("#",), "rank", lambda row: row.rank, count),
    Column(
        "accuracy", ("Accuracy %",), "accuracy %", lambda row: row.accuracy_mean, percent,
        best_high=True,
    ),
    Column("n", ("n",), "n", lambda row: row.runs, count, best_high=True),
    Column(
        "deviation", ("Deviation", "points"), "deviation of accuracy, points",
        lambda row: row.accuracy_std, percent, shown=False,
    ),
    Column(
        "balanced", ("Balanced", "accuracy %"), "balanced accuracy %",
        lambda row: row.balanced_accuracy_mean, percent, shown=False, best_high=True,
    ),
    Column(
        "f1", ("Macro", "F1 %"), "macro F1 %",
        lambda row: row.macro_f1_mean, percent, shown=False, best_high=True,
    ),
    Column("log_loss", ("Log", "loss"), "log loss",
           lambda row: row.log_loss_mean, quantity, shown=False),
    Column(
        "ece", ("Calibration", "error %"), "expected calibration error %",
        lambda row: row.expected_calibration_error_mean, percent, shown=False,
    ),
    Column(
        "clean", ("Without", "duplicates %"), "accuracy % without near-duplicates",
        lambda row: row.accuracy_clean_mean, percent, shown=False, best_high=True,
    ),
)  # fmt: skip

COSTS = (
    Column("parameters", ("Parameters",), "parameters", lambda row: row.parameter_count, count),
    Column(
        "cpu", ("Training", "CPU s"), "training CPU s",
        lambda row: row.fit_cpu_seconds_mean, quantity, by_machine=True,
    ),
    Column(
        "wall", ("Training", "wall s"), "training wall s",
        lambda row: row.fit_wall_seconds_mean, quantity, shown=False, by_machine=True,
    ),
    Column(
        "prediction", ("Prediction", "µs / image"), "prediction µs / image",
        lambda row: row.predict_microseconds_per_image, quantity, by_machine=True,
    ),
    Column(
        "memory", ("Memory", "MiB"), "memory MiB",
        lambda row: row.peak_memory_mib, quantity, by_machine=True,
    ),
    Column("size", ("Size", "MiB"), "size MiB", lambda row: mebibytes(row.model_bytes), quantity),
)  # fmt: skip
