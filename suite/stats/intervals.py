"""How far a mean can be trusted: spread over runs, and the sampling of test images.

The standard library's exact sums are used on purpose: equal values have a deviation of exactly 0,
and a mean does not depend on the order of its values, so that equal means tie in a ranking.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from math import sqrt


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean; None without values."""
    return statistics.fmean(values) if values else None


def sample_deviation(values: Sequence[float]) -> float | None:
    """Sample standard deviation (divisor n - 1); None for fewer than two values."""
    return statistics.stdev(values) if len(values) > 1 else None


def wilson(proportion: float, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a proportion.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927). The same as `scipy.stats.binomtest(...).proportion_ci(method="wilson")`, but for a mean
    over several runs, whose number of successes is no integer.

    Args:
        proportion: Observed part of successes, in [0, 1].
        trials: Number of independent trials behind it, such as test images; at least 1.
        confidence: Coverage, in (0, 1).

    Returns:
        Lower and upper end, in [0, 1].

    Raises:
        ValueError: An argument is out of its range.
    """
    if not 0 <= proportion <= 1 or trials < 1 or not 0 < confidence < 1:
        raise ValueError(
            f"proportion {proportion}, trials {trials} and confidence {confidence} must be in "
            "[0, 1], 1 or more, and in (0, 1)"
        )
    z = statistics.NormalDist().inv_cdf(0.5 + confidence / 2)
    centre = proportion + z * z / (2 * trials)
    half = z * sqrt(proportion * (1 - proportion) / trials + (z / (2 * trials)) ** 2)
    shrink = 1 + z * z / trials
    # At the ends of the range the exact bound is 0 or 1, and rounding may miss it.
    low = 0.0 if proportion == 0 else max(0.0, (centre - half) / shrink)
    high = 1.0 if proportion == 1 else min(1.0, (centre + half) / shrink)
    return low, high
