from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.curves import Curve, in_words, mean_curve, points, where_to
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]


def history(*accuracies: float) -> list[dict[str, float]]:
    return [{"epoch": i + 1, "loss": 1.0, "val_accuracy": a} for i, a in enumerate(accuracies)]


def test_the_mean_goes_as_far_as_all_runs_went(scored: MakeScored) -> None:
    runs = [
        scored(0.9, seed=0, history=history(0.5, 0.7, 0.8)).record,
        scored(0.9, seed=1, history=history(0.6, 0.8)).record,
    ]
    curve = mean_curve(runs)
    assert curve is not None
    assert curve.percent == pytest.approx((55.0, 75.0))
    assert curve.runs == 2


def test_runs_without_validation_have_no_curve(scored: MakeScored) -> None:
    plain = scored(0.9, history=[{"epoch": 1, "loss": 1.0, "accuracy": 0.9}]).record
    assert mean_curve([plain, scored(0.9, seed=1).record]) is None
    one = mean_curve([plain, scored(0.9, seed=1, history=history(0.5)).record])
    assert one is not None
    assert one.runs == 1


@pytest.mark.parametrize(
    ("percent", "told"),
    [
        ((90.0,), "90.00 % after 1 epoch"),
        ((88.0, 89.0, 90.0), "90.00 % after 3 epochs"),
        ((88.0, 89.0, 90.0, 91.0), "91.00 % after 4 epochs, +3.00 points over the last 3"),
        ((88.0, 90.0, 90.0, 87.5), "87.50 % after 4 epochs, \N{MINUS SIGN}0.50 points"),
        ((88.0, 90.0, 90.0, 87.999), "88.00 % after 4 epochs, +0.00 points"),
    ],
)
def test_where_a_curve_was_going(percent: tuple[float, ...], told: str) -> None:
    assert told in where_to(Curve(percent, 1))
    assert "mean" not in in_words(Curve(percent, 1))


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_the_drawn_line_stays_in_its_box(percent: list[float]) -> None:
    drawn = points(Curve(tuple(percent), 1), 80, 24).split(" ")
    assert len(drawn) == len(percent)
    for place in drawn:
        x, y = map(float, place.split(","))
        assert 0 <= x <= 80
        assert -0.05 <= y <= 24.05
