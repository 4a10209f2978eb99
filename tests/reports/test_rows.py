from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, rankdata

from reports.machines import Machine
from reports.rows import Description, Row, build_rows, rank
from suite.records.record import Calibration, Count
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]


def only(runs: list[Scored]) -> Row:
    (row,) = build_rows(runs, {})
    return row


def test_mean_deviation_and_interval_of_three_seeds(scored: MakeScored) -> None:
    row = only([scored(value, seed=seed) for seed, value in enumerate((0.90, 0.91, 0.92))])
    assert row.accuracy_mean == pytest.approx(0.91)
    assert row.accuracy_std == pytest.approx(0.01)
    expected = binomtest(9_100, 10_000).proportion_ci(method="wilson")
    assert row.accuracy_ci95 == pytest.approx((expected.low, expected.high))
    assert (row.seeds, row.runs, row.failed, row.images) == ((0, 1, 2), 3, 0, 10_000)


def test_one_seed_has_no_deviation(scored: MakeScored) -> None:
    row = only([scored(0.9)])
    assert row.accuracy_mean == 0.9
    assert row.accuracy_std is None


def test_costs_are_means_and_memory_the_highest(scored: MakeScored) -> None:
    runs = [
        scored(0.9, seed=seed, fit_cpu_seconds=10.0 + seed, fit_wall_seconds=20.0 + seed,
               predict_wall_seconds=1.0 + seed, peak_memory_mib=100.0 + seed,
               parameter_count=Count(total=1_000 + seed))
        for seed in (0, 2)
    ]  # fmt: skip
    row = only(runs)
    assert row.fit_cpu_seconds_mean == 11.0
    assert row.fit_wall_seconds_mean == 21.0
    assert row.predict_microseconds_per_image == pytest.approx(200.0)
    assert row.peak_memory_mib == 102.0
    assert row.parameter_count == 1_001
    assert row.model_bytes is None


def test_size_is_the_mean_of_the_runs_that_tell_it(scored: MakeScored) -> None:
    sizes = (None, 1_000, 3_000)
    row = only([scored(0.9, seed=seed, model_bytes=size) for seed, size in enumerate(sizes)])
    assert row.model_bytes == 2_000


def test_times_of_unlike_engines_are_marked(scored: MakeScored) -> None:
    row = only([scored(0.9, seed=0, engine="sklearn"), scored(0.9, seed=1, engine="sklearnex")])
    assert "times of sklearn and sklearnex together" in row.notes


def test_what_was_not_measured_is_absent(scored: MakeScored) -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        ("fit_cpu_seconds", "predict_wall_seconds", "peak_memory_mib", "parameter_count", "engine")
    )
    row = only([scored(0.9, **nothing)])
    assert row.fit_cpu_seconds_mean is None
    assert row.predict_microseconds_per_image is None
    assert row.peak_memory_mib is None
    assert row.parameter_count is None
    assert row.engines == ()


def test_a_row_for_each_model_variant_and_dataset(scored: MakeScored) -> None:
    runs = [
        scored(0.9, model=model, variant=variant, dataset=dataset, seed=seed)
        for model in ("knn", "svm")
        for variant in ("", "wide")
        for dataset in ("fashion", "mnist")
        for seed in (0, 1)
    ]
    rows = build_rows(reversed(runs), {})
    assert len(rows) == 8
    assert {(r.model, r.variant, r.dataset, r.runs) for r in rows} == {
        (m, v, d, 2) for m in ("knn", "svm") for v in ("", "wide") for d in ("fashion", "mnist")
    }


def test_a_failure_is_neither_a_zero_nor_absent(scored: MakeScored) -> None:
    row = only([scored(0.9, seed=0), scored(None, seed=1), scored(0.8, seed=2)])
    assert row.accuracy_mean == pytest.approx(0.85)
    assert (row.seeds, row.runs, row.failed) == ((0, 2), 2, 1)
    (failure,) = row.failures
    assert (failure.seed, failure.status) == (1, "failed")
    assert failure.reason == "ValueError: no convergence"


