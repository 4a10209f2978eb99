from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reports import groups
from reports.exports import to_csv, to_json
from reports.groups import letter
from reports.markdown import to_markdown
from reports.rows import Row, build_rows
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
IMAGES = 10_000


@pytest.fixture
def runs(scored: MakeScored) -> Callable[..., list[Scored]]:
    """Three runs of a model that has the first images right, and others wrong in each run."""

    def make(model: str, right: int, **changes: Any) -> list[Scored]:
        made = []
        for seed in range(3):
            hits = np.zeros(IMAGES, bool)
            hits[:right] = True
            hits[seed * 10 : seed * 10 + 10] = False
            run = scored(hits.mean(), model=model, variant="", seed=seed, **changes)
            made.append(replace(run, right=np.packbits(hits)))
        return made

    return make


def groups_of(rows: tuple[Row, ...]) -> dict[str, int | None]:
    return {row.model: row.tie_group for row in rows}


def test_rows_that_cannot_be_told_apart_share_a_group(runs: Any, scored: MakeScored) -> None:
    failed = [scored(None, model="d", variant="")]
    rows = build_rows([*runs("a", 9_000), *runs("b", 8_998), *runs("c", 8_000), *failed], {})
    assert groups_of(rows) == {"a": 1, "b": 1, "c": 2, "d": None}
    assert groups_of(build_rows(reversed(runs("c", 5)), {})) == {"c": 1}


def test_each_dataset_has_groups_of_its_own(runs: Any) -> None:
    rows = build_rows(
        [*runs("a", 9_000), *runs("b", 8_000), *runs("a", 8_000, dataset="mnist"),
         *runs("b", 8_000, dataset="mnist")], {}
    )  # fmt: skip
    assert [row.tie_group for row in rows] == [1, 2, 1, 1]


def test_folds_and_very_many_rows_have_no_groups(
    runs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folds = [
        replace(run, record=run.record.model_copy(update={"fold": run.record.seed, "seed": 0}))
        for run in runs("a", 9_000)
    ]
    assert groups_of(build_rows(folds, {})) == {"a": None}
    monkeypatch.setattr(groups, "MOST_ROWS", 1)
    rows = build_rows([*runs("a", 9_000), *runs("b", 8_000)], {})
    assert groups_of(rows) == {"a": None, "b": None}


def test_a_row_whose_predictions_are_not_known_leaves_the_column_without(runs: Any) -> None:
    bare = [replace(run, right=None) for run in runs("b", 8_000)]
    assert set(groups_of(build_rows([*runs("a", 9_000), *bare], {})).values()) == {None}


def test_the_exports_and_markdown_have_the_groups(runs: Any) -> None:
    (table,) = build_tables([*runs("a", 9_000), *runs("b", 8_000)], {}, tuple(DATASETS))
    assert '"tie_group": 2' in to_json(table)
    assert to_csv(table).splitlines()[0].split(",")[4] == "tie_group"
    text = to_markdown([table], [], {}).replace("\N{NO-BREAK SPACE}", " ")
    assert "1 a" in text
    assert "2 b" in text
    assert "can't be told from the first of them" in text
    assert "one seed" not in text


def test_a_row_with_one_seed_says_by_what_it_is_judged(runs: Any, scored: MakeScored) -> None:
    one = runs("b", 8_000)[:1]
    for others, told in (
        (runs("a", 9_000), "borrows the spread over seeds of its family"),
        (runs("a", 9_000)[:1], "2 rows with one seed can be judged on the images"),
    ):
        (table,) = build_tables([*others, *one], {}, tuple(DATASETS))
        text = to_markdown([table], [], {}).replace("\N{NO-BREAK SPACE}", " ")
        assert told in text
        assert [row.seeds_known for row in table.rows] == [len(others) > 1] * 2


@pytest.mark.parametrize(
    ("group", "name"), [(1, "a"), (26, "z"), (27, "aa"), (52, "az"), (53, "ba")]
)
def test_letters(group: int, name: str) -> None:
    assert letter(group) == name
