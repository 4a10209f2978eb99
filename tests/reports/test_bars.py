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


def test_the_scale_holds_all_intervals_of_good_rows(scored: MakeScored) -> None:
    for low, high in ((0.9, 0.92), (0.95, 0.95), (0.985, 0.993)):
        measured = rows(scored, low, high)
        found = scale(measured)
        assert found is not None
        ends = [100 * end for row in measured for end in row.accuracy_ci95 or ()]
        assert min(ends) - 0.1 <= found.low <= min(ends)
        assert max(ends) <= found.high <= max(ends) + 0.1


def test_a_row_without_any_error_has_a_place(scored: MakeScored) -> None:
    measured = rows(scored, 1.0, 0.9999)
    found = scale(measured)
    assert found == Scale(99.9, 99.99)
    assert [found.place(row.accuracy_mean or 0) for row in measured] == [WIDTH, WIDTH]


@pytest.mark.parametrize("many", [1, 30])
def test_poor_rows_do_not_press_the_good_ones_together(scored: MakeScored, many: int) -> None:
    measured = rows(scored, *[0.1] * many, *[0.6] * many, 0.89, 0.90, 0.91, 0.92)
    found = scale(measured)
    assert found is not None
    assert 88 < found.low < 89
    drawn = bar(measured[0], found)
    assert drawn is not None
    assert (drawn.interval, drawn.deviation) == ("", "")
    assert max(numbers(drawn.mean)[::2]) <= 5


def test_equal_lengths_are_equal_ratios_of_errors() -> None:
    places = [Scale(80, 97.5).place(value) for value in (0.80, 0.90, 0.95, 0.975)]
    assert places == pytest.approx([0, WIDTH / 3, 2 * WIDTH / 3, WIDTH], abs=0.1)
    assert [Scale(80, 90).place(value) for value in (0.5, 0.99)] == [0, WIDTH]


def test_a_bar_lies_where_mean_interval_and_deviation_are(scored: MakeScored) -> None:
    runs = [scored(value, seed=seed) for seed, value in enumerate((0.90, 0.92))]
    (row,) = build_rows(runs, {})
    found = Scale(86, 96)
    drawn = bar(row, found)
    assert drawn is not None
    assert row.accuracy_ci95 is not None
    assert row.accuracy_std is not None
    assert numbers(drawn.mean)[0] == found.place(0.91)
    low, _, high = numbers(drawn.interval)
    assert [low, high] == [found.place(end) for end in row.accuracy_ci95]
    assert numbers(drawn.deviation)[0] == found.place(0.91 - row.accuracy_std)
    assert bar(rows(scored, 0.9)[0], found).deviation == ""  # type: ignore[union-attr]


def test_what_has_no_result_has_no_bar(scored: MakeScored) -> None:
    (failed,) = build_rows([scored(None)], {})
    assert scale([failed]) is None
    assert bar(failed, Scale(0, 1)) is None
    assert bar(None, Scale(0, 1)) is None
    assert bar(failed, None) is None
