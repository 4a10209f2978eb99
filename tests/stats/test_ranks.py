from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, friedmanchisquare

from suite.stats.ranks import (
    FEWEST_BLOCKS,
    can_tell_apart,
    critical_difference,
    mean_ranks,
)

# Table 6 of Demšar (JMLR 7, 2006): ranks of C4.5, C4.5+m, C4.5+cf and C4.5+m+cf on 14 datasets.
DEMSAR = np.array(
    [
        [4, 3, 2, 1],
        [1, 2, 3, 4],
        [4, 1, 2, 3],
        [4, 1, 3, 2],
        [4, 2, 3, 1],
        [1, 2.5, 4, 2.5],
        [3, 2, 4, 1],
        [2.5, 2.5, 4, 1],
        [4, 3, 2, 1],
        [2.5, 2.5, 2.5, 2.5],
        [4, 2.5, 1, 2.5],
        [3, 2, 4, 1],
        [4, 1, 2, 3],
        [3, 1, 4, 2],
    ]
)


def test_the_worked_example_of_the_paper():
    ranks = mean_ranks(-DEMSAR)
    assert ranks.means == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    assert ranks.blocks == 14
    assert ranks.critical_difference == pytest.approx(1.25, abs=5e-3)
    assert critical_difference(4, 14, 0.10) == pytest.approx(1.12, abs=5e-3)
    # The paper's 9.28 leaves out the correction for ties, by which SciPy divides.
    ties = 1 - ((2**3 - 2) * 3 + (4**3 - 4)) / (14 * 4 * (4**2 - 1))
    assert ranks.statistic * ties == pytest.approx(9.28, abs=5e-3)
    assert ranks.p_value == pytest.approx(chi2.sf(ranks.statistic, 3))


@pytest.mark.parametrize(
    ("models", "quantile"),
    [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (8, 3.031), (10, 3.164)],
)
def test_critical_values_are_those_of_the_paper_s_table(models: int, quantile: float):
    blocks = 7
    found = critical_difference(models, blocks) / np.sqrt(models * (models + 1) / (6 * blocks))
    assert found == pytest.approx(quantile, abs=1.1e-3)


@settings(max_examples=30)
@given(st.integers(3, 6), st.integers(3, 8), st.integers(0, 1000))
def test_better_scores_have_lower_ranks_and_the_test_is_scipy_s(
    blocks: int, models: int, seed: int
):
    scores = np.random.default_rng(seed).random((blocks, models)).round(1)
    ranks = mean_ranks(scores)
    assert ranks.means.sum() == pytest.approx(models * (models + 1) / 2)
    if np.ptp(scores, axis=1).any():
        statistic, p_value = friedmanchisquare(*scores.T)
        assert (ranks.statistic, ranks.p_value) == (statistic, p_value)
    best = np.full((blocks, 1), 2.0)
    assert mean_ranks(np.hstack([scores, best])).means[-1] == 1


def test_models_that_never_differ_are_equal():
    ranks = mean_ranks(np.ones((5, 4)))
    assert ranks.means.tolist() == [2.5] * 4
    assert (ranks.statistic, ranks.p_value) == (0.0, 1.0)


def test_fewer_than_three_datasets_tell_no_models_apart():
    for models in range(2, 201):
        for blocks in range(1, FEWEST_BLOCKS):
            # The largest difference of mean ranks there is: first against last everywhere.
            assert critical_difference(models, blocks) > models - 1
            assert not can_tell_apart(models, blocks)


def test_three_datasets_tell_the_extremes_of_some_models_apart():
    assert can_tell_apart(10, 3)
    assert not can_tell_apart(100, 3)
    assert can_tell_apart(100, 4)
    assert not can_tell_apart(2, 30)
    # All in one order, the first and the last differ, and no pair next to each other does.
    ranks = mean_ranks(np.tile(-np.arange(10.0), (3, 1)))
    assert ranks.p_value < 0.05
    assert 1 < ranks.critical_difference < 9


@pytest.mark.parametrize("scores", [np.ones(3), np.ones((0, 3)), np.ones((4, 2))])
def test_other_shapes_are_refused(scores: np.ndarray):
    with pytest.raises(ValueError, match="expected \\(blocks, models\\)"):
        mean_ranks(scores)


def test_missing_scores_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        mean_ranks(np.array([[0.1, np.nan, 0.2]]))