def test_a_row_of_failures_alone_stays_with_its_reason(scored: MakeScored) -> None:
    error = {"type": "out of memory", "message": "held 9 GiB"}
    rows = build_rows(
        [scored(None, status="out_of_memory", error=error), scored(0.1, model="dummy")], {}
    )
    assert [(r.model, r.rank) for r in rows] == [("dummy", 1), ("svm", None)]
    assert rows[1].accuracy_mean is None
    assert rows[1].accuracy_ci95 is None
    assert rows[1].failures[0].reason == "held 9 GiB"


def test_a_failure_without_a_word_says_so(scored: MakeScored) -> None:
    row = only([scored(None, status="timeout", error=None)])
    assert row.failures[0].reason == "no reason recorded"


def test_folds_are_summed_up_over_all_images(scored: MakeScored) -> None:
    values = [0.90, 0.92, 0.94, 0.96, 0.98]
    runs = [
        scored(value, images=12_000, protocol="kfold", seed=seed, fold=fold)
        for seed in (0, 1)
        for fold, value in enumerate(values)
    ]
    row = only(runs)
    assert (row.runs, row.seeds, row.images) == (10, (0, 1), 60_000)
    assert row.accuracy_std == pytest.approx(statistics.stdev(values * 2))
    expected = binomtest(56_400, 60_000).proportion_ci(method="wilson")
    assert row.accuracy_ci95 == pytest.approx((expected.low, expected.high))


@given(st.lists(st.none() | st.integers(0, 20), min_size=1, max_size=12))
def test_ranks_are_those_of_scipy(values: list[int | None]) -> None:
    ranked = rank([_row(str(i), v) for i, v in enumerate(values)])
    there = [row for row in ranked if row.accuracy_mean is not None]
    expected = rankdata([-(row.accuracy_mean or 0) for row in there], method="min")
    assert [row.rank for row in there] == list(expected)
    assert [row.rank for row in ranked[len(there) :]] == [None] * (len(values) - len(there))


def test_equal_means_of_unequal_counts_share_a_rank(scored: MakeScored) -> None:
    runs = [scored(value, model="three", seed=i) for i, value in enumerate((0.7, 0.8, 0.9))]
    rows = build_rows([*runs, scored(0.8, model="one"), scored(0.1, model="last")], {})
    assert [(r.model, r.rank) for r in rows] == [("one", 1), ("three", 1), ("last", 3)]


def test_each_dataset_has_ranks_of_its_own(scored: MakeScored) -> None:
    results = [
        ("fashion", "a", 0.9),
        ("fashion", "b", 0.8),
        ("mnist", "a", 0.8),
        ("mnist", "b", 0.9),
    ]
    runs = [scored(value, dataset=dataset, model=model) for dataset, model, value in results]
    assert [(r.dataset, r.model, r.rank) for r in build_rows(runs, {})] == [
        ("fashion", "a", 1), ("fashion", "b", 2), ("mnist", "b", 1), ("mnist", "a", 2),
    ]  # fmt: skip


def test_times_of_the_machine_with_most_rows_are_compared(scored: MakeScored) -> None:
    other = {"processor": "Another"}
    runs = [
        scored(0.9, model="a", fit_cpu_seconds=1.0),
        scored(0.9, model="b", fit_cpu_seconds=1.0),
        # Of the runs of a row, those of the common machine count, even if there are fewer.
        scored(0.9, model="b", seed=1, fit_cpu_seconds=100.0, environment=other),
        scored(0.9, model="b", seed=2, fit_cpu_seconds=100.0, environment=other),
        scored(0.9, model="c", fit_cpu_seconds=100.0, environment=other),
        scored(0.9, model="d", fit_cpu_seconds=50.0, threads=2),
    ]
    rows = {row.model: row for row in build_rows(runs, {})}
    assert [rows[m].comparable for m in "abcd"] == [True, True, False, False]
    assert rows["b"].fit_cpu_seconds_mean == 1.0
    assert rows["b"].runs == 3
    assert rows["c"].machine == Machine("Another", 1, "cpu")
    assert rows["d"].machine == Machine("AMD EPYC 9B14", 2, "cpu")


