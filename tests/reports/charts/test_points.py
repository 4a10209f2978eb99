from __future__ import annotations

from itertools import pairwise
from math import ceil, log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.charts.points import Label, Spot, limit, pareto_front, place_labels, ticks

# Few different values, so that ties are common.
points = st.lists(st.tuples(st.integers(0, 6).map(float), st.integers(0, 6).map(float)))


def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one != other and one[0] <= other[0] and one[1] >= other[1]


@given(points)
def test_the_front_is_all_points_that_none_beats(all_points: list[tuple[float, float]]):
    front = pareto_front(all_points)
    expected = {
        place
        for place, point in enumerate(all_points)
        if not any(beats(other, point) for other in all_points)
    }
    assert set(front) == expected
    assert len(front) == len(expected)


@given(points)
def test_along_the_front_cost_and_worth_rise_together(all_points: list[tuple[float, float]]):
    front = [all_points[place] for place in pareto_front(all_points)]
    for one, following in pairwise(front):
        assert one == following or (one[0] < following[0] and one[1] < following[1])


def test_a_front_by_hand():
    assert pareto_front([]) == []
    assert pareto_front([(5, 0.9), (1, 0.5), (3, 0.4), (3, 0.8), (9, 0.9)]) == [1, 3, 0]
    assert pareto_front([(1, 0.5), (2, 0.6), (1, 0.5)]) == [0, 2, 1]


@given(
    st.floats(1e-4, 1e8),
    st.floats(1.05, 1e9),
    st.integers(3, 12),
)
def test_ticks_lie_within_the_axis_in_order(low: float, ratio: float, most: int):
    found = ticks(low, low * ratio, most)
    assert found == sorted(set(found))
    assert all(low <= tick <= low * ratio for tick in found)
    if ratio < 10 ** (most - 1):
        assert len(found) <= most


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.9, 12_000_000, [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]),
        (5.5, 95, [7, 10, 15, 20, 30, 40, 50, 70]),
        (5.9, 7.3, [6, 6.5, 7]),
        (0.2, 0.7, [0.2, 0.25, 0.3, 0.4, 0.5, 0.6]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]):
    assert ticks(low, high, 8 if high != 0.7 else 6) == expected


@given(st.lists(st.floats(0.005, 100), min_size=8, max_size=60))
def test_three_quarters_of_the_models_have_three_quarters_of_an_axis(errors: list[float]):
    reach = log10(limit(errors) / min(errors))
    third = log10(sorted(errors)[ceil(0.75 * (len(errors) - 1))] / min(errors))
    assert reach <= third / 0.75 + 1e-6
    within = sum(error <= limit(errors) * (1 + 1e-9) for error in errors)
    assert within >= 0.75 * len(errors) - 1


def test_few_models_all_have_room():
    assert limit([1, 1.1, 1.2, 90]) == 90
    assert limit([1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 90]) < 3


spots = st.lists(st.tuples(st.floats(0, 300), st.floats(0, 300)), max_size=15)


@given(spots, st.lists(st.text("ab", min_size=1, max_size=20), min_size=15, max_size=15))
def test_labels_stay_inside_and_off_each_other_and_all_points(
    places: list[tuple[float, float]], texts: list[str]
):
    at = [Spot(x, y) for x, y in places]
    labels = place_labels([(n, [texts[n]]) for n in range(len(at))], at, 320, 300)
    assert len({label.place for label in labels}) == len(labels)
    boxes = []
    for label in labels:
        x, y = at[label.place].x, at[label.place].y
        length = 6 * len(label.text)
        left = x - length if label.side == "left" else x
        assert left >= 0
        assert left + length <= 320
        top = y + 4 if label.below else y - 17
        assert top >= 0
        assert top + 13 <= 300
        boxes.append((left, left + length, top, top + 13))
    for place, (left, right, top, bottom) in enumerate(boxes):
        assert not any(left < spot.x < right and top < spot.y < bottom for spot in at)
        for other in boxes[:place]:
            assert right <= other[0] or other[1] <= left or top >= other[3] or bottom <= other[2]


def test_labels_give_way_in_order():
    near = [Spot(200, 50), Spot(202, 80), Spot(212, 84)]
    wanted = [(1, ["a longer name", "short"]), (2, ["third"])]
    assert place_labels(wanted, near, 320, 200) == [
        Label(1, "a longer name", "left"),
        Label(2, "third", "right"),
    ]
    crowded = [*near, Spot(150, 66), Spot(220, 66), Spot(150, 90), Spot(220, 90)]
    assert place_labels(wanted[:1], crowded, 320, 200) == [Label(1, "short", "left")]
    assert place_labels(wanted[:1], crowded, 30, 200) == []


def test_a_label_at_the_upper_edge_stands_below_its_point():
    assert place_labels([(0, ["best"])], [Spot(200, 6)], 320, 200) == [
        Label(0, "best", "left", below=True)
    ]
