"""When a run done again confirms its record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.audit import verdict as verdict_module
from suite.audit.verdict import judge, tolerance, used_packages
from suite.data.known import DATASETS
from suite.records import machine
from suite.records.arrays import RunArrays
from suite.records.record import Count, DatasetFacts, Environment, Record, RunError, make_record

IMAGES = 10_000
LABELS = np.arange(IMAGES, dtype=np.uint8) % 10


def run(wrong: range, **changes: Any) -> tuple[Record, RunArrays | None]:
    predictions = LABELS.copy()
    predictions[list(wrong)] = (predictions[list(wrong)] + 1) % 10
    arrays = RunArrays(predictions=predictions, confidence=np.full(IMAGES, 60_000, np.uint16))
    environment = {"processor": "P", "cores": 2, "memory_mib": 9, "system": "S", "python": "3.11.7",
                   "packages": {"numpy": "2.0"}} | changes.pop("environment", {})  # fmt: skip
    content: dict[str, Any] = {
        "model": "svm", "parameters": {"C": 1.0}, "source_hash": "a" * 64, "protocol": "full",
        "dataset": DatasetFacts(name="fashion", sums=DATASETS["fashion"].sums),
        "preset": "paper", "split_hash": "b" * 64, "train_images": 60_000, "seed": 0, "threads": 1,
        "status": "ok", "fit_cpu_seconds": 10.0, "log_loss": 0.5,
        "parameter_count": Count(total=7), "history": ({"epoch": 1, "loss": 0.25},),
        "environment": Environment(**environment), "started_at": "2026-05-01T12:00:00Z",
        "arrays_sha256": arrays.sha256(),
    } | changes  # fmt: skip
    record = make_record(**content)
    return record, arrays if record.status == "ok" else None


def verdict(old: tuple[Any, Any], new: tuple[Any, Any], random: bool = True) -> Any:
    return judge("a path", old, new, LABELS, random=random, requires=())


SPEED = {"matrix_product_gflops": 100.0, "memory_copy_gib_per_second": 7.0}
OTHER = {"environment": {"processor": "Q", "packages": {"numpy": "2.1"}}}


def test_equal_runs_are_identical() -> None:
    told = verdict(run(range(500)), run(range(500), fit_cpu_seconds=12.0))
    assert (told.outcome, told.agrees, told.differences) == ("identical", True, ())
    assert told.accuracies == (0.95, 0.95)


def test_one_prediction_more_is_too_much_on_the_same_machine() -> None:
    told = verdict(run(range(500)), run(range(501)))
    assert (told.outcome, told.agrees) == ("different", False)
    assert "1 predictions differ, though machine" in told.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"log_loss": 0.4},
        {"parameter_count": Count(total=6)},
        {"history": ({"epoch": 1, "loss": 0.2},)},
    ],
)
def test_a_figure_that_is_another_is_told_though_the_predictions_are_the_same(changes: Any) -> None:
    told = verdict(run(range(500), **changes), run(range(500)))
    assert told.outcome == "different"
    (name,) = changes
    assert [difference[0] for difference in told.differences] == [name]
    assert name in told.reason


def test_elsewhere_a_small_difference_is_within_the_tolerance_and_the_reasons_are_told() -> None:
    told = verdict(run(range(500)), run(range(20, 530), **OTHER))
    assert told.outcome == "within tolerance"
    assert ("processor", "P", "Q") in told.differences
    assert ("package numpy", "2.0", "2.1") in told.differences
    assert "0.10 points apart, within the 0.50 allowed" in told.reason


def test_elsewhere_equal_predictions_have_equal_counts() -> None:
    told = verdict(run(range(500), parameter_count=Count(total=6)), run(range(500), **OTHER))
    assert told.outcome == "different"
    assert "parameter_count" in told.reason


def test_elsewhere_a_claim_of_many_more_right_images_is_beyond_it() -> None:
    told = verdict(run(range(500)), run(range(650), **OTHER))
    assert told.outcome == "different"
    assert "1.50 points apart, more than the 0.50 allowed" in told.reason


def test_a_model_without_randomness_has_less_room() -> None:
    old, new = run(range(500)), run(range(540), **OTHER)
    assert verdict(old, new, random=True).outcome == "within tolerance"
    assert verdict(old, new, random=False).outcome == "different"


def test_changed_code_and_data_are_named() -> None:
    told = verdict(run(range(500), source_hash="c" * 64), run(range(500)))
    assert told.outcome == "identical"
    assert [difference[0] for difference in told.differences] == ["code (source_hash)"]


def test_a_run_that_fails_now_does_not_confirm_a_result() -> None:
    error = RunError(type="ValueError", message="no")
    failed = run(range(0), status="failed", error=error, arrays_sha256=None, log_loss=None)
    told = verdict(run(range(500)), failed)
    assert (told.outcome, told.agrees) == ("failed", False)
    assert "now failed (ValueError: no)" in told.reason
    assert verdict(failed, failed).agrees
    assert verdict(failed, run(range(500))).outcome == "different"


def test_times_far_apart_are_told_and_not_judged() -> None:
    told = verdict(run(range(500)), run(range(500), fit_cpu_seconds=30.0))
    assert told.agrees
    assert told.differences == (("fit_cpu_seconds (not judged)", "10.0", "30.0"),)


@given(st.integers(0, IMAGES), st.integers(0, IMAGES), st.booleans())
def test_the_tolerance_grows_with_what_differs_and_has_a_floor(
    first: int, second: int, random: bool
) -> None:
    one, other = (np.arange(IMAGES) < number for number in (first, second))
    allowed = tolerance(one, other, random=random)
    floor = 0.005 if random else 0.001
    assert allowed == pytest.approx(max(floor, 3 * abs(first - second) ** 0.5 / IMAGES))
    # Claimed images that are right in one run alone: from 51 (or 11) on they are too many.
    assert (abs(first - second) / IMAGES <= allowed) == (
        abs(first - second) <= (50 if random else 10)
    )


def test_equally_good_runs_pass_as_often_as_is_said() -> None:
    generator = np.random.default_rng(0)
    passed = 0
    for _ in range(2_000):
        apart = generator.random(IMAGES) < 0.04  # 400 of 10,000, of which half go each way
        first = generator.random(IMAGES) < 0.5
        second = np.where(apart, ~first, first)
        allowed = tolerance(first, second, random=False)
        passed += abs(first.mean() - second.mean()) <= allowed
    assert 0.994 <= passed / 2_000 <= 0.9995


@pytest.mark.parametrize(
    "changes",
    [
        {"history": ({"epoch": 1, "loss": 0.25, "cpu_seconds": 4.5},)},
        {"environment": {"calibration": SPEED, "cpu_quota": 1.5, "sandbox": "x"}},
        {"time_limit_seconds": 60.0, "memory_limit_mib": 900.0},
        {"environment": {"processor_model": "family 25 model 17"}},
        {"multiply_adds": 6},
    ],
)
def test_times_limits_and_what_older_records_lack_are_not_compared(changes: Any) -> None:
    told = verdict(run(range(500)), run(range(500), **changes))
    assert (told.outcome, told.differences) == ("identical", ())


def test_what_both_records_have_of_the_newer_facts_is_compared() -> None:
    told = verdict(run(range(500), multiply_adds=6), run(range(500), multiply_adds=7))
    assert (told.outcome, told.differences) == ("different", (("multiply_adds", "6", "7"),))
    models = [{"environment": {"processor_model": f"family 25 model {n}"}} for n in (1, 17)]
    elsewhere = verdict(*(run(range(500 + n), **one) for n, one in enumerate(models)))
    assert elsewhere.outcome == "within tolerance"
    assert [one[0] for one in elsewhere.differences] == ["processor_model"]


METADATA = {
    "keras": ["numpy", "Ml_Dtypes>=0.3", "torch>2; extra == 'torch'"],
    "tensorflow-cpu": ["keras>=3.10", "absl-py"],
    "jax": ["jaxlib==0.5; python_version > '3.9'"],
    "scikit-learn": ["numpy>=1.24", "scipy>=1.10"],
    "scikit-learn-intelex": ["scikit-learn>=1.0", "daal==2026.2"],
    "ml-dtypes": ["keras"],  # a circle
}
HOLDERS = {"keras": ["keras"], "tensorflow": ["tensorflow_cpu"], "jax": ["jax"],
           "sklearn": ["scikit-learn"], "sklearnex": ["scikit-learn-intelex"],
           "numpy": ["numpy"]}  # fmt: skip


@pytest.mark.parametrize(
    ("requires", "engine", "backend", "used"),
    [
        ((), "plugin", None, {"numpy"}),
        (("sklearn.svm",), "sklearn", None, {"numpy", "scikit-learn", "scipy"}),
        (("sklearnex.svm|sklearn.svm",), "sklearn", None, {"numpy", "scikit-learn", "scipy"}),
        (("sklearnex.svm|sklearn.svm",), "sklearnex", None,
         {"numpy", "scikit-learn", "scikit-learn-intelex", "daal", "scipy"}),
        (("keras", "tensorflow|jax|torch"), "keras/tensorflow", "tensorflow",
         {"numpy", "keras", "ml-dtypes", "tensorflow-cpu", "absl-py"}),
        (("keras", "tensorflow|jax|torch"), "keras/jax", "jax",
         {"numpy", "keras", "ml-dtypes", "jax", "jaxlib"}),
        (("jax|tensorflow",), "plugin", None,
         {"numpy", "jax", "jaxlib", "tensorflow-cpu", "keras", "ml-dtypes", "absl-py"}),
        (("not_here",), None, None, {"numpy"}),
    ],
)  # fmt: skip
def test_a_model_uses_what_it_requires_and_what_that_needs(
    monkeypatch: pytest.MonkeyPatch, requires: tuple[str, ...], engine: str | None,
    backend: str | None, used: set[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(machine, "_holders", lambda: HOLDERS)
    monkeypatch.setattr(verdict_module.metadata, "requires", lambda name: METADATA.get(name))
    verdict_module._needs.cache_clear()
    record, _ = run(range(9), engine=engine, environment={"backend": backend})
    assert used_packages(requires, [record]) == used
    verdict_module._needs.cache_clear()


def test_versions_of_what_the_model_does_not_use_are_not_compared() -> None:
    packages = {"numpy": "2.0", "jax": "0.1", "fashion-mnist-suite": "0.1.0"}
    old = run(range(500), engine="plugin", environment={"packages": packages})
    packages = {"numpy": "2.0", "jax": "0.2", "fashion-mnist-suite": "0.2.0", "torch": "2"}
    new = run(range(500), engine="plugin", environment={"packages": packages})
    assert verdict(old, new).differences == ()
