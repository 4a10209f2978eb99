from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.release_changes import all_changes, changes
from reports.releases import FrozenRow, FrozenTable, Manifest, RecordSums, Release


def row(model: str = "svm", **content: Any) -> FrozenRow:
    given = {"title": model, "label": model, "dataset": "mnist", "seeds": (0,), "failed": 0}
    return FrozenRow(model=model, **{**given, "accuracy_mean": 0.9, "rank": 1} | content)


def record(model: str = "svm", seed: int = 0, code: str = "a", digest: str = "b") -> RecordSums:
    path = f"mnist/holdout-standard/{model}/seed-{seed}.json"
    return RecordSums(path=path, source_hash=code * 64, digest=digest * 64)


def release(
    rows: Sequence[FrozenRow],
    records: Sequence[RecordSums] = (),
    name: str = "1",
    protocol: str = "holdout",
) -> Release:
    manifest = Manifest(
        name=name, date="2026-01-01", suite_version="1", datasets={}, tables=(),
        records=tuple(records), files={},
    )  # fmt: skip
    table = FrozenTable(protocol=protocol, preset="standard", publishable=True, rows=tuple(rows))
    return Release(manifest, "0" * 64, (table,))


def test_the_first_release_has_nothing_to_be_compared_with() -> None:
    (only,) = all_changes([release([row()])])
    assert only.before is None
    assert only.tables == ()


def test_each_release_is_compared_with_the_one_before_the_newest_first() -> None:
    one, two, three = (release([row()], name=name) for name in "123")
    found = all_changes([one, two, three])
    names = [(c.before.name if c.before else None, c.after.name) for c in found]
    assert names == [("2", "3"), ("1", "2"), (None, "1")]


def test_rows_and_models_come_and_go() -> None:
    before = release([row("svm"), row("knn", rank=2)])
    after = release([row("svm"), row("svm", variant="poly", rank=2), row("mlp", rank=3)])
    found = changes(before, after)
    assert (found.models_added, found.models_removed) == (("mlp",), ("knn",))
    (table,) = found.tables
    assert [(c.kind, c.row.entry) for c in table.rows] == [
        ("added", "svm--poly"), ("added", "mlp"), ("removed", "knn"),
    ]  # fmt: skip
    assert table.summary == "2 added, 1 removed and 1 as before."


def test_a_row_that_only_others_moved_has_not_changed_itself() -> None:
    before = release([row("svm", rank=1, tie_group=1), row("knn", rank=2)])
    after = release([row("mlp", rank=1), row("svm", rank=2, tie_group=1), row("knn", rank=2)])
    (table,) = changes(before, after).tables
    (moved,) = table.of("moved")
    assert moved.row.model == "svm"
    assert moved.reasons == ()
    assert table.unchanged == 1


@pytest.mark.parametrize(
    ("new", "records", "reason"),
    [
        ({"seeds": (0, 1, 2)}, [record()], "new seeds: 1 and 2"),
        ({"seeds": (1,)}, [record()], "new seed: 1"),
        ({"failed": 2}, [record()], "failed runs: 2 instead of 0"),
        ({}, [record(code="c")], "the code of the model changed"),
        ({}, [record(digest="c")], "1 run made again"),
    ],
)
def test_what_is_different_about_the_runs_is_told(
    new: dict[str, Any], records: list[RecordSums], reason: str
) -> None:
    (table,) = changes(release([row()], [record()]), release([row(**new)], records)).tables
    (change,) = table.rows
    assert change.kind == "changed"
    assert reason in change.reasons


def test_another_accuracy_is_a_change_in_points() -> None:
    before = release([row(accuracy_mean=0.9), row("knn", accuracy_mean=None, rank=None)])
    after = release([row(accuracy_mean=0.905), row("knn", accuracy_mean=0.8, rank=2)])
    (table,) = changes(before, after).tables
    differences = {change.row.model: change.difference_points for change in table.of("changed")}
    assert differences["svm"] == pytest.approx(0.5)
    assert differences["knn"] is None


def test_tables_of_unlike_protocols_are_never_compared() -> None:
    found = changes(release([row()]), release([row()], protocol="full"))
    assert [(t.protocol, t.kind, t.rows[0].kind) for t in found.tables] == [
        ("full", "added", "added"), ("holdout", "removed", "removed"),
    ]  # fmt: skip


RANKED = st.lists(
    st.builds(
        row,
        st.sampled_from(["svm", "knn", "mlp"]),
        dataset=st.sampled_from(["mnist", "fashion"]),
        rank=st.integers(1, 5),
        accuracy_mean=st.floats(0, 1),
    ),
    unique_by=lambda r: (r.dataset, r.entry),
)


@given(RANKED, RANKED)
def test_every_row_is_told_once(old: list[FrozenRow], new: list[FrozenRow]) -> None:
    (table,) = changes(release(old), release(new)).tables
    keys = {(r.dataset, r.entry) for r in (*old, *new)}
    told = [(c.row.dataset, c.row.entry) for c in table.rows]
    assert len(set(told)) == len(told)
    assert len(told) + table.unchanged == len(keys)
    (back,) = changes(release(new), release(old)).tables
    assert len(back.of("added")) == len(table.of("removed"))
    assert back.unchanged == table.unchanged


@given(RANKED)
def test_nothing_changes_between_equals(rows: list[FrozenRow]) -> None:
    found = changes(release(rows), release(rows))
    assert [t.rows for t in found.tables] == [()]
    assert (found.models_added, found.models_removed) == ((), ())
