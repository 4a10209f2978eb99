"""Rows side by side: a line a model, its datasets next to each other, a table a (protocol, preset).

Runs of unlike protocols or presets never meet in one table. Runs on fewer training images
(`run --train-sizes`) have presets of their own, such as "standard-n600".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from reports.machines import Machine
from reports.rows import Description, Row, build_rows
from suite.errors import UsageError
from suite.protocol.rules import DEFAULT_PRESET, DEFAULT_PROTOCOL, find_preset, split_preset
from suite.records.record import Record
from suite.stats.scoring import Scored


@dataclass(frozen=True, kw_only=True)
class Line:
    """A model and variant with its rows on all datasets.

    Attributes:
        first: Any of its rows, for model, title, family and label.
        rows: Its rows by dataset.
        costs: The row whose parameters, times and memory are shown: that of the table's first
            dataset, or the next that has a result; None where none has.
        notes: Notes of all its rows.
    """

    first: Row
    rows: Mapping[str, Row]
    costs: Row | None
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """All that was run under one protocol and preset.

    Attributes:
        protocol: Name of the protocol.
        preset: Name of the preset.
        datasets: The datasets that have records, in the suite's order.
        rows: A row a model, variant and dataset, in order of dataset and rank.
        lines: A line a model and variant, by rank on the first dataset.
        machine: The machine whose times are compared; None where every run failed.
        runs: The scored runs behind it.
    """

    protocol: str
    preset: str
    datasets: tuple[str, ...]
    rows: tuple[Row, ...]
    lines: tuple[Line, ...]
    machine: Machine | None
    runs: tuple[Scored, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """The records of its runs."""
        return tuple(s.record for s in self.runs)

    @property
    def publishable(self) -> bool:
        """Whether its preset's results may be published."""
        preset = find_preset(self.preset)
        return preset is not None and preset.publishable

    @property
    def size(self) -> int | None:
        """Training images that its runs were reduced to; None where they had the preset's."""
        return split_preset(self.preset)[1]


def build_tables(
    scored: Iterable[Scored],
    descriptions: Mapping[tuple[str, str], Description],
    datasets: Sequence[str],
    *,
    protocol: str | None = None,
    preset: str | None = None,
) -> tuple[Table, ...]:
    """Sort scored runs into tables, the primary one first.

    Args:
        scored: The runs, in any order.
        descriptions: How to show each (model, variant).
        datasets: The suite's datasets in their order; others follow by name.
        protocol: Protocol of the primary table; None for any.
        preset: Preset of the primary table; None for any.

    Returns:
        The tables: those asked for, then publishable ones, then that of the default protocol and
        preset if it has most models, then those with most records; those of runs on fewer training
        images come last, the largest number first.

    Raises:
        UsageError: No run is of the protocol and preset asked for.
    """
    ordered = sorted(scored, key=_table_key)
    groups = [(key, list(runs)) for key, runs in groupby(ordered, key=_table_key)]
    tables = [_table(key, runs, descriptions, datasets) for key, runs in groups]

    def is_asked_for(table: Table) -> bool:
        return protocol in {None, table.protocol} and preset in {None, table.preset}

    if tables and not any(map(is_asked_for, tables)):
        there = ", ".join(f"{table.protocol}-{table.preset}" for table in tables)
        raise UsageError(
            f"no records of protocol {protocol or '(any)'} and preset {preset or '(any)'}. "
            f"There are: {there}."
        )

    common = _common_ground(tables)

    def place(table: Table) -> tuple[bool, bool, bool, int, bool, int]:
        """Least for the first table."""
        reduced = table.size is not None
        asked, size = is_asked_for(table), table.size or 0
        usual = table is common
        return not asked, not table.publishable, reduced, -size, not usual, -len(table.records)

    return tuple(sorted(tables, key=place))


def _common_ground(tables: Iterable[Table]) -> Table | None:
    """The table of the default protocol and preset, if most publishable models are in it.

    A grid of settings can have more records under another protocol, but no table compares more
    models with each other. While a sweep has only begun, it leaves the first place to others.
    """
    models = {(t.protocol, t.preset): {r.model for r in t.records} for t in tables if t.publishable}
    default = models.get((DEFAULT_PROTOCOL, DEFAULT_PRESET), set())
    if 2 * len(default) <= len(set().union(*models.values())):
        return None
    return next(t for t in tables if (t.protocol, t.preset) == (DEFAULT_PROTOCOL, DEFAULT_PRESET))


def _table_key(scored: Scored) -> tuple[str, str]:
    return scored.record.protocol, scored.record.preset


def _table(
    key: tuple[str, str],
    scored: Sequence[Scored],
    descriptions: Mapping[tuple[str, str], Description],
    order: Sequence[str],
) -> Table:
    def place(dataset: str) -> tuple[int, str]:
        return (order.index(dataset) if dataset in order else len(order)), dataset

    rows = sorted(build_rows(scored, descriptions), key=lambda row: place(row.dataset))
    datasets = tuple(sorted({row.dataset for row in rows}, key=place))
    machine = next((row.machine for row in rows if row.machine and row.comparable), None)
    return Table(
        protocol=key[0],
        preset=key[1],
        datasets=datasets,
        rows=tuple(rows),
        lines=_lines(rows, datasets),
        machine=machine,
        runs=tuple(scored),
    )


def _lines(rows: Iterable[Row], datasets: Sequence[str]) -> tuple[Line, ...]:
    by_model: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        by_model.setdefault((row.model, row.variant), {})[row.dataset] = row
    lines = [_line(own, datasets) for own in by_model.values()]

    def place(line: Line) -> tuple[list[float], str]:
        ranks = [line.rows[name].rank if name in line.rows else None for name in datasets]
        return [float("inf") if rank is None else rank for rank in ranks], line.first.label

    return tuple(sorted(lines, key=place))


def _line(rows: Mapping[str, Row], datasets: Sequence[str]) -> Line:
    own = [rows[name] for name in datasets if name in rows]
    return Line(
        first=own[0],
        rows=rows,
        costs=next((row for row in own if row.runs), None),
        notes=tuple(dict.fromkeys(note for row in own for note in row.notes)),
    )
