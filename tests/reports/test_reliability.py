"""The reliability diagram's places and figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reports.reliability import diagram
from suite.records.record import CONFIDENCE_SCALE
from suite.stats.calibration import BINS, reliability
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]


@pytest.fixture
def run(scored: MakeScored) -> Callable[[list[float], list[bool]], Scored]:
    def make(confidence: list[float], right: list[bool]) -> Scored:
        sure = np.round(np.array(confidence) * CONFIDENCE_SCALE).astype(np.uint16)
        return replace(scored(0.5), reliability=reliability(sure, np.array(right)))

    return make


def test_bins_stand_at_their_mean_confidence_and_accuracy(
    run: Callable[..., Scored], scored: MakeScored
) -> None:
    runs = [
        run([0.5] * 5 + [0.99] * 5 + [0.3] * 4, [True] * 14),
        run([0.5] * 5 + [1.0] * 5 + [0.3] * 5, [False] * 5 + [True] * 10),
        scored(None),
    ]
    found = diagram(runs, 200, 50)
    assert found is not None
    assert found.width == pytest.approx(200 / BINS)
    few, middle, last = found.bins
    assert (few.images, few.accuracy) == ("9", "100.00")
    assert [one.few for one in found.bins] == [True, False, False]
    assert (middle.range, middle.images, middle.accuracy) == ("46.7–53.3", "10", "50.00")
    assert (middle.x, middle.y) == (pytest.approx(100, abs=0.1), 100)
    assert (last.images, last.confidence, last.accuracy) == ("10", "99.50", "100.00")
    assert (last.x, last.y, last.bar) == (199.0, 0.0, 50)
    # Nine predictions say next to nothing: the line passes them by.
    assert found.points == "100.0,100.0 199.0,0.0"


def test_runs_without_probabilities_have_no_diagram(scored: MakeScored) -> None:
    assert diagram([scored(0.9), scored(None)], 200, 50) is None
