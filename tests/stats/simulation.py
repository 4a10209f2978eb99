"""Models of which the truth is known, for simulations of error rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suite.stats.paired import Outcome, compare_all
from suite.stats.ties import SIGNIFICANCE, corrected

Generator = np.random.Generator


def outcome(
    right: np.ndarray, seeds: tuple[int, ...] | None = None, kind: str | None = None
) -> Outcome:
    """What a row got right: bool, (seeds, images)."""
    return Outcome(seeds or tuple(range(len(right))), np.packbits(right, axis=1), kind)


def drawn(
    generator: Generator,
    hardness: np.ndarray,
    seeds: int,
    spread: float = 0.0,
    worth: float = 2.0,
    random: bool = True,
) -> np.ndarray:
    """Right or wrong, for seeds that differ in worth and images that differ in hardness.

    Args:
        generator: Draws.
        hardness: Of the images.
        seeds: How many.
        spread: Standard deviation of the worth over seeds.
        worth: Mean worth, on the logistic scale.
        random: Whether runs differ at all; if not, all are the first, of spread 0.
    """
    runs = seeds if random else 1
    level = worth + (spread if random else 0.0) * generator.standard_normal((runs, 1))
    logit = level - hardness + 0.5 * generator.standard_normal((1, len(hardness)))
    right = generator.random((runs, len(hardness))) < 1 / (1 + np.exp(-logit))
    return right if random else np.repeat(right, seeds, axis=0)


def any_told_apart(rows: Sequence[Outcome], images: int) -> bool:
    """Whether the correction for all pairs leaves any pair of equal rows told apart."""
    return bool((corrected(compare_all(rows, images)) < SIGNIFICANCE).any())


def within_chance(found: float, trials: int) -> bool:
    """Whether an error rate over so many trials is compatible with 5 %.

    Three standard deviations of a count of true rate 5 %: a test that holds its level fails here
    once in a thousand draws of the generator, and the draws are seeded.
    """
    return found / trials < SIGNIFICANCE + 3 * np.sqrt(SIGNIFICANCE * (1 - SIGNIFICANCE) / trials)
