"""Predictions that were edited or invented are caught where anything else in the record tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from suite.audit.known import Known
from suite.audit.predictions import accuracy_faults
from suite.audit.validate import validate
from suite.data.datasets import load
from tests.audit.findings import fields

EPOCHS = "digits/holdout-quick/counts_epochs/seed-0.json"
Edit = Callable[..., Path]


def give(name: str, value: Callable[[np.ndarray], Any]) -> Callable[[dict[str, Any]], None]:
    def change(arrays: dict[str, Any]) -> None:
        arrays[name] = value(arrays[name])

    return change


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (give("predictions", lambda p: p[:-1]), "predictions"),
        (give("predictions", lambda p: np.full_like(p, 11)), "predictions"),
        (give("predictions", lambda p: p.astype(np.int64)), "predictions"),
        (give("predictions", lambda p: p.astype("U3")), "predictions"),
        (give("predictions", lambda p: (p + 1) % 10), "log_loss"),
        (give("confidence", lambda c: c // 4), "log_loss"),
        (give("confidence", lambda c: c.astype(np.float32)), "confidence"),
        (lambda arrays: arrays.pop("confidence"), "confidence"),
        (lambda arrays: arrays.pop("validation_predictions"), "validation_predictions"),
        (give("validation_predictions", lambda p: p[:5]), "validation_predictions"),
    ],
)
def test_edited_predictions_are_caught_though_both_sums_are_right(
    results: Path, known: Known, edit_arrays: Edit, change: Callable[..., Any], field: str
) -> None:
    edit_arrays(EPOCHS, change)
    caught = fields(validate(results, known))
    assert field in caught
    assert "arrays_sha256" not in caught


def test_confidences_below_those_of_the_most_probable_class_are_caught(
    results: Path, known: Known, edit_arrays: Edit
) -> None:
    edit_arrays(EPOCHS, give("confidence", lambda c: np.full_like(c, 3_014)))
    assert "confidence" in fields(validate(results, known))
    edit_arrays(EPOCHS, give("confidence", lambda c: np.full_like(c, 6_546)))
    assert "confidence" not in fields(validate(results, known))


def perfect(arrays: dict[str, Any]) -> None:
    arrays["predictions"] = load("digits").labels("test").copy()
    arrays["confidence"][:] = 65_535


@pytest.mark.parametrize("sandbox", [None, "landlock 7, seccomp"])
def test_an_invented_result_is_told_by_the_validation_images(
    results: Path, known: Known, edit: Edit, edit_arrays: Edit, sandbox: str | None
) -> None:
    (path,) = results.glob("digits/*/decision_tree--*/seed-0.json")
    name = str(path.relative_to(results))
    edit_arrays(name, perfect)
    edit(name, {"log_loss": 0.0, "environment.sandbox": sandbox})
    audit = validate(results, known)
    told = (["predictions"], []) if sandbox else ([], ["predictions"])
    assert (fields(audit), fields(audit, "warning")) == told


@pytest.mark.parametrize(
    ("scored", "validated", "counts", "told"),
    [
        (0.8854, 0.90275, (10_000, 12_000), False),  # XGBoost on Fashion-MNIST
        (0.8196, 0.8042, (10_000, 12_000), False),  # nearest centroids on MNIST
        (0.8833, 0.9757, (360, 288), False),  # a perceptron on digits
        (0.9, 0.8, (10_000, 150), False),
        (1.0, 1.0, (10, 10), False),
        (0.0, 0.0, (10, 10), False),
        (1.0, 0.929, (10_000, 12_000), True),
        (0.908, 0.852, (10_000, 12_000), True),
        (0.83, 0.9, (10_000, 12_000), True),
    ],
)
def test_how_far_the_accuracies_on_test_and_validation_images_may_be_apart(
    scored: float, validated: float, counts: tuple[int, int], told: bool
) -> None:
    found = [fault.field for fault in accuracy_faults(scored, validated, counts)]
    assert found == ["predictions"] * told


@pytest.mark.parametrize(("scored", "severity"), [(0.878, "warning"), (0.884, "error")])
def test_only_far_above_the_validation_accuracy_a_test_accuracy_is_an_error(
    scored: float, severity: str
) -> None:
    counts = 10_000, 12_000  # five standard errors are 0.0222, six 0.0266
    (fault,) = accuracy_faults(scored, 0.854, counts, "error")
    assert fault.severity == severity
    (below,) = accuracy_faults(0.8, 0.9, counts, "error")
    assert below.severity == "warning"


def test_edited_predictions_alone_are_caught_by_their_sum(
    results: Path, known: Known, edit_arrays: Edit
) -> None:
    def flip(arrays: dict[str, np.ndarray]) -> None:
        arrays["predictions"][0] ^= 1

    edit_arrays(EPOCHS, flip, sign=False)
    assert fields(validate(results, known)) == ["arrays_sha256"]


def test_validation_predictions_that_no_epoch_had_are_told(
    results: Path, known: Known, edit_arrays: Edit
) -> None:
    edit_arrays(EPOCHS, give("validation_predictions", np.zeros_like))
    audit = validate(results, known)
    told = (["predictions"], ["history.val_accuracy"])
    assert (fields(audit), fields(audit, "warning")) == told


def test_consistent_forgery_is_for_verify(results: Path, known: Known, edit_arrays: Edit) -> None:
    """What the guide says can't be seen here: if it could, the guide would be wrong."""

    def improve(arrays: dict[str, np.ndarray]) -> None:
        labels = load("digits").labels("test")
        wrong = np.flatnonzero(arrays["predictions"] != labels)[:3]
        arrays["predictions"][wrong] = labels[wrong]

    edit_arrays(EPOCHS, improve)
    assert validate(results, known).findings == ()
