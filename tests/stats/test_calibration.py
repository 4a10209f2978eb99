from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.stats.calibration import BINS, joined, reliability

SCALE = 65_535
EDGES = [SCALE // BINS * end for end in range(BINS + 1)]

Pairs = list[tuple[int, bool]]
# Ends of bins and their neighbours are tried as often as all other numbers together.
confidences = st.integers(0, SCALE) | st.sampled_from(
    sorted({min(max(end + step, 0), SCALE) for end in EDGES for step in (-1, 0, 1)})
)
pairs = st.lists(st.tuples(confidences, st.booleans()), min_size=1, max_size=60)


def arrays(rows: Pairs) -> tuple[np.ndarray, np.ndarray]:
    confidence, right = zip(*rows, strict=True)
    return np.array(confidence, dtype=np.uint16), np.array(right, dtype=bool)


def naive(rows: Pairs) -> Fraction:
    """The definition, in exact numbers: sum over bins of |B| / n * |accuracy - confidence|."""
    error = Fraction(0)
    for number in range(BINS):
        low, high = Fraction(number, BINS), Fraction(number + 1, BINS)
        inside = [
            (Fraction(c, SCALE), right)
            for c, right in rows
            if low < Fraction(c, SCALE) <= high or (number == 0 and c == 0)
        ]
        if inside:
            accuracy = Fraction(sum(right for _, right in inside), len(inside))
            confidence = sum((c for c, _ in inside), Fraction(0)) / len(inside)
            error += Fraction(len(inside), len(rows)) * abs(accuracy - confidence)
    return error


@given(pairs)
def test_the_error_is_that_of_the_definition(rows: Pairs) -> None:
    found = reliability(*arrays(rows))
    assert found.expected_calibration_error == pytest.approx(float(naive(rows)), abs=1e-12)
    assert 0 <= found.expected_calibration_error <= 1


@given(pairs)
def test_the_bins_hold_every_prediction_once(rows: Pairs) -> None:
    found = reliability(*arrays(rows))
    assert found.images.sum() == len(rows)
    assert found.right.sum() == sum(right for _, right in rows)
    assert found.confidence.sum() == pytest.approx(sum(c for c, _ in rows) / SCALE)
    filled = found.images > 0
    assert (np.isnan(found.accuracy) == ~filled).all()
    assert (np.isnan(found.mean_confidence) == ~filled).all()
    ends = np.arange(BINS + 1) / BINS
    assert (found.mean_confidence[filled] <= ends[1:][filled] + 1e-12).all()
    assert (found.mean_confidence[filled] >= ends[:-1][filled]).all()


@given(pairs, pairs)
def test_joined_runs_are_those_of_all_predictions(first: Pairs, second: Pairs) -> None:
    both = joined([reliability(*arrays(first)), reliability(*arrays(second))])
    whole = reliability(*arrays(first + second))
    assert both.images.tolist() == whole.images.tolist()
    assert both.right.tolist() == whole.right.tolist()
    np.testing.assert_allclose(both.confidence, whole.confidence, atol=1e-12)


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        # Always certain: the error is the share of wrong predictions.
        ([(SCALE, True)] * 3 + [(SCALE, False)], 0.25),
        # Three of five right at a confidence of 0.6.
        ([(39_321, True)] * 3 + [(39_321, False)] * 2, 0.0),
        # Two bins: |1 - 0.8| and |0 - 0.2|, weighted 3 to 1.
        ([(52_428, True)] * 3 + [(13_107, False)], 0.2),
        # Too sure and not sure enough in one bin: they make up for each other.
        ([(SCALE, True), (SCALE - 4_368, False), (SCALE, True)], 1 / 3 - 4_368 / SCALE / 3),
    ],
)
def test_known_values(rows: Pairs, error: float) -> None:
    found = reliability(*arrays(rows))
    assert found.expected_calibration_error == pytest.approx(error, abs=1e-12)


def test_the_upper_end_belongs_to_a_bin() -> None:
    found = reliability(*arrays([(0, True), (4_369, True), (4_370, True), (SCALE, True)]))
    assert found.images.tolist() == [2, 1, *[0] * 12, 1]


def test_calibrated_predictions_have_a_small_error_and_bold_ones_a_large_one() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.integers(6_554, SCALE, 100_000).astype(np.uint16)
    right = generator.random(len(confidence)) < confidence / SCALE
    assert reliability(confidence, right).expected_calibration_error < 0.01
    timid = generator.random(len(confidence)) < np.sqrt(confidence / SCALE)
    assert reliability(confidence, timid).expected_calibration_error > 0.1


@pytest.mark.parametrize(("images", "outcomes"), [(3, 2), (0, 0)])
def test_a_confidence_for_each_outcome(images: int, outcomes: int) -> None:
    with pytest.raises(ValueError, match="expected one of each"):
        reliability(np.zeros(images, np.uint16), np.zeros(outcomes, bool))
