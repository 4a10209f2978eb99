"""Costs between measured points, and the source that several models share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines._helpers import benchmark_source, interpolated_cost, tree_numbers

MEASURED = {1_000: 1.0, 10_000: 100.0, 100_000: 1_000.0}


@pytest.mark.parametrize(
    ("images", "seconds"),
    [(1_000, 1), (10_000, 100), (100_000, 1_000), (2_000, 4), (20_000, 200), (500, 0.25)],
)
def test_cost_follows_the_power_law_between_points(images: int, seconds: float) -> None:
    assert interpolated_cost(images, MEASURED) == pytest.approx(seconds)


def test_cost_goes_on_with_the_last_slope() -> None:
    assert interpolated_cost(200_000, MEASURED) == pytest.approx(2_000)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_cost_never_falls_with_images(a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert 0 < interpolated_cost(low, MEASURED) <= interpolated_cost(high, MEASURED) * (1 + 1e-9)


def test_tree_numbers() -> None:
    assert tree_numbers(splits=3, leaves=4, values=10) == 3 * 4 + 4 * 10


def test_benchmark_source_tells_defaults_from_the_settings_of_the_benchmark() -> None:
    source = benchmark_source(defaults="C is 2", benchmark="the solver is newer")
    assert not source.published
    own, benchmark = source.changed.split(". ")
    assert own == "with the defaults: C is 2; pixels in [0, 1] are not standardised"
    assert benchmark.startswith("With the benchmark's settings (configs/official_sklearn.toml): ")
    assert benchmark.endswith("the solver is newer")


def test_benchmark_source_of_defaults_that_differ_by_their_scaling_alone() -> None:
    changed = benchmark_source().changed
    assert changed.startswith("with the defaults: pixels in [0, 1] are not standardised. ")
    assert changed.endswith("nothing is known that differs from scikit-learn 0.19")