FAST = {
    "processor_model": "AuthenticAMD family 25 model 17 stepping 1",
    "calibration": Calibration(matrix_product_gflops=110.0, memory_copy_gib_per_second=9.0),
}
SLOW = {"calibration": Calibration(matrix_product_gflops=70.0, memory_copy_gib_per_second=9.0)}
NEAR = {"calibration": Calibration(matrix_product_gflops=102.0, memory_copy_gib_per_second=5.0)}
TWIN = {"processor_model": "AuthenticAMD family 25 model 1 stepping 1"}


@pytest.mark.parametrize(
    ("other", "comparable"),
    [
        ({}, True),  # an older record, of which only the name is known
        (FAST, True),
        (FAST | NEAR, True),
        (FAST | SLOW, False),
        (FAST | TWIN, False),
    ],
)
def test_processors_of_one_name_are_told_apart(
    scored: MakeScored, other: dict[str, object], comparable: bool
) -> None:
    runs = [scored(0.9, model=model, environment=FAST) for model in "abc"]
    rows = build_rows([*runs, scored(0.9, model="d", environment=other)], {})
    assert [row.comparable for row in rows] == [True, True, True, comparable]


def test_runs_that_could_read_the_labels_are_marked(scored: MakeScored) -> None:
    kinds = {"a": None, "b": "landlock 7, seccomp", "c": "none: the kernel has no Landlock"}
    runs = [scored(0.9, model=m, environment={"sandbox": kind}) for m, kind in kinds.items()]
    assert ["no sandbox" in row.notes for row in build_rows(runs, {})] == [False, False, True]


@pytest.mark.parametrize(
    ("parameters", "changes", "note"),
    [
        ({"epochs": 20}, {"epochs": 3}, "3 of 20 epochs"),
        ({"n_estimators": 1_000}, {"n_estimators": 50}, "50 of 1,000 n_estimators"),
        ({"depth": None}, {"depth": 4}, "depth 4 instead of None"),
        ({"rate": 0.1}, {"rate": 0.5}, "rate 0.5 instead of 0.1"),
        ({"bagging": True}, {"bagging": False}, "bagging False instead of True"),
    ],
)
def test_what_a_preset_took_away_is_noted(
    scored: MakeScored, parameters: dict[str, Any], changes: dict[str, Any], note: str
) -> None:
    runs = [scored(0.9, seed=s, parameters=parameters, preset_changes=changes) for s in (0, 1)]
    assert only(runs).notes == (note,)


def test_runs_of_changed_code_are_noted(scored: MakeScored) -> None:
    row = only([scored(0.9), scored(0.9, seed=1, source_hash="f" * 64)])
    assert row.notes == ("runs of 2 versions of the plugin",)


def test_a_model_without_a_description_goes_by_its_name(scored: MakeScored) -> None:
    described = {("svm", ""): Description(title="Support vectors", family="classic", label="svm")}
    known, unknown = build_rows([scored(0.9), scored(0.8, variant="wide")], described)
    assert (known.title, known.family, known.label) == ("Support vectors", "classic", "svm")
    assert (unknown.title, unknown.family, unknown.label) == ("svm", None, "svm/wide")


def _row(label: str, value: int | None) -> Row:
    return Row(
        model=label, variant="", title=label, family=None, label=label, dataset="fashion",
        seeds=(0,), runs=1, failed=0, images=1, train_images=None,
        accuracy_mean=None if value is None else value / 20, accuracy_std=None,
        accuracy_ci95=None, parameter_count=None, fit_cpu_seconds_mean=None,
        fit_wall_seconds_mean=None, predict_microseconds_per_image=None, peak_memory_mib=None,
        model_bytes=None, machine=None, engines=(), comparable=True, notes=(), failures=(),
    )  # fmt: skip
