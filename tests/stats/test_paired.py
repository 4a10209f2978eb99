from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from suite.stats.paired import Difference, difference, mcnemar


def test_mcnemar_is_the_exact_binomial_test():
    # 2 x the sum of C(14, k) / 2**14 for k = 0 to 3
    assert mcnemar(3, 11) == pytest.approx(2 * (1 + 14 + 91 + 364) / 2**14)
    assert mcnemar(3, 11) == mcnemar(11, 3)
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(0, 0) == 1.0


def test_intervals_are_those_of_the_student_and_normal_distributions():
    few = Difference(0.01, 0.002, 4.0, 0.01)
    assert few.interval() == pytest.approx(t.interval(0.95, 4.0, 0.01, 0.002))
    many = Difference(0.01, 0.002, np.inf, 0.01)
    assert many.interval(0.9) == pytest.approx(norm.interval(0.9, 0.01, 0.002))


@pytest.mark.parametrize("seeds", [1, 4])
def test_intervals_hold_the_true_difference_as_often_as_they_say(seeds):
    generator = np.random.default_rng(seeds)
    images, trials, held = 800, 400, 0
    spread = 0.02 if seeds > 1 else 0.0
    for _ in range(trials):
        # The same images are hard for both; seeds shift each model's accuracy.
        easy = generator.beta(8, 1, images)
        first, second = (
            generator.random((seeds, images))
            < easy - drop + spread * generator.standard_normal((seeds, 1))
            for drop in (0.0, 0.03)
        )
        low, high = difference(first, second).interval()
        held += low <= 0.03 <= high
    # Clipping at 0 and 1 moves the true difference by less than the interval can show.
    assert held / trials > 0.95 - 3 * np.sqrt(0.05 * 0.95 / trials)
