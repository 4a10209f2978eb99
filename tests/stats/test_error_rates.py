"""How often equal models are told apart, and unequal ones not, by simulation."""

from __future__ import annotations

from itertools import cycle, islice

import numpy as np
import pytest

from suite.stats.paired import Outcome, compare_all
from suite.stats.ties import SIGNIFICANCE, corrected, tie_groups
from tests.stats.simulation import Generator, any_told_apart, drawn, outcome, within_chance

IMAGES = 500
# On the logistic scale, where accuracy is 0.85: about 2.5 points, against 1.6 of the images.
SPREAD = 0.2


def column(
    generator: Generator, seeds: list[int], spreads: list[float], fixed: int = 0
) -> list[Outcome]:
    """Equally good rows of one family; every `fixed`-th is without randomness."""
    hardness = generator.standard_normal(IMAGES)
    return [
        outcome(drawn(generator, hardness, count, spread, random=not fixed or n % fixed > 0))
        for n, (count, spread) in enumerate(zip(seeds, spreads, strict=True))
    ]


@pytest.mark.parametrize("seeds", [(1,), (2,), (3,), (5,), (1, 2), (2, 1, 3, 5)])
@pytest.mark.parametrize("models", [3, 20])
@pytest.mark.parametrize("kind", ["alike", "unlike spreads", "some without randomness"])
def test_equal_models_are_told_apart_in_one_column_of_twenty(
    models: int, seeds: tuple[int, ...], kind: str
) -> None:
    generator = np.random.default_rng([models, *seeds, len(kind)])
    counts = list(islice(cycle(seeds), models))
    trials, told = 200, 0
    for _ in range(trials):
        # With one seed for all, nothing is known of seeds: the claim is about images alone.
        spreads = np.full(models, SPREAD if max(seeds) > 1 else 0.0)
        if kind == "unlike spreads":  # one row in three by more than a factor of 2 off the typical
            spreads *= np.exp(np.log(2) * generator.standard_normal(models))
        rows = column(generator, counts, list(spreads), fixed=3 if kind.startswith("some") else 0)
        told += any_told_apart(rows, IMAGES)
    assert within_chance(told, trials)


PAIRS = [(1, 1), (1, 2), (1, 5), (2, 2), (2, 5), (3, 3), (5, 5)]


@pytest.mark.parametrize("spread", [SPREAD, 2.5 * SPREAD])
@pytest.mark.parametrize(
    ("first", "second", "fixed", "others"),
    # One seed each is nothing to know seeds by, and needs other rows.
    [*((*pair, False, 0) for pair in PAIRS[1:]), *((*pair, False, 6) for pair in PAIRS),
     *((*pair, True, 6) for pair in (*PAIRS, (2, 1), (5, 1)))],
)  # fmt: skip
def test_a_pair_of_equal_models_is_told_apart_once_in_twenty(
    first: int, second: int, fixed: bool, others: int, spread: float
) -> None:
    generator = np.random.default_rng([first, second, fixed, others])
    trials, told = 300, 0
    for _ in range(trials):
        hardness = generator.standard_normal(IMAGES)
        kinds = [(first, not fixed), (second, True), *[(2, True)] * others]
        rows = [outcome(drawn(generator, hardness, n, spread, random=r)) for n, r in kinds]
        told += compare_all(rows, IMAGES).p_values()[0, 1] < SIGNIFICANCE
    assert within_chance(told, trials)


def power(generator: Generator, seeds: int, gap: float, spread: float = 0.05) -> float:
    """Part of the pairs that are told apart of 5 rows and 5 better ones, of 2,000 images."""
    found = []
    for _ in range(30):
        hardness = generator.standard_normal(2_000)
        worths = [2.0 + gap] * 5 + [2.0] * 5
        rows = [outcome(drawn(generator, hardness, seeds, spread, worth)) for worth in worths]
        found.append((corrected(compare_all(rows, 2_000))[:5, 5:] < SIGNIFICANCE).mean())
    return float(np.mean(found))


def test_more_seeds_and_larger_differences_tell_more_models_apart() -> None:
    generator = np.random.default_rng(7)
    by_seeds = [power(generator, seeds, 0.35) for seeds in (2, 3, 5)]
    assert by_seeds == sorted(by_seeds)
    assert by_seeds[-1] > 0.9
    assert power(generator, 2, 1.0) > 0.95
    assert power(generator, 1, 1.0) > 0.95  # on images alone


def test_models_with_one_seed_are_told_apart_where_they_differ_much() -> None:
    generator = np.random.default_rng(8)
    hardness = generator.standard_normal(10_000)
    rows = [
        outcome(drawn(generator, hardness, seeds, 0.02, worth))
        for seeds, worth in ((1, 4.0), (5, 3.0), (5, 3.0), (2, 2.0), (1, 1.0))
    ]
    assert tie_groups(corrected(compare_all(rows, 10_000))) == [1, 2, 2, 3, 4]


def test_fewer_seeds_never_look_more_certain() -> None:
    generator = np.random.default_rng(9)
    hardness = generator.standard_normal(2_000)
    rows = [outcome(drawn(generator, hardness, 5, SPREAD)) for _ in range(6)]
    best = drawn(generator, hardness, 5, SPREAD, worth=3.0)
    # Of as many seeds, the same accuracy with each: that of the first run.
    run = best[:1]
    p = []
    for count in (1, 2, 3, 5):
        shuffled = np.repeat(run, count, axis=0)
        for place in range(1, count):  # other images, as many of them
            shuffled[place] = generator.permuted(shuffled[place])
        pairs = compare_all([outcome(shuffled), *rows], 2_000)
        p.append(pairs.p_values()[0, 1])
    assert p == sorted(p, reverse=True)
