"""Tie groups: their statistic against draws, their error rates by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from suite.stats.paired import difference, p_values
from suite.stats.ties import SIGNIFICANCE, Outcome, holm, pair_spreads, tie_groups


def outcome(right: np.ndarray, seeds: tuple[int, ...] | None = None) -> Outcome:
    return Outcome(seeds or tuple(range(len(right))), np.packbits(right, axis=1))


def made_up(
    generator: np.random.Generator,
    worth: float,
    seed_spread: float,
    hardness: np.ndarray,
    seeds: int,
) -> np.ndarray:
    """Right or wrong, for seeds that differ in worth and images that differ in hardness."""
    level = worth + seed_spread * generator.standard_normal((seeds, 1))
    logit = level - hardness + 0.5 * generator.standard_normal((1, len(hardness)))
    return generator.random((seeds, len(hardness))) < 1 / (1 + np.exp(-logit))


def test_the_deviation_is_that_of_drawing_seeds_and_images_anew():
    generator = np.random.default_rng(0)
    seeds, images, draws = 5, 400, 20_000
    hardness = generator.standard_normal(images)
    first, second = (made_up(generator, 1.5, 0.3, hardness, seeds) for _ in range(2))
    apart = first.astype(float) - second
    s = generator.multinomial(seeds, np.full(seeds, 1 / seeds), draws)
    i = generator.multinomial(images, np.full(images, 1 / images), draws)
    drawn = np.einsum("ds,si,di->d", s, apart, i, optimize=True) / apart.size
    by_seed, by_image = apart.mean(axis=1), apart.mean(axis=0)
    left = (apart - by_seed[:, None] - by_image + apart.mean()).var() / apart.size
    closed = by_seed.var() / seeds + by_image.var() / images + left
    assert drawn.var() == pytest.approx(closed, rel=0.03)
    # The module's p-value has this variance, with the seeds' share made whole.
    whole = closed + by_seed.var() / seeds / (seeds - 1)
    freedom = (seeds - 1) * (whole / (by_seed.var() / (seeds - 1))) ** 2
    from scipy.stats import t

    expected = 2 * t.sf(abs(apart.mean()) / np.sqrt(whole), freedom)
    assert difference(first, second).p_value == pytest.approx(expected)


@pytest.mark.parametrize("seeds", [1, 3, 5])
@pytest.mark.parametrize("seed_spread", [0.02, 0.2])
def test_equal_models_are_seldom_told_apart(seeds, seed_spread):
    generator = np.random.default_rng([seeds, int(100 * seed_spread)])
    # With one seed the spread over seeds can't be seen: the claim is about images alone.
    spread = seed_spread if seeds > 1 else 0.0
    told = 0
    trials = 600
    for _ in range(trials):
        hardness = generator.standard_normal(1_000)
        pair = (made_up(generator, 2.0, spread, hardness, seeds) for _ in range(2))
        told += difference(*pair).p_value < SIGNIFICANCE
    assert told / trials < SIGNIFICANCE + 3 * np.sqrt(0.05 * 0.95 / trials)


@pytest.mark.parametrize(("seeds", "spread"), [(1, 0.0), (3, 0.2), (5, 0.05)])
@pytest.mark.parametrize("models", [3, 20])
def test_equal_models_are_one_group_nineteen_times_in_twenty(models, seeds, spread):
    generator = np.random.default_rng([models, seeds])
    trials, split = 150, 0
    for _ in range(trials):
        hardness = generator.standard_normal(500)
        rows = [made_up(generator, 2.0, spread, hardness, seeds) for _ in range(models)]
        rows.sort(key=lambda right: -right.mean())
        split += max(tie_groups([outcome(right) for right in rows], 500)) > 1
    assert split / trials < SIGNIFICANCE + 3 * np.sqrt(0.05 * 0.95 / trials)


@pytest.mark.parametrize("second", [(0,), (5, 6, 7, 8, 9), (0, 5, 6)])
def test_equal_models_with_unlike_seeds_are_seldom_told_apart(second):
    generator = np.random.default_rng([len(second), second[0]])
    trials, told = 300, 0
    for _ in range(trials):
        hardness = generator.standard_normal(2_000)
        kinds = ((0, 1, 2, 3, 4), second)
        rows = [outcome(made_up(generator, 2.0, 0.1, hardness, len(kind)), kind) for kind in kinds]
        rows.sort(key=lambda row: -np.bitwise_count(row.packed).mean())
        told += tie_groups(rows, 2_000) == [1, 2]
    assert told / trials < SIGNIFICANCE + 3 * np.sqrt(0.05 * 0.95 / trials)


def test_a_row_that_is_better_on_the_common_seeds_is_in_no_lower_group():
    right = np.ones((4, 1_000), bool)
    right[0, :100] = right[1, :120] = False  # the first row, on the seeds that both have
    second = np.ones((2, 1_000), bool)
    second[:, :60] = False
    rows = [outcome(right, (0, 1, 2, 3)), outcome(second, (0, 1))]
    assert tie_groups(rows, 1_000) == [1, 1]


def test_models_that_differ_are_told_apart():
    generator = np.random.default_rng(2)
    hardness = generator.standard_normal(10_000)
    worths = (3.0, 3.0, 2.5, 2.5, 1.0)
    rows = [outcome(made_up(generator, worth, 0.02, hardness, 5)) for worth in worths]
    assert tie_groups(rows, 10_000) == [1, 1, 2, 2, 3]


@given(
    hnp.arrays(bool, st.tuples(st.integers(2, 6), st.integers(1, 4), st.integers(1, 40))),
    st.data(),
)
@settings(max_examples=150)
def test_all_pairs_at_once_and_one_by_one_give_the_same(right, data):
    rows, seeds, images = right.shape
    chosen = [data.draw(st.sets(st.integers(0, seeds - 1), min_size=1)) for _ in range(rows)]
    chosen = [tuple(sorted(some)) for some in chosen]
    outcomes = [outcome(right[row][list(chosen[row])], chosen[row]) for row in range(rows)]
    found = p_values(*pair_spreads(outcomes, images))
    for a in range(rows):
        for b in range(rows):
            common = sorted(set(chosen[a]) & set(chosen[b]))
            one = [list(common or chosen[row][:1]) for row in (a, b)]
            expected = difference(right[a][one[0]], right[b][one[1]]).p_value
            assert found[a, b] == pytest.approx(expected, abs=1e-9)


def test_only_seeds_that_both_have_are_compared():
    generator = np.random.default_rng(3)
    hardness = generator.standard_normal(2_000)
    good = made_up(generator, 2.0, 0.0, hardness, 3)
    bad = made_up(generator, 0.5, 0.0, hardness, 1)
    # Seed 7 alone would tell the rows apart; only the first has it.
    rows = [outcome(good, (0, 1, 7)), outcome(np.concatenate([good[:2], bad]), (0, 1, 8))]
    assert tie_groups(rows, 2_000) == [1, 1]
    assert tie_groups([outcome(good, (0, 1, 2)), outcome(bad, (9,))], 2_000) == [1, 2]


def test_no_rows_have_no_groups_and_one_row_has_one():
    assert tie_groups([], 10) == []
    assert tie_groups([outcome(np.ones((1, 10), bool))], 10) == [1]


def test_rows_with_equal_predictions_are_tied_and_opposite_ones_are_not():
    right = np.ones((2, 100), bool)
    assert tie_groups([outcome(right), outcome(right), outcome(~right)], 100) == [1, 1, 2]


@pytest.mark.parametrize("shapes", [((1, 2), (1, 3)), ((2,), (2,)), ((0, 2), (0, 2))])
def test_results_that_are_no_pair_are_refused(shapes):
    with pytest.raises(ValueError, match="expected"):
        difference(*(np.ones(shape, bool) for shape in shapes))


def test_holm_agrees_with_statsmodels():
    # multipletests([0.01, 0.04, 0.03, 0.005, 0.6], method="holm") of statsmodels 0.14
    values = np.array([0.01, 0.04, 0.03, 0.005, 0.6])
    assert holm(values) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.6])
    assert holm(np.array([])).size == 0
