"""When a published value counts as reproduced, and when it can't be compared."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reports.published import Figure, Statistic
from reports.reproduction_rule import (
    FOLDS_MARGIN_POINTS,
    MARGIN_POINTS,
    Ours,
    binomial_points,
    judge,
    obstacles,
    tolerance,
)
from reports.rows import build_rows
from suite.stats.scoring import Scored

points = st.floats(0, 20).map(lambda x: round(x, 2))


@pytest.fixture
def ours(scored: Callable[..., Scored]) -> Callable[..., Ours]:
    """Ours out of accuracies, one a seed."""

    def make(*accuracies: float, capped: bool = False, fixed: bool = False, **changes: str) -> Ours:
        rules = {"protocol": "holdout", "preset": "standard"} | changes
        cut = {"parameters": {"epochs": 80}, "preset_changes": {"epochs": 12}} if capped else {}
        folds = rules["protocol"] == "kfold"
        runs = [
            scored(a, seed=0 if folds else i, fold=i if folds else None, **rules, **cut)
            for i, a in enumerate(accuracies)
        ]
        (row,) = build_rows(runs, {})
        return Ours(row=row, own_settings=False, capped=capped, fixed=fixed, **rules)

    return make


def figure(percent: float = 91.0, statistic: Statistic = "test", runs: int | None = None,
           deviation: float | None = None) -> Figure:  # fmt: skip
    return Figure(percent, statistic, runs, deviation)


@given(points, st.floats(0, 5))
@example(0.5, 0.5)
@example(0.51, 0.5)
def test_up_to_the_tolerance_and_no_further(difference: float, allowed: float) -> None:
    inside = difference <= round(allowed, 2)
    assert (judge(difference, allowed) == "reproduced") == inside
    assert (judge(-difference, allowed) == "reproduced") == inside
    if not inside:
        assert judge(difference, allowed) == "higher"
        assert judge(-difference, allowed) == "lower"


def test_half_a_point_is_always_allowed(ours: Callable[..., Ours]) -> None:
    same = ours(0.91, 0.91, 0.91)
    assert tolerance(figure(deviation=0.0), same) == MARGIN_POINTS
    assert tolerance(figure(statistic="fold_mean", runs=5, deviation=0.0),
                     ours(0.91, 0.91, protocol="kfold")) == FOLDS_MARGIN_POINTS  # fmt: skip


def test_two_combined_deviations_are_allowed(ours: Callable[..., Ours]) -> None:
    noisy = ours(0.90, 0.92)  # sample deviation √2 points, of their mean 1 point
    # One run with a deviation of 1.5 points: 2 · √(1 + 1.5²).
    assert tolerance(figure(deviation=1.5), noisy) == pytest.approx(2 * sqrt(3.25))
    # A mean of nine such runs: a third of it.
    assert tolerance(figure(runs=9, deviation=1.5), noisy) == pytest.approx(2 * sqrt(1.25))


def test_our_deviation_stands_in_for_one_that_is_not_told(ours: Callable[..., Ours]) -> None:
    noisy = ours(0.90, 0.92)
    assert tolerance(figure(), noisy) == pytest.approx(2 * sqrt(1 + 2))
    assert tolerance(figure(runs=2), noisy) == pytest.approx(2 * sqrt(1 + 1))


def test_without_any_deviation_the_test_images_bound_it(ours: Callable[..., Ours]) -> None:
    one = ours(0.80)
    # √(0.8 · 0.2 / 10,000) is 0.4 points, on both sides.
    assert binomial_points(80.0, 10_000) == pytest.approx(0.4)
    assert tolerance(figure(80.0), one) == pytest.approx(2 * sqrt(0.4**2 + 0.4**2))
    assert tolerance(figure(80.0, deviation=0.3), one) == pytest.approx(2 * sqrt(0.4**2 + 0.3**2))


def test_a_model_without_randomness_has_no_deviation(ours: Callable[..., Ours]) -> None:
    assert tolerance(figure(51.1, runs=5), ours(0.511, fixed=True)) == MARGIN_POINTS


@given(st.floats(0, 5), st.floats(0.01, 99.99), st.integers(1, 40))
def test_what_is_known_of_the_source_never_narrows_below_the_margin(
    deviation: float, percent: float, runs: int
) -> None:
    row = build_rows([Scored(_record(), 0.9, 10_000)], {})[0]
    one = Ours(protocol="full", preset="paper", row=row, own_settings=False, capped=False,
               fixed=False)  # fmt: skip
    wide = tolerance(figure(percent, runs=1, deviation=deviation), one)
    narrow = tolerance(figure(percent, runs=runs, deviation=deviation), one)
    assert wide >= narrow >= MARGIN_POINTS
    assert narrow >= 2 * binomial_points(90.0, 10_000) - 1e-9


def _record():  # type: ignore[no-untyped-def]
    from suite.records.record import DatasetFacts, Environment, make_record

    return make_record(
        model="svm", parameters={}, source_hash="a" * 64, protocol="full", preset="paper",
        dataset=DatasetFacts(name="fashion", sums={}), split_hash="b" * 64, train_images=60_000,
        seed=0, threads=1, status="ok", started_at="2026-05-01T12:00:00Z",
        environment=Environment(processor="", cores=1, memory_mib=1, system="", python="",
                                packages={}),
    )  # fmt: skip


@pytest.mark.parametrize("statistic", ["test", "test_mean"])
@pytest.mark.parametrize("protocol", ["holdout", "full"])
@pytest.mark.parametrize("preset", ["standard", "paper"])
def test_test_accuracies_compare(
    ours: Callable[..., Ours], statistic: Statistic, protocol: str, preset: str
) -> None:
    assert obstacles(statistic, ours(0.9, protocol=protocol, preset=preset)) == ()


def test_means_over_folds_compare_with_each_other_alone(ours: Callable[..., Ours]) -> None:
    folds = ours(0.9, 0.91, protocol="kfold")
    assert obstacles("fold_mean", folds) == ()
    assert obstacles("fold_mean", ours(0.9)) == (
        "the published value is a mean over folds, ours is test accuracy",
    )
    assert obstacles("test", folds) == (
        "the published value is test accuracy, ours is a mean over folds",
    )


@pytest.mark.parametrize(
    ("statistic", "words"),
    [
        ("validation", "validation accuracy, ours is test accuracy"),
        ("test_best_run", "the run that did best on the test images"),
        ("test_best_epoch", "the epoch that did best on the test images"),
    ],
)
def test_other_statistics_do_not_compare(
    ours: Callable[..., Ours], statistic: Statistic, words: str
) -> None:
    (reason,) = obstacles(statistic, ours(0.9))
    assert words in reason


def test_runs_that_were_cut_short_do_not_compare(ours: Callable[..., Ours]) -> None:
    assert obstacles("test", ours(0.9, capped=True)) == ("12 of 80 epochs",)
    assert obstacles("test", ours(0.9, preset="quick")) == ("preset quick trains on 48,000 images",)
    assert obstacles("test", ours(0.9, preset="later")) == ("preset later trains on 48,000 images",)
