"""How far the rows of a ranking are apart on the same test images, and how sure that is.

A difference of two rows moves with both their seeds (with the splits of the training images that
come with them) and with the test images. A paired bootstrap draws images anew with replacement,
both rows' results on them together, and each row's runs. The variances that it tends to with the
number of draws have closed forms, which are used here: they cost no draws and give the same
answer every time. That of the images is the mean square of the images' differences about their
mean, divided by their number; that of the runs is `suite.stats.seeds`, since a few runs show less
than their whole spread. What is noise of single runs on single images counts in both, so that rows
are told apart too seldom rather than too often.

The difference is compared with a Student distribution, whose degrees of freedom follow from what
is known of the seeds (Welch and Satterthwaite).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.stats.seeds import seed_spread

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Outcome:
    """What the runs of one row got right.

    Attributes:
        seeds: The seeds, ascending.
        packed: Whether each prediction is right, `numpy.packbits` by seed: uint8, (seeds, bytes).
        kind: Rows of one kind, such as a family of models, are taken to move alike with seeds.
    """

    seeds: tuple[int, ...]
    packed: NDArray[np.uint8]
    kind: str | None = None

    def of(self, seeds: Sequence[int]) -> NDArray[np.uint8]:
        """Those of some seeds."""
        return self.packed[[self.seeds.index(seed) for seed in seeds]]


@dataclass(frozen=True)
class Pairs:
    """All pairs of some rows.

    Attributes:
        mean: Mean accuracy of a row less that of another: fractions of 1, (rows, rows).
        variance: Of `mean`: (rows, rows).
        freedom: Degrees of freedom of `variance`, infinite where only images count: (rows, rows).
        seeds_known: Whether anything is known of a row's spread over seeds: (rows,).
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    freedom: NDArray[np.float64]
    seeds_known: NDArray[np.bool_]

    def p_values(self) -> NDArray[np.float64]:
        """Probability of differences as large as these, were both rows equally good."""
        from scipy.special import stdtr

        with np.errstate(divide="ignore", invalid="ignore"):
            p = 2 * stdtr(self.freedom, -np.abs(self.mean) / np.sqrt(self.variance))
        surely = np.where(self.variance == 0, 0.0, p)
        return np.asarray(np.where(self.mean == 0, 1.0, surely))

    def half_widths(self, confidence: float = 0.95) -> NDArray[np.float64]:
        """Half the widths of the intervals of the differences, of that coverage in (0, 1)."""
        from scipy.special import ndtri, stdtrit

        tail = 0.5 + confidence / 2
        finite = np.where(np.isinf(self.freedom), 1.0, self.freedom)
        factor = np.where(np.isinf(self.freedom), ndtri(tail), stdtrit(finite, tail))
        return np.asarray(factor * np.sqrt(self.variance))


def compare_all(rows: Sequence[Outcome], images: int) -> Pairs:
    """Compare the mean accuracies of all pairs of rows.

    Args:
        rows: The rows: all of a column, since what is known of seeds is known together.
        images: Number of test images.
    """
    # How many seeds got each image right: small whole numbers, which float32 multiplies exactly.
    hits = np.zeros((len(rows), images), np.float32)
    for place, row in enumerate(rows):
        hits[place] = np.unpackbits(row.packed, axis=1, count=images).sum(axis=0, dtype=np.uint16)
    seeds = np.array([len(row.seeds) for row in rows], np.float64)
    products = (hits @ hits.T).astype(np.float64)
    sums = hits.sum(axis=1, dtype=np.float64)
    n, m = seeds[:, np.newaxis], seeds
    # Divided last, so that equal rows are exactly equal whatever their numbers of seeds.
    mean = (sums[:, np.newaxis] * m - sums * n) / (n * m * images)
    squares = np.diag(products)
    apart = (squares[:, np.newaxis] * m**2 + squares * n**2 - 2 * n * m * products) / (n * m) ** 2
    of_images = np.maximum(apart / images - mean**2, 0.0) / images
    of_seeds, doubt, known = _of_seeds(rows, images)
    variance = of_images + of_seeds
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.where(doubt > 0, variance**2 / doubt, np.inf)
    return Pairs(mean, variance, freedom, known)


def _of_seeds(rows: Sequence[Outcome], images: int) -> tuple[Any, Any, Any]:
    spread = seed_spread(
        [np.bitwise_count(row.packed).sum(axis=1, dtype=np.int64) / images for row in rows],
        [row.kind for row in rows],
        [bool((row.packed == row.packed[0]).all()) for row in rows],
        images,
    )
    return *spread.of_pairs(), spread.known


def mcnemar(only_first: int, only_second: int) -> float:
    """p-value of McNemar's exact test: two fixed models on the same images.

    Q. McNemar, Psychometrika 12 (1947). It tells of these two fitted models, not of others that
    other seeds would have given.

    Args:
        only_first: How many images the first model alone got right.
        only_second: How many the second model alone got right.
    """
    return float(mcnemar_p_values(only_first, only_second))


def mcnemar_p_values(only_first: Any, only_second: Any) -> NDArray[np.float64]:
    """p-values of McNemar's exact test for many pairs.

    Args:
        only_first: As for `mcnemar`, one for each pair: whole numbers, (...).
        only_second: Likewise.
    """
    from scipy.special import bdtr

    first, second = (np.asarray(one, np.int64) for one in (only_first, only_second))
    fewer, apart = np.minimum(first, second).astype(np.float64), first + second
    # Which model is right on an image that one alone gets right is a coin's toss, of which both
    # ends are alike.
    return np.asarray(np.minimum(1.0, 2 * bdtr(fewer, apart, 0.5)))
