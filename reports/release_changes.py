"""What changed from one release to the next: a pure function of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from reports.formats import listing, span
from reports.releases import FrozenRow, FrozenTable, RecordSums, Release

# In the order in which they are shown; "moved" is a row that only others gave another rank.
Kind = Literal["added", "removed", "changed", "moved"]
KINDS: tuple[Kind, ...] = ("added", "removed", "changed", "moved")


@dataclass(frozen=True, kw_only=True)
class RowChange:
    """A row that is not what it was.

    Attributes:
        kind: What became of it.
        before: The row in the release before; None for one that was added.
        after: The row now; None for one that was removed.
        reasons: What is different about its runs, such as "new seeds: 1 and 2".
    """

    kind: Kind
    before: FrozenRow | None
    after: FrozenRow | None
    reasons: tuple[str, ...] = ()

    @property
    def row(self) -> FrozenRow:
        """The row now, or as it was last."""
        row = self.after or self.before
        assert row is not None
        return row

    @property
    def difference_points(self) -> float | None:
        """Accuracy now less that before, in points; None where one of them is not known."""
        old = self.before.accuracy_mean if self.before else None
        new = self.after.accuracy_mean if self.after else None
        return None if old is None or new is None else 100 * (new - old)


@dataclass(frozen=True, kw_only=True)
class TableChanges:
    """What changed in the table of one protocol and preset.

    Attributes:
        protocol: Name of the protocol.
        preset: Name of the preset.
        kind: "added" or "removed" if the other release has no such table.
        rows: The rows that changed, by kind, dataset and rank.
        unchanged: How many rows did not.
    """

    protocol: str
    preset: str
    kind: Literal["added", "removed", "kept"]
    rows: tuple[RowChange, ...]
    unchanged: int

    def of(self, kind: Kind) -> tuple[RowChange, ...]:
        """The rows that changed in this way."""
        return tuple(change for change in self.rows if change.kind == kind)

    @property
    def summary(self) -> str:
        """All of it in a sentence, such as "2 added, 1 changed and 30 as before."."""
        words = {"moved": "with another rank or letter only"}
        counts = Counter(change.kind for change in self.rows)
        parts = [f"{counts[kind]:,} {words.get(kind, kind)}" for kind in KINDS if counts[kind]]
        parts += [f"{self.unchanged:,} as before"] * (self.unchanged > 0)
        return f"{listing(parts)}." if parts else "No rows."


@dataclass(frozen=True)
class Changes:
    """What changed from one release to the next.

    Attributes:
        before: The release before; None for the first.
        after: The release.
        models_added: Models that the release before did not have.
        models_removed: Models that only the release before had.
        tables: A table each; none for the first release.
    """

    before: Release | None
    after: Release
    models_added: tuple[str, ...]
    models_removed: tuple[str, ...]
    tables: tuple[TableChanges, ...]


def all_changes(releases: Sequence[Release]) -> tuple[Changes, ...]:
    """What each release changed, the newest first.

    Args:
        releases: The releases in their order, the oldest first.
    """
    changed = [changes(before, after) for before, after in pairwise((None, *releases)) if after]
    return tuple(reversed(changed))


def changes(before: Release | None, after: Release) -> Changes:
    """What changed from one release to the next.

    Args:
        before: The release before; None if there is none.
        after: The release.
    """
    if before is None:
        return Changes(None, after, (), (), ())
    old, new = _models(before), _models(after)
    keys = dict.fromkeys((t.protocol, t.preset) for t in (*after.tables, *before.tables))
    tables = tuple(_table_changes(before, after, *key) for key in keys)
    return Changes(before, after, tuple(sorted(new - old)), tuple(sorted(old - new)), tables)


def _models(release: Release) -> set[str]:
    return {row.model for table in release.tables for row in table.rows}


def _table_changes(before: Release, after: Release, protocol: str, preset: str) -> TableChanges:
    old, new = (_rows(release, protocol, preset) for release in (before, after))
    records = [_records(release, f"{protocol}-{preset}") for release in (before, after)]
    found = []
    for key in {**new, **old}:
        own = tuple(kept.get(key, ()) for kept in records)
        change = _row_change(old.get(key), new.get(key), own[0], own[1])
        found += [change] if change else []
    return TableChanges(
        protocol=protocol,
        preset=preset,
        kind="kept" if old and new else "added" if new else "removed",
        rows=tuple(sorted(found, key=_place)),
        unchanged=len({**new, **old}) - len(found),
    )


def _rows(release: Release, protocol: str, preset: str) -> dict[tuple[str, str], FrozenRow]:
    """Rows by dataset and entry."""

    def is_it(table: FrozenTable) -> bool:
        return (table.protocol, table.preset) == (protocol, preset)

    rows = (row for table in release.tables if is_it(table) for row in table.rows)
    return {(row.dataset, row.entry): row for row in rows}


def _records(release: Release, table: str) -> dict[tuple[str, str], tuple[RecordSums, ...]]:
    """Records of a table by dataset and entry, as their paths tell."""
    found: dict[tuple[str, str], tuple[RecordSums, ...]] = {}
    for record in release.manifest.records:
        parts = record.path.split("/")
        if len(parts) == 4 and parts[1] == table:
            key = parts[0], parts[2]
            found[key] = (*found.get(key, ()), record)
    return found


def _row_change(
    old: FrozenRow | None,
    new: FrozenRow | None,
    records_before: Sequence[RecordSums],
    records_after: Sequence[RecordSums],
) -> RowChange | None:
    if old is None or new is None:
        return RowChange(kind="removed" if new is None else "added", before=old, after=new)
    reasons = tuple(_reasons(old, new, records_before, records_after))
    if reasons or old.accuracy_mean != new.accuracy_mean:
        return RowChange(kind="changed", before=old, after=new, reasons=reasons)
    if (old.rank, old.tie_group) != (new.rank, new.tie_group):
        return RowChange(kind="moved", before=old, after=new)
    return None


def _reasons(
    old: FrozenRow,
    new: FrozenRow,
    records_before: Sequence[RecordSums],
    records_after: Sequence[RecordSums],
) -> Iterator[str]:
    gained = [str(seed) for seed in sorted(set(new.seeds) - set(old.seeds))]
    lost = [str(seed) for seed in sorted(set(old.seeds) - set(new.seeds))]
    if gained:
        yield f"new seed{'s' * (len(gained) > 1)}: {listing(gained)}"
    if lost:
        yield f"without seed{'s' * (len(lost) > 1)} {listing(lost)}"
    if old.failed != new.failed:
        yield f"failed runs: {new.failed} instead of {old.failed}"
    if {r.source_hash for r in records_before} != {r.source_hash for r in records_after}:
        yield "the code of the model changed"
    digests = {record.path: record.digest for record in records_before}
    replaced = sum(digests.get(r.path, r.digest) != r.digest for r in records_after)
    if replaced:
        yield f"{span(replaced, replaced, 'run')} made again"


def _place(change: RowChange) -> tuple[int, str, float, str]:
    row = change.row
    rank = float("inf") if row.rank is None else row.rank
    return KINDS.index(change.kind), row.dataset, rank, row.label
