"""Tie groups and the correction for the number of pairs."""

from __future__ import annotations

import numpy as np
import pytest

from suite.stats.paired import compare_all
from suite.stats.ties import corrected, holm, tie_groups
from tests.stats.simulation import drawn, outcome


def test_a_group_holds_all_rows_above_the_first_that_differs_from_its_top() -> None:
    p = np.ones((5, 5))
    p[0, 2] = p[0, 3] = p[1, 3] = 0.01  # the fourth differs from the second, which is no top
    p[2, 4] = 0.04
    assert tie_groups(p) == [1, 1, 2, 2, 3]
    p[0, 2] = 0.05
    assert tie_groups(p) == [1, 1, 1, 2, 2]


def test_models_that_differ_are_told_apart() -> None:
    generator = np.random.default_rng(2)
    hardness = generator.standard_normal(10_000)
    worths = (3.0, 3.0, 2.5, 2.5, 1.0)
    rows = [outcome(drawn(generator, hardness, 5, 0.02, worth)) for worth in worths]
    assert tie_groups(corrected(compare_all(rows, 10_000))) == [1, 1, 2, 2, 3]


def test_no_rows_have_no_groups_and_one_row_has_one() -> None:
    assert tie_groups(corrected(compare_all([], 10))) == []
    one = outcome(np.ones((1, 10), bool))
    assert tie_groups(corrected(compare_all([one], 10))) == [1]


def test_rows_with_equal_predictions_are_tied_and_opposite_ones_are_not() -> None:
    right = np.ones((2, 100), bool)
    rows = [outcome(right), outcome(right[:1]), outcome(~right)]
    assert tie_groups(corrected(compare_all(rows, 100))) == [1, 1, 2]


def test_all_pairs_are_corrected_together_and_both_ways_round() -> None:
    generator = np.random.default_rng(4)
    rows = [outcome(generator.random((2, 300)) < worth) for worth in (0.9, 0.8, 0.7, 0.6)]
    pairs = compare_all(rows, 300)
    found = corrected(pairs)
    above = np.triu_indices(4, 1)
    assert found[above] == pytest.approx(holm(pairs.p_values()[above]))
    assert np.array_equal(found, found.T)
    assert (np.diag(found) == 1).all()


def test_holm_agrees_with_statsmodels() -> None:
    # multipletests([0.01, 0.04, 0.03, 0.005, 0.6], method="holm") of statsmodels 0.14
    values = np.array([0.01, 0.04, 0.03, 0.005, 0.6])
    assert holm(values) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.6])
    assert holm(np.array([])).size == 0
