"""Pairs of rows: the variance of their difference against draws, intervals, McNemar's test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import norm, t

from suite.stats.paired import Pairs, compare_all, mcnemar
from suite.stats.seeds import PRIOR
from tests.stats.simulation import drawn, outcome


def test_mcnemar_is_the_exact_binomial_test() -> None:
    # 2 x the sum of C(14, k) / 2**14 for k = 0 to 3
    assert mcnemar(3, 11) == pytest.approx(2 * (1 + 14 + 91 + 364) / 2**14)
    assert mcnemar(3, 11) == mcnemar(11, 3)
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(0, 0) == 1.0


def test_the_variance_is_that_of_drawing_images_and_seeds_anew() -> None:
    generator = np.random.default_rng(0)
    seeds, images, draws = (5, 3), 400, 20_000
    hardness = generator.standard_normal(images)
    rows = [drawn(generator, hardness, count, 0.3) for count in seeds]
    apart = rows[0].mean(axis=0) - rows[1].mean(axis=0)
    weights = generator.multinomial(images, np.full(images, 1 / images), draws) / images
    of_images = (weights @ apart).var()
    of_seeds = 0.0
    scores = [row.mean(axis=1) for row in rows]
    scale = [score.mean() * (1 - score.mean()) for score in scores]
    squares = [score.var() * count for score, count in zip(scores, seeds, strict=True)]
    pooled = (sum(s / c for s, c in zip(squares, scale, strict=True)) + 1 / images) / 6
    for score, count, square, unit in zip(scores, seeds, squares, scale, strict=True):
        chosen = generator.multinomial(count, np.full(count, 1 / count), draws) / count
        # Draws show (n - 1) / n of the seeds' variance; and the rows of the column lend theirs.
        shown = (chosen @ score).var() * count / (count - 1)
        assert shown == pytest.approx(square / (count - 1) / count, rel=0.05)
        own = shown * (count - 1) * count
        of_seeds += (own + PRIOR * pooled * unit) / (PRIOR + count - 1) / count
    found = compare_all([outcome(row) for row in rows], images)
    assert found.mean[0, 1] == pytest.approx(apart.mean())
    assert found.variance[0, 1] == pytest.approx(of_images + of_seeds, rel=0.03)


@given(
    hnp.arrays(bool, st.tuples(st.integers(2, 6), st.integers(1, 4), st.integers(1, 40))),
    st.data(),
)
@settings(max_examples=150)
def test_all_pairs_at_once_are_those_of_each_pair(right: np.ndarray, data: st.DataObject) -> None:
    rows, seeds, images = right.shape
    counts = [data.draw(st.integers(1, seeds)) for _ in range(rows)]
    runs = [right[row][:count] for row, count in enumerate(counts)]
    found = compare_all([outcome(one) for one in runs], images)
    p = found.p_values()
    lone = compare_all([outcome(one[:1]) for one in runs], images)
    assert not (lone.seeds_known & (np.array(counts) > 1)).any()
    for a in range(rows):
        for b in range(rows):
            apart = runs[a].mean(axis=0) - runs[b].mean(axis=0)
            assert found.mean[a, b] == pytest.approx(apart.mean(), abs=1e-12)
            assert found.variance[a, b] >= apart.var() / images - 1e-12
            assert p[a, b] == pytest.approx(p[b, a])
            one = runs[a][0].astype(float) - runs[b][0]
            assert lone.variance[a, b] == pytest.approx(one.var() / images, abs=1e-12)
            assert np.isinf(lone.freedom[a, b])
            if (
                sorted(runs[a].sum(axis=0)) == sorted(runs[b].sum(axis=0))
                and counts[a] == counts[b]
            ):
                assert p[a, b] == 1.0


def test_rows_of_equal_means_of_unlike_numbers_of_seeds_are_exactly_equal() -> None:
    right = np.arange(10) < 7
    found = compare_all([outcome(np.tile(right, (n, 1))) for n in (1, 3, 7)], 10)
    assert (found.mean == 0).all()
    assert (found.p_values() == 1).all()


def pair(mean: float, deviation: float, freedom: float) -> Pairs:
    values = (np.array([[value]]) for value in (mean, deviation**2, freedom))
    return Pairs(*values, seeds_known=np.array([True]))


def test_intervals_and_p_values_are_those_of_the_student_and_normal_distributions() -> None:
    few, many = pair(0.01, 0.002, 4.0), pair(0.01, 0.002, np.inf)
    assert few.half_widths()[0, 0] == pytest.approx(0.002 * t.ppf(0.975, 4))
    assert many.half_widths(0.9)[0, 0] == pytest.approx(0.002 * norm.ppf(0.95))
    assert few.p_values()[0, 0] == pytest.approx(2 * t.sf(5, 4))
    assert many.p_values()[0, 0] == pytest.approx(2 * norm.sf(5))
    assert pair(0.0, 0.0, np.inf).p_values()[0, 0] == 1.0
    assert pair(0.1, 0.0, np.inf).p_values()[0, 0] == 0.0


@pytest.mark.parametrize("seeds", [1, 4])
def test_intervals_hold_the_true_difference_as_often_as_they_say(seeds: int) -> None:
    generator = np.random.default_rng(seeds)
    images, trials, held = 800, 400, 0
    spread = 0.02 if seeds > 1 else 0.0
    for _ in range(trials):
        # The same images are hard for both; seeds shift each model's accuracy.
        easy = generator.beta(8, 1, images)
        rows = [
            generator.random((seeds, images))
            < easy - drop + spread * generator.standard_normal((seeds, 1))
            for drop in (0.0, 0.03)
        ]
        found = compare_all([outcome(row) for row in rows], images)
        held += abs(found.mean[0, 1] - 0.03) <= found.half_widths()[0, 1]
    # Clipping at 0 and 1 moves the true difference by less than the interval can show.
    assert held / trials > 0.95 - 3 * np.sqrt(0.05 * 0.95 / trials)
