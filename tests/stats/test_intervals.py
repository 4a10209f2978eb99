from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from suite.stats.intervals import mean, sample_deviation, wilson


def test_mean_and_deviation_of_a_textbook_sample() -> None:
    values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]
    assert mean(values) == 5.0
    assert sample_deviation(values) == pytest.approx((32 / 7) ** 0.5)


@pytest.mark.parametrize("values", [[], [0.9]])
def test_fewer_than_two_values_have_no_deviation(values: list[float]) -> None:
    assert sample_deviation(values) is None


def test_nothing_has_no_mean() -> None:
    assert mean([]) is None


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.randoms())
def test_as_numpy_and_whatever_the_order(values: list[float], order: random.Random) -> None:
    shuffled = list(values)
    order.shuffle(shuffled)
    assert mean(values) == mean(shuffled)
    assert mean(values) == pytest.approx(np.mean(values))
    assert sample_deviation(values) == pytest.approx(np.std(values, ddof=1), abs=1e-12)


@given(st.floats(0, 1), st.integers(2, 20))
def test_equal_values_deviate_by_exactly_zero(value: float, count: int) -> None:
    assert sample_deviation([value] * count) == 0.0


@given(st.integers(1, 60_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
       st.sampled_from([0.5, 0.9, 0.95, 0.99]))  # fmt: skip
def test_wilson_is_that_of_scipy(counts: tuple[int, int], confidence: float) -> None:
    right, trials = counts
    expected = binomtest(right, trials).proportion_ci(confidence, method="wilson")
    assert wilson(right / trials, trials, confidence) == pytest.approx(
        (expected.low, expected.high), abs=1e-12
    )


def test_wilson_of_a_published_example() -> None:
    # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
    # Medicine 17 (1998), table I, method 3: 81 of 263.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@pytest.mark.parametrize("arguments", [(1.1, 10), (-0.1, 10), (0.5, 0), (0.5, 10, 1.0)])
def test_wilson_refuses_what_is_no_proportion(arguments: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="must be in"):
        wilson(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.9), (0.9, 0.97), (0.97, 0.995)])
@pytest.mark.parametrize("trials", [360, 10_000])
def test_wilson_holds_the_truth_as_often_as_it_says(low: float, high: float, trials: int) -> None:
    generator = np.random.default_rng([trials, int(100 * low)])
    # Many truths: counts are whole numbers, so that the coverage of one truth lies somewhat off
    # 95 %, to either side (L. D. Brown et al., Statistical Science 16, 2001).
    truths = generator.uniform(low, high, 4_000)
    counts = generator.binomial(trials, truths)
    ends = [wilson(count / trials, trials) for count in counts]
    held = np.mean([a <= truth <= b for (a, b), truth in zip(ends, truths, strict=True)])
    # Three deviations of so many draws.
    assert abs(held - 0.95) < 3 * np.sqrt(0.05 * 0.95 / len(truths))
