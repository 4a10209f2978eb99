"""All pairs at once, against comparing two rows as `suite compare` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reports import pairs as module
from reports.pairs import Contest, contests
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.stats.paired import difference, mcnemar
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
Runs = Callable[..., list[Scored]]
IMAGES = 203


@pytest.fixture
def runs(scored: MakeScored) -> Runs:
    """Runs of a model that has some part of the images right, others with each seed."""

    def make(model: str, worth: float, seeds: Sequence[int] = (0, 1, 2), **changes: Any):
        made = []
        for seed in seeds:
            generator = np.random.default_rng([seed, *model.encode()])
            right = generator.random(IMAGES) < worth
            run = scored(right.mean(), IMAGES, model=model, seed=seed, **changes)
            made.append(replace(run, right=np.packbits(right)))
        return made

    return make


def of(runs: Sequence[Scored]) -> list[Contest]:
    return list(contests(build_tables(runs, {}, tuple(DATASETS))))


def right(contest: Contest, place: int, seeds: Sequence[int]) -> np.ndarray:
    packed = contest.outcomes[place].of(seeds)
    return np.unpackbits(packed, axis=1, count=contest.images).astype(bool)


def test_each_pair_is_compared_on_the_seeds_that_both_have(runs: Runs) -> None:
    (contest,) = of([
        *runs("a", 0.9), *runs("b", 0.8, (0, 1)), *runs("c", 0.7, (2, 5)), *runs("d", 0.6, (5,)),
    ])  # fmt: skip
    assert [row.model for row in contest.rows] == ["a", "b", "c", "d"]
    tests = contest.mcnemar()
    for i in range(4):
        for j in range(i + 1, 4):
            seeds = contest.common_seeds(i, j)
            if not seeds:
                assert np.isnan(contest.difference[i, j])
                assert (i, j) not in tests
                continue
            first, second = right(contest, i, seeds), right(contest, j, seeds)
            expected = difference(first, second)
            low, high = expected.interval()
            assert contest.difference[i, j] == pytest.approx(expected.mean)
            assert contest.difference[i, j] - contest.half_width[i, j] == pytest.approx(low)
            assert contest.difference[i, j] + contest.half_width[i, j] == pytest.approx(high)
            assert contest.p_value[i, j] == pytest.approx(expected.p_value)
            assert contest.difference[j, i] == pytest.approx(-expected.mean)
            assert tests[i, j] == pytest.approx([
                mcnemar(int((a & ~b).sum()), int((b & ~a).sum()))
                for a, b in zip(first, second, strict=True)
            ])  # fmt: skip
    assert contest.common_seeds(0, 2) == (2,)
    assert contest.common_seeds(1, 3) == ()


def test_folds_single_rows_and_failed_runs_are_no_contest(runs: Runs, scored: MakeScored) -> None:
    assert of([*runs("a", 0.9), scored(None, model="b")]) == []
    folds = [*runs("a", 0.9, protocol="kfold", fold=1), *runs("b", 0.9, protocol="kfold", fold=1)]
    assert of(folds) == []
    assert of([*runs("a", 0.9), *runs("b", 0.9, preset="paper")]) == []


def test_rows_that_were_scored_on_other_images_are_left_out(runs: Runs, scored: MakeScored) -> None:
    other = replace(scored(0.9, 50, model="z"), right=np.packbits(np.ones(50, bool)))
    (contest,) = of([*runs("a", 0.9), *runs("b", 0.8), other])
    assert [row.model for row in contest.rows] == ["a", "b"]
    assert contest.left_out == 1


def test_only_the_best_rows_are_compared(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    (contest,) = of([*runs("a", 0.5), *runs("b", 0.7), *runs("c", 0.9)])
    assert [row.model for row in contest.rows] == ["c", "b"]
    assert contest.left_out == 1
