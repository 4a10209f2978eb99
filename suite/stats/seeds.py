"""How far rows move with their seeds, where a few seeds of a row's own tell little.

Two runs show next to nothing of how far apart runs are, and one shows nothing. Rows of one kind
(family) show together what each alone does not: their pooled variance joins each row's own as if
it were `PRIOR` more degrees of freedom, and stands alone for a row with one seed. Such a mixture is
the moderated variance of G. K. Smyth, Statistical Applications in Genetics and Molecular Biology 3
(2004), with a fixed weight in place of a fitted one: a column has too few rows to fit it.

Variances are pooled in units of p (1 - p), the variance of an image's result, since rows with fewer
mistakes move less. One square of p (1 - p) / images, that of runs which err independently, joins
each pool: two runs that happen to be equally good don't show that all runs are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Where variances are spread over rows as a scaled inverse chi-squared distribution with 4 degrees
# of freedom, one row in three deviates from the typical one by a factor of 1.5 or more.
PRIOR = 4


@dataclass(frozen=True)
class SeedSpread:
    """Variances of rows' mean accuracies through their seeds, and how well they are known.

    Attributes:
        variance: Of the mean over a row's seeds: (rows,).
        own: Half the variance of `variance` that is a row's alone: (rows,).
        lent: Root of half the variance of `variance` that comes with the pooled one, and that rows
            of one pool share: (rows,).
        pool: Which pool a row is lent from: (rows,).
        known: Whether anything is known of a row's seeds; `variance` is 0 where not: (rows,).
    """

    variance: NDArray[np.float64]
    own: NDArray[np.float64]
    lent: NDArray[np.float64]
    pool: NDArray[np.intp]
    known: NDArray[np.bool_]

    def of_pairs(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Variances of the differences of all pairs, and half the variances of these.

        Two arrays of (rows, rows): a variance v of n degrees of freedom has variance 2 v**2 / n.
        """
        row, column = np.newaxis, (slice(None), np.newaxis)
        shared = 2 * self.lent[column] * self.lent[row] * (self.pool[column] == self.pool[row])
        single = self.own + self.lent**2
        return self.variance[column] + self.variance[row], single[column] + single[row] + shared


def seed_spread(
    scores: Sequence[NDArray[np.float64]],
    kinds: Sequence[str | None],
    alike: Sequence[bool],
    images: int,
) -> SeedSpread:
    """Spread of rows over seeds, moderated by the other rows of their kind.

    Rows of a kind of which no row shows a spread are lent the pooled variance of all rows. A row
    whose several runs got the same images right has no spread, and says nothing of other rows.

    Args:
        scores: Accuracies of each row, one for each seed.
        kinds: Which rows are of one kind.
        alike: Whether the runs of a row, if it has several, all got the same images right.
        images: Number of test images.
    """
    seeds = np.array([len(one) for one in scores], np.intp)
    means = np.array([one.mean() for one in scores])
    squares = np.array([one.var() * len(one) for one in scores])
    fixed = np.array(alike, bool) & (seeds > 1)
    scale = means * (1 - means)
    freedom = np.where(fixed, 0, seeds - 1)
    varied = freedom > 0
    pool = _pools(kinds, varied)
    unit, total = np.zeros(len(scores)), np.zeros(len(scores), np.intp)
    for number in np.unique(pool):
        # The last pool is for rows of kinds that show nothing: that of all rows.
        members = varied & ((pool == number) | (number == len(scores)))
        if members.any():
            pooled = (squares[members] / scale[members]).sum() + 1 / images
            total[pool == number] = freedom[members].sum()
            unit[pool == number] = pooled / freedom[members].sum()
    known = fixed | (total > 0)
    weight = np.where(fixed | ~known, 0.0, PRIOR / (PRIOR + freedom))
    mixed = weight * unit * scale + np.where(fixed, 0.0, squares / (PRIOR + freedom))
    variance = np.where(known, mixed / np.maximum(seeds, 1), 0.0)
    return SeedSpread(
        variance=variance,
        own=variance**2 / (PRIOR + freedom),
        lent=weight * variance / np.sqrt(np.maximum(total, 1)),
        pool=pool,
        known=known,
    )


def _pools(kinds: Sequence[str | None], varied: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Number of each row's pool: the place of the first row of its kind that shows a spread.

    As many as there are rows where no row of the kind does.
    """
    first: dict[str | None, int] = {}
    for place in np.flatnonzero(varied).tolist():
        first.setdefault(kinds[place], place)
    return np.array([first.get(kind, len(kinds)) for kind in kinds], np.intp)
