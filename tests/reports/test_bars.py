from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from reports.bars import WIDTH, Scale, bar, scale
from reports.rows import Row, build_rows
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]


def rows(scored: MakeScored, *accuracies: float) -> list[Row]:
    runs = [scored(value, model=f"m{place}") for place, value in enumerate(accuracies)]
    return sorted(build_rows(runs, {}), key=lambda row: row.model)


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"[\d.]+", path)]


def test_the_scale_holds_all_intervals_in_whole_percents(scored: MakeScored) -> None:
    found = scale(rows(scored, 0.90, 0.92))
    assert found == Scale(89, 93)
    assert scale(rows(scored, 0.95)) == Scale(94, 96)
    assert scale(rows(scored, 1.0)) == Scale(99, 100)


def test_an_outlier_below_does_not_press_the_others_together(scored: MakeScored) -> None:
    measured = rows(scored, 0.1, 0.89, 0.90, 0.91, 0.92)
    found = scale(measured)
    assert found == Scale(88, 93)
    drawn = bar(measured[0], found)
    assert drawn is not None
    assert (drawn.interval, drawn.deviation) == ("", "")
    assert max(numbers(drawn.mean)[::2]) <= 5


def test_a_bar_lies_where_mean_interval_and_deviation_are(scored: MakeScored) -> None:
    runs = [scored(value, seed=seed) for seed, value in enumerate((0.90, 0.92))]
    (row,) = build_rows(runs, {})
    drawn = bar(row, Scale(86, 96))
    assert drawn is not None
    assert numbers(drawn.mean)[0] == WIDTH / 2
    assert row.accuracy_ci95 is not None
    low, _, high = numbers(drawn.interval)
    assert low == pytest.approx(10 * (100 * row.accuracy_ci95[0] - 86), abs=0.1)
    assert high == pytest.approx(10 * (100 * row.accuracy_ci95[1] - 86), abs=0.1)
    assert numbers(drawn.deviation)[0] == pytest.approx(10 * (91 - 86 - 2**0.5), abs=0.1)
    assert bar(rows(scored, 0.9)[0], Scale(86, 96)).deviation == ""  # type: ignore[union-attr]


def test_what_has_no_result_has_no_bar(scored: MakeScored) -> None:
    (failed,) = build_rows([scored(None)], {})
    assert scale([failed]) is None
    assert bar(failed, Scale(0, 1)) is None
    assert bar(None, Scale(0, 1)) is None
    assert bar(failed, None) is None
