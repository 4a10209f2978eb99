"""Which rows of a ranking can't be told apart: groups that share a letter behind their rank.

Pairs of rows are compared as `suite.stats.paired` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from suite.stats.paired import p_values, spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Outcome:
    """What the runs of one row got right.

    Attributes:
        seeds: The seeds, ascending.
        packed: Whether each prediction is right, `numpy.packbits` by seed: uint8, (seeds, bytes).
    """

    seeds: tuple[int, ...]
    packed: NDArray[np.uint8]

    def of(self, seeds: Sequence[int]) -> NDArray[np.uint8]:
        """Those of some seeds."""
        return self.packed[[self.seeds.index(seed) for seed in seeds]]


def tie_groups(rows: Sequence[Outcome], images: int) -> list[int]:
    """Divide a ranking into groups of rows that can't be told from the group's first row.

    All pairs of rows are compared, Holm-corrected for their number: which row is first is the
    data's choice, so that a correction for the comparisons with that row alone would be too small
    (of 40 equal models, one in three rankings would be divided). From each group's first row
    downwards, the first row that is worse, and by more than chance, begins the next group.

    Args:
        rows: The rows, the best first.
        images: Number of test images.

    Returns:
        The group of each row, counted from 1.
    """
    count = len(rows)
    above, below = np.triu_indices(count, 1)
    corrected = np.ones((count, count))
    mean, variance, freedom = _with_own_seeds(rows, images, *pair_spreads(rows, images))
    corrected[above, below] = holm(p_values(mean, variance, freedom)[above, below])
    corrected[mean <= 0] = 1.0  # better on the seeds that both have: no reason for a lower group
    groups: list[int] = []
    while len(groups) < count:
        top = len(groups)
        differs = np.flatnonzero(corrected[top, top + 1 :] < SIGNIFICANCE)
        members = 1 + (int(differs[0]) if len(differs) else count - top - 1)
        groups += [groups[-1] + 1 if groups else 1] * members
    return groups


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-values corrected for their number: S. Holm, Scandinavian Journal of Statistics 6 (1979).

    The same as `statsmodels.stats.multitest.multipletests(..., method="holm")`, whose import takes
    longer than a report.

    Args:
        p_values: Of the comparisons of one family: (n,).

    Returns:
        The corrected values, in the same order.
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return corrected


def _with_own_seeds(
    rows: Sequence[Outcome],
    images: int,
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    freedom: NDArray[np.float64],
) -> tuple[NDArray[np.float64], ...]:
    """What `pair_spreads` gives, but that no known spread over seeds is left out.

    Pairs with fewer than two common seeds are compared by their rows' own means, where a row has
    several: the variance of its seeds, pooled if both have several, stands for both rows and joins
    that of the images. On one common seed alone, one in three pairs of a row with five seeds and an
    equal one with one seed would be told apart.
    """
    scores = [_accuracies(row.packed[np.newaxis], images)[0] for row in rows]
    seeds = np.array([len(row.seeds) for row in rows])
    own = np.array([one.mean() for one in scores])
    squares = np.array([one.var() * len(one) for one in scores])
    known = (seeds - 1)[:, np.newaxis] + (seeds - 1)
    sets = [set(row.seeds) for row in rows]
    common = np.array([[len(one & other) for other in sets] for one in sets]).reshape(known.shape)
    of_seeds = (squares[:, np.newaxis] + squares) / np.maximum(known, 1)
    share = of_seeds * (1 / seeds[:, np.newaxis] + 1 / seeds)
    apart = (common < 2) & (known > 0)
    total = variance + share
    with np.errstate(divide="ignore", invalid="ignore"):
        own_freedom = np.where(share > 0, known * (total / share) ** 2, np.inf)
    return (
        np.where(apart, own[:, np.newaxis] - own, mean),
        np.where(apart, total, variance),
        np.where(apart, own_freedom, freedom),
    )


def pair_spreads(rows: Sequence[Outcome], images: int) -> tuple[NDArray[np.float64], ...]:
    """How far apart each pair of rows is, on the seeds that both have.

    Rows without a common seed are compared on a seed of each, as if it were the same one: as where
    there is but one seed, on the images alone.

    Args:
        rows: The rows.
        images: Number of test images.

    Returns:
        Mean difference of accuracy (row less column), its variance and degrees of freedom: three
        arrays of (rows, rows).
    """
    kinds = sorted({row.seeds for row in rows})
    found = np.zeros((3, len(rows), len(rows)))
    for i, first in enumerate(kinds):
        for second in kinds[i:]:
            common = sorted(set(first) & set(second))
            left = [n for n, row in enumerate(rows) if row.seeds == first]
            right = [n for n, row in enumerate(rows) if row.seeds == second]
            mean, variance, freedom = _block(
                np.stack([rows[n].of(common or first[:1]) for n in left]),
                np.stack([rows[n].of(common or second[:1]) for n in right]),
                images,
            )
            for values, there, back in zip(
                found, (mean, variance, freedom), (-mean, variance, freedom), strict=True
            ):
                values[np.ix_(right, left)] = back.T
                values[np.ix_(left, right)] = there
    return tuple(found)


def _block(
    first: NDArray[np.uint8], second: NDArray[np.uint8], images: int
) -> tuple[NDArray[np.float64], ...]:
    """Mean, variance and freedom of each row of one kind less each of another: (rows, rows).

    Args:
        first: Whether predictions are right, packed: (rows, seeds, bytes).
        second: Likewise, with the same seeds.
        images: Number of test images.
    """
    seeds = first.shape[1]
    by_seed = _accuracies(first, images)[:, np.newaxis] - _accuracies(second, images)
    squares = np.zeros(by_seed.shape[:2])
    # How many seeds got each image right.
    hits = [np.zeros((len(rows), images), np.float32) for rows in (first, second)]
    for seed in range(seeds):
        right = [_unpacked(rows[:, seed], images) for rows in (first, second)]
        squares += _squared_distances(*right)
        hits = [of_all + of_one for of_all, of_one in zip(hits, right, strict=True)]
    image_squares = _squared_distances(*hits) / seeds**2
    return spread(by_seed, image_squares / images, squares / (seeds * images), images)


def _accuracies(packed: NDArray[np.uint8], images: int) -> NDArray[np.float64]:
    """Of each row and seed: (rows, seeds)."""
    return np.asarray(np.bitwise_count(packed).sum(axis=2, dtype=np.int64) / images)


def _unpacked(packed: NDArray[np.uint8], images: int) -> NDArray[np.float32]:
    return np.unpackbits(packed, axis=1, count=images).astype(np.float32)


def _squared_distances(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Between each row of one matrix and each of another; exact for small whole numbers."""
    a, b = (np.einsum("ij,ij->i", m, m, dtype=np.float64) for m in (first, second))
    return np.asarray(a[:, np.newaxis] + b - 2 * (first @ second.T).astype(np.float64))
