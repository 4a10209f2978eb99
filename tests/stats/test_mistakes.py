"""The surest mistakes, against sorting all images one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from suite.records.arrays import RunArrays
from suite.records.record import CONFIDENCE_SCALE
from suite.stats.mistakes import Mistake, worst_mistakes, wrong_of

Runs = list[tuple[np.ndarray, np.ndarray | None]]


@st.composite
def sweeps(draw: st.DrawFn) -> tuple[np.ndarray, Runs]:
    """Labels of some images, and runs: predictions with or without their probabilities."""
    images, runs = draw(st.integers(1, 30)), draw(st.integers(1, 4))
    classes = hnp.arrays(np.uint8, images, elements=st.integers(0, 3))
    # Few different values, so that ties are common.
    sure = hnp.arrays(np.uint16, images, elements=st.sampled_from([1, 2, 3, 40_000, 65_535]))
    without = draw(st.sampled_from(["all", "none", "some"]))
    drawn: Runs = []
    for run in range(runs):
        bare = without == "all" or (without == "some" and run == 0)
        drawn.append((draw(classes), None if bare else draw(sure)))
    return draw(classes), drawn


def naive(labels: np.ndarray, runs: Runs) -> list[Mistake]:
    known = all(confidence is not None for _, confidence in runs)
    mistakes = []
    for image, label in enumerate(labels.tolist()):
        weights: dict[int, int] = {}
        count = 0
        for predictions, confidence in runs:
            predicted = int(predictions[image])
            if predicted != label:
                count += 1
                weight = int(confidence[image]) if known and confidence is not None else 1
                weights[predicted] = weights.get(predicted, 0) + weight
        if count:
            surest = max(sorted(weights), key=lambda name: weights[name])
            mean = sum(weights.values()) / (len(runs) * CONFIDENCE_SCALE) if known else None
            mistakes.append(Mistake(image, surest, count, mean))
    return sorted(mistakes, key=lambda m: (-(m.confidence or 0), -m.runs, m.image))


@given(sweeps(), st.integers(0, 40))
@settings(max_examples=300)
def test_the_worst_are_those_that_sorting_all_images_gives(
    sweep: tuple[np.ndarray, Runs], most: int
) -> None:
    labels, runs = sweep
    wrong = [wrong_of(RunArrays(predictions=p, confidence=c), labels) for p, c in runs]
    assert list(worst_mistakes(wrong, most)) == naive(labels, runs)[:most]


def test_one_sure_run_of_many_does_not_outweigh_runs_that_agree() -> None:
    labels = np.zeros(2, np.uint8)
    runs = [
        (np.array([1, 2]), np.array([65_535, 40_000])),
        (np.array([0, 2]), np.array([9, 50_000])),
    ]
    wrong = [
        wrong_of(RunArrays(predictions=p.astype("u1"), confidence=c.astype("u2")), labels)
        for p, c in runs
    ]
    first, second = worst_mistakes(wrong, 10)
    assert (first.image, first.predicted, first.runs) == (1, 2, 2)
    assert first.confidence == pytest.approx(45_000 / 65_535)
    assert second == Mistake(0, 1, 1, 0.5)


def test_runs_without_mistakes_have_none_to_show() -> None:
    labels = np.arange(4, dtype=np.uint8)
    assert worst_mistakes([wrong_of(RunArrays(predictions=labels), labels)], 10) == ()
    assert worst_mistakes([], 10) == ()
