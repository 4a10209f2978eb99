"""Mean ranks of models over datasets, and how far apart they must be to tell of a difference.

J. Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of Machine
Learning Research 7 (2006). What is drawn anew is the dataset: models are told apart where they
keep their order from dataset to dataset. Seeds and folds repeat one dataset, and are no blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from suite.stats.ties import SIGNIFICANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

# With fewer, Nemenyi's critical difference is larger than any difference of mean ranks can be,
# whatever the number of models, and Friedman's test needs three models.
FEWEST_BLOCKS = 3
FEWEST_MODELS = 3


@dataclass(frozen=True)
class MeanRanks:
    """Models ranked within each block (dataset), rank 1 for the best.

    Attributes:
        means: Mean rank of each model: float64, (models,).
        blocks: Number of blocks.
        statistic: Friedman's chi-square, corrected for ties.
        p_value: Probability of a statistic as large as this, were the models equally good.
        critical_difference: Smallest difference of two mean ranks that Nemenyi's test takes for a
            difference between the models.
    """

    means: NDArray[np.float64]
    blocks: int
    statistic: float
    p_value: float
    critical_difference: float


def mean_ranks(scores: NDArray[np.float64]) -> MeanRanks:
    """Rank models within blocks and test whether they differ.

    Args:
        scores: Higher is better; equal scores share the mean of their ranks: (blocks, models), at
            least one block and three models.

    Raises:
        ValueError: The shape is another, or a score is NaN.
    """
    from scipy.stats import friedmanchisquare, rankdata

    if scores.ndim != 2 or not len(scores) or scores.shape[1] < FEWEST_MODELS:
        raise ValueError(
            f"scores have shape {scores.shape}, expected (blocks, models) with {FEWEST_MODELS} "
            "models or more"
        )
    if np.isnan(scores).any():
        raise ValueError("a score is NaN; leave out models that lack a score in a block")
    blocks, models = scores.shape
    # Where all models tie in every block, the correction for ties divides 0 by 0.
    if np.all(scores == scores[:, :1]):
        statistic, p_value = 0.0, 1.0
    else:
        statistic, p_value = friedmanchisquare(*scores.T)
    return MeanRanks(
        means=rankdata(-scores, axis=1).mean(axis=0),
        blocks=blocks,
        statistic=float(statistic),
        p_value=float(p_value),
        critical_difference=critical_difference(models, blocks),
    )


def critical_difference(models: int, blocks: int, significance: float = SIGNIFICANCE) -> float:
    """Nemenyi's critical difference of two mean ranks, for comparisons of all pairs.

    q √(k (k + 1) / (6 N)), where q is the quantile of the studentised range of k models divided by
    √2.

    Args:
        models: Number of models (k), at least 2.
        blocks: Number of blocks (N), at least 1.
        significance: Probability of telling any pair apart, were all models equally good.
    """
    from scipy.stats import studentized_range

    quantile = studentized_range.isf(significance, models, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(models * (models + 1) / (6 * blocks)))


def can_tell_apart(models: int, blocks: int, significance: float = SIGNIFICANCE) -> bool:
    """Whether the tests could tell any models apart, were they in the same order in every block.

    Args:
        models: Number of models.
        blocks: Number of blocks.
        significance: As for `critical_difference`.
    """
    # Known without SciPy's distributions, which take a second to import.
    if models < FEWEST_MODELS or blocks < FEWEST_BLOCKS:
        return False
    from scipy.special import chdtrc

    largest = blocks * (models - 1)
    return (
        bool(chdtrc(models - 1, largest) < significance)
        and critical_difference(models, blocks, significance) < models - 1
    )
