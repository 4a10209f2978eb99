"""All pairs of a column, and what is said of them, against ranks and letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reports.pairs import Contest, contests
from reports.tables import build_tables
from reports.verdicts import Note, Verdict, note, pair_count, verdict
from suite.data.known import DATASETS
from suite.stats.paired import mcnemar
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


def test_each_pair_is_compared_by_the_means_of_all_its_seeds(runs: Runs) -> None:
    (contest,) = of([
        *runs("a", 0.9), *runs("b", 0.8, (0, 1)), *runs("c", 0.7, (2, 5)), *runs("d", 0.6, (5,)),
    ])  # fmt: skip
    assert [row.model for row in contest.rows] == ["a", "b", "c", "d"]
    tests = contest.mcnemar()
    means = [row.accuracy_mean or 0 for row in contest.rows]
    for i in range(4):
        for j in range(i + 1, 4):
            assert contest.pairs.mean[i, j] == pytest.approx(means[i] - means[j])
            seeds = contest.common_seeds(i, j)
            assert ((i, j) in tests) == bool(seeds)
            if not seeds:
                continue
            first, second = right(contest, i, seeds), right(contest, j, seeds)
            assert tests[i, j] == pytest.approx([
                mcnemar(int((a & ~b).sum()), int((b & ~a).sum()))
                for a, b in zip(first, second, strict=True)
            ])  # fmt: skip
    assert contest.common_seeds(0, 2) == (2,)
    assert contest.common_seeds(1, 3) == ()


def test_the_verdicts_agree_with_ranks_and_letters(runs: Runs) -> None:
    made = [*runs("a", 0.95), *runs("b", 0.9, (0,)), *runs("c", 0.8, (0, 1)), *runs("d", 0.3),
            *runs("e", 0.7), *runs("f", 0.2, (7,)), *runs("g", 0.29)]  # fmt: skip
    (contest,) = of(made)
    corrected = contest.corrected
    assert corrected is not None
    count = len(contest.rows)
    seen = set()
    for i in range(count):
        for j in range(i + 1, count):
            told, one, other = verdict(contest, i, j), contest.rows[i], contest.rows[j]
            assert contest.pairs.mean[i, j] >= 0  # the sign is that of the ranks
            if one.tie_group == other.tie_group and contest.rows[i - 1].tie_group != one.tie_group:
                assert told is not Verdict.BETTER  # the group's first row, and another of its
            said = note(contest, i, j)
            same = one.tie_group == other.tie_group
            assert (said is Note.NONE) == ((told is Verdict.BETTER) != same)
            seen.add(told)
    assert {Verdict.TIED, Verdict.BETTER} <= seen


def test_rows_that_are_not_shown_count_in_the_correction(runs: Runs) -> None:
    made = [*runs("a", 0.9), *runs("b", 0.8), *runs("c", 0.7)]
    (whole,) = of(made)
    (cut,) = contests(build_tables(made, {}, tuple(DATASETS)), 2)
    assert len(cut.rows) == 2
    assert pair_count(cut) == pair_count(whole) == "3"
    assert np.array_equal(cut.corrected, whole.corrected)


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


def test_only_the_best_rows_are_shown(runs: Runs) -> None:
    made = [*runs("a", 0.5), *runs("b", 0.7), *runs("c", 0.9)]
    (contest,) = contests(build_tables(made, {}, tuple(DATASETS)), 2)
    assert [row.model for row in contest.rows] == ["c", "b"]
    assert contest.left_out == 1
