from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reports.markdown import to_markdown
from reports.readme import top_rows
from reports.rows import Description
from reports.summary import in_short, in_words, progress
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
ORDER = tuple(DATASETS)
TITLES = {name: info.title for name, info in DATASETS.items()}


@pytest.fixture
def lacking(scored: MakeScored) -> Callable[..., str | None]:
    """What the table of some runs lacks: (model, dataset, seeds), and what all records share."""

    def missing(*entries: tuple[str, str, int], **changes: Any) -> str | None:
        runs = [
            scored(0.9, model=model, dataset=dataset, seed=seed, **changes)
            for model, dataset, seeds in entries
            for seed in range(seeds)
        ]
        return progress(build_tables(runs, {}, ORDER)[0], TITLES)

    return missing


def test_seeds_and_models_that_are_still_missing_are_told(
    lacking: Callable[..., str | None],
) -> None:
    some = lacking(("a", "fashion", 3), ("b", "fashion", 1), ("a", "mnist", 2))
    assert some == "1 to 3 of 5 seeds so far; 1 model not run on MNIST"
    assert lacking(("a", "fashion", 2)) == "2 of 5 seeds so far"
    assert lacking(("a", "fashion", 5), ("b", "mnist", 5)) == (
        "1 model not run on Fashion-MNIST; 1 model not run on MNIST"
    )


def test_nothing_is_said_of_what_is_complete_or_not_to_be_published(
    lacking: Callable[..., str | None], scored: MakeScored
) -> None:
    assert lacking(("a", "fashion", 5)) is None
    assert lacking(("a", "fashion", 7)) is None
    assert lacking(("a", "fashion", 1), preset="quick") is None
    assert lacking(("a", "fashion", 1), preset="tiny") is None
    failed = [scored(0.9 if seed else None, seed=seed) for seed in range(5)]
    assert progress(build_tables(failed, {}, ORDER)[0], TITLES) is None


def test_a_seed_is_done_with_its_last_fold(scored: MakeScored) -> None:
    def runs(count: int) -> list[Scored]:
        return [scored(0.9, 12_000, protocol="kfold", seed=number // 5, fold=number % 5)
                for number in range(count)]  # fmt: skip

    for count, said in ((9, "1 of 5 seeds so far"), (25, None)):
        assert progress(build_tables(runs(count), {}, ORDER)[0], TITLES) == said


def test_readers_of_text_are_told_too(scored: MakeScored) -> None:
    (unfinished,) = build_tables([scored(0.9)], {}, ORDER)
    said = "**Not finished: 1 of 5 seeds so far.**"
    assert said in to_markdown([unfinished], (), TITLES)
    assert said in top_rows(unfinished, TITLES, "all.md")
    (done,) = build_tables([scored(0.9, seed=seed) for seed in range(5)], {}, ORDER)
    for text in (to_markdown([done], (), TITLES), top_rows(done, TITLES, "all.md")):
        assert "Not finished" not in text


@pytest.mark.parametrize(
    ("protocol", "preset", "words"),
    [
        ("holdout", "standard", "80 % train, at most 12 epochs"),
        ("holdout", "standard-n6000", "6,000 images, at most 12 epochs"),
        ("holdout", "smoke", "1,000 images, at most 1 epoch"),
        ("full", "paper", "all images train, epochs as published"),
        ("kfold", "quick", "5 folds, 6,000 images, at most 3 epochs"),
        ("loo", "standard", ""),
        ("full", "tiny", ""),
    ],
)
def test_a_table_s_protocol_and_preset_in_words(
    scored: MakeScored, protocol: str, preset: str, words: str
) -> None:
    (table,) = build_tables([scored(0.9, protocol=protocol, preset=preset)], {}, ORDER)
    assert in_words(table) == words


def test_a_copy_has_all_that_its_reader_must_know(
    sweep: list[Scored], descriptions: Mapping[tuple[str, str], Description], scored: MakeScored
) -> None:
    (table,) = build_tables(sweep, descriptions, ORDER)
    text = in_short(table, TITLES)
    assert text.startswith("Fashion-MNIST and MNIST, protocol holdout, preset quick. Accuracy in")
    assert "Not publishable" in text
    assert "† times from another machine" in text
    assert text.endswith("Newest record: 2026-05-01.")
    assert "same letter" not in text
    right = np.packbits(np.ones(10_000, bool))
    tied = [replace(scored(1.0, model=model), right=right) for model in "ab"]
    text = in_short(build_tables(tied, {}, ORDER)[0], TITLES)
    assert "behind their rank can't be told from the first of them. 2 rows with" in text
    assert "Not finished: 1 of 5 seeds so far." in text
