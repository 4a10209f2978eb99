"""Tie groups of a leaderboard's column: rows that can't be told from the best of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np

from suite.stats.paired import Outcome, compare_all
from suite.stats.ties import corrected, tie_groups

if TYPE_CHECKING:
    from reports.rows import Row
    from suite.stats.scoring import Scored

# All pairs are compared: 1,000 rows with five seeds take half a second and half a gigabyte.
MOST_ROWS = 1_000


def with_groups(rows: Sequence[Row], runs: Mapping[tuple[str, str], Sequence[Scored]]) -> list[Row]:
    """Give the rows of one dataset their tie groups.

    They stay without where a model was scored on folds of the training images, which are others
    for each seed, and in a column of more than 1,000 rows.

    Args:
        rows: The rows, the best first.
        runs: The runs of each (model, variant).
    """
    ranked = [row for row in rows if row.rank is not None]
    outcomes = [outcome_of(row, runs[row.model, row.variant]) for row in ranked]
    complete = [outcome for outcome in outcomes if outcome is not None]
    alike = len({row.images for row in ranked}) == 1
    if len(complete) < len(ranked) or len(ranked) > MOST_ROWS or not alike:
        return list(rows)
    pairs = compare_all(complete, ranked[0].images)
    groups = iter(tie_groups(corrected(pairs)))
    known = iter(pairs.seeds_known.tolist())
    return [
        row if row.rank is None else replace(row, tie_group=next(groups), seeds_known=next(known))
        for row in rows
    ]


def outcome_of(row: Row, runs: Iterable[Scored]) -> Outcome | None:
    """What the runs of a row got right; None without a result, and for folds.

    Rows of one family are taken to move alike with their seeds.
    """
    done = sorted((run for run in runs if run.right is not None), key=lambda r: r.record.seed)
    if not done or any(run.record.fold is not None for run in done):
        return None
    packed = np.stack([run.right for run in done if run.right is not None])
    return Outcome(tuple(run.record.seed for run in done), packed, row.family)


def letter(group: int) -> str:
    """A group as people read it: a to z, then aa, ab and so on."""
    name = ""
    while group:
        group, digit = divmod(group - 1, 26)
        name = ascii_lowercase[digit] + name
    return name
