"""All pairs of the rows of a column, compared as the leaderboard compares them for its letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.groups import outcome_of
from reports.rows import Row
from reports.tables import Table
from suite.stats.paired import Outcome, Pairs, compare_all, mcnemar_p_values
from suite.stats.scoring import Scored
from suite.stats.ties import corrected

if TYPE_CHECKING:
    from numpy.typing import NDArray

# 60 rows make 1,770 pairs; with five seeds, what each got right takes half a megabyte in a page.
MOST_ROWS = 60


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Rows of one dataset under one protocol and preset, pair by pair.

    Attributes:
        table: Where the rows are ranked.
        dataset: Name of the dataset.
        rows: The rows, the best first: at least two.
        outcomes: What each of them got right.
        images: Number of test images.
        left_out: How many more rows have a result.
        pairs: All pairs of the column, those of `rows` first.
        half_width: Half the width of the 95 % interval of each difference: (rows, rows).
        p_value: Of each difference, as if it were the only one: (rows, rows).
        corrected: p-values corrected for all pairs of the column, by which rows have their letters;
            None where they have none.
    """

    table: Table
    dataset: str
    rows: tuple[Row, ...]
    outcomes: tuple[Outcome, ...]
    images: int
    left_out: int
    pairs: Pairs
    half_width: NDArray[np.float64]
    p_value: NDArray[np.float64]
    corrected: NDArray[np.float64] | None

    def common_seeds(self, first: int, second: int) -> tuple[int, ...]:
        """Seeds that two rows, given by their places, both have."""
        others = self.outcomes[second].seeds
        return tuple(seed for seed in self.outcomes[first].seeds if seed in others)

    def mcnemar(self) -> dict[tuple[int, int], list[float]]:
        """p-values of McNemar's test of each pair, one for each common seed, ascending.

        By the places of the two rows, the better row first.
        """
        found: dict[tuple[int, int], list[float]] = {}
        for seed in sorted({seed for outcome in self.outcomes for seed in outcome.seeds}):
            places = [n for n, outcome in enumerate(self.outcomes) if seed in outcome.seeds]
            packed = np.concatenate([self.outcomes[n].of([seed]) for n in places])
            values = _mcnemar(packed, self.images)
            above, below = np.triu_indices(len(places), 1)
            for i, j in zip(above.tolist(), below.tolist(), strict=True):
                found.setdefault((places[i], places[j]), []).append(float(values[i, j]))
        return found


def contests(tables: Iterable[Table], most_rows: int | None = MOST_ROWS) -> Iterator[Contest]:
    """Compare the rows of each dataset of each table.

    There is nothing to compare on folds, whose images are others for each seed, nor where fewer
    than two rows were scored on the same number of images.

    Args:
        tables: All tables.
        most_rows: How many rows to hold at most, the best; None for all. The others count
            in what is known of seeds and in the correction for the number of pairs.
    """
    for table in tables:
        runs: dict[tuple[str, str, str], list[Scored]] = {}
        for scored in table.runs:
            record = scored.record
            runs.setdefault((record.dataset.name, record.model, record.variant), []).append(scored)
        for dataset in table.datasets:
            ranked = [row for row in table.rows if row.dataset == dataset and row.rank is not None]
            found = [(row, outcome_of(row, runs[dataset, row.model, row.variant]))
                     for row in ranked]  # fmt: skip
            known = [(row, outcome) for row, outcome in found if outcome is not None]
            contest = _contest(table, dataset, known, most_rows)
            if contest is not None:
                yield contest


def _contest(
    table: Table, dataset: str, found: list[tuple[Row, Outcome]], most_rows: int | None
) -> Contest | None:
    sizes = Counter(row.images for row, _ in found)
    images = max(sizes, key=lambda size: (sizes[size], size), default=0)
    alike = [(row, outcome) for row, outcome in found if row.images == images]
    if len(alike) < 2:
        return None
    pairs = compare_all([outcome for _, outcome in alike], images)
    rows, outcomes = zip(*alike[:most_rows], strict=True)
    return Contest(
        table=table,
        dataset=dataset,
        rows=rows,
        outcomes=outcomes,
        images=images,
        left_out=len(found) - len(rows),
        pairs=pairs,
        half_width=pairs.half_widths(),
        p_value=pairs.p_values(),
        corrected=None if rows[0].tie_group is None else corrected(pairs),
    )


def _mcnemar(packed: NDArray[np.uint8], images: int) -> NDArray[np.float64]:
    """p-values of each pair of rows with one seed: (rows, rows).

    Args:
        packed: What each row got right: uint8, (rows, bytes).
        images: Number of test images.
    """
    right = np.unpackbits(packed, axis=1, count=images).astype(np.float32)
    only_first = right @ (1 - right).T
    return mcnemar_p_values(only_first, only_first.T)
