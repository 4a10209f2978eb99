"""Accuracy against the number of training images: which rows make a curve."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from reports.learning import SizeCurve, size_curves
from reports.rows import Description
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
Sized = Callable[..., Scored]


@pytest.fixture
def sized(scored: MakeScored) -> Sized:
    """Makes a run on a number of training images (None: all 48,000)."""

    def make(accuracy: float | None, size: int | None, **changes: Any) -> Scored:
        preset = changes.pop("preset", "standard")
        if size is not None:
            changes |= {"train_images": size}
            preset = f"{preset}-n{size}"
        return scored(accuracy, preset=preset, **changes)

    return make


def curves(*runs: Scored, **descriptions: Description) -> tuple[SizeCurve, ...]:
    known = {(name, ""): description for name, description in descriptions.items()}
    return size_curves(build_tables(runs, known, tuple(DATASETS)))


def test_a_curve_has_a_point_a_size_and_one_of_all_images(sized: Sized) -> None:
    runs = [sized(0.9 + seed / 100, None, seed=seed) for seed in range(3)]
    runs += [sized(0.8, 6_000), sized(0.7, 600), sized(None, 600, seed=1)]
    (curve,) = curves(*runs, svm=Description(title="Vectors", family="classic", label="svm"))
    assert (curve.dataset, curve.protocol, curve.preset) == ("fashion", "holdout", "standard")
    assert (curve.first.title, curve.first.label, curve.first.model) == ("Vectors", "svm", "svm")
    few, _, whole = curve.points
    assert [p.train_images for p in curve.points] == [600, 6_000, 48_000]
    assert [p.accuracy_mean for p in curve.points] == pytest.approx([0.7, 0.8, 0.91])
    assert (few.runs, few.failed, few.accuracy_std) == (1, 1, None)
    assert (whole.runs, whole.failed, whole.accuracy_std) == (3, 0, pytest.approx(0.01))
    assert whole.row is curve.first
    assert curve.notes == ()


@pytest.mark.parametrize(
    "other",
    [
        {"size": 600, "accuracy": None},
        {"size": 600, "protocol": "full"},
        {"size": 600, "preset": "quick"},
        {"size": 600, "dataset": "mnist"},
        {"size": 600, "model": "knn"},
        {"size": 600, "variant": "0123456789"},
        {"size": None, "protocol": "full"},
    ],
)
def test_a_single_size_is_no_curve(sized: Sized, other: dict[str, Any]) -> None:
    made = sized(other.pop("accuracy", 0.7), other.pop("size"), **other)
    assert curves(sized(0.9, None), made) == ()


def test_two_sizes_without_all_images_are_a_curve(sized: Sized) -> None:
    (curve,) = curves(sized(0.7, 600), sized(0.8, 6_000))
    assert curve.first is curve.points[-1].row


def test_curves_are_ordered_by_dataset_rules_and_accuracy(sized: Sized) -> None:
    runs = []
    for dataset in ("digits", "mnist", "fashion"):
        for protocol, preset in (("holdout", "standard"), ("holdout", "quick")):
            for model, gain in (("knn", 0.0), ("svm", 0.05)):
                rules = {"dataset": dataset, "protocol": protocol, "preset": preset}
                runs += [sized(0.7 - gain, 600, model=model, **rules),
                         sized(0.8 + gain, None, model=model, **rules)]  # fmt: skip
    random.Random(1).shuffle(runs)
    found = [(c.dataset, c.preset, c.first.model) for c in curves(*runs)]
    assert found == [
        (dataset, preset, model)
        for dataset in ("fashion", "mnist", "digits")
        for preset in ("standard", "quick")
        for model in ("svm", "knn")
    ]


def test_folds_that_differ_by_an_image_are_one_point(sized: Sized) -> None:
    folds = {"protocol": "kfold", "dataset": "digits"}
    runs = [sized(0.9, None, fold=fold, train_images=1_149 + (fold > 2), **folds)
            for fold in range(5)]  # fmt: skip
    runs += [sized(0.7, 100, fold=fold, **folds) for fold in range(5)]
    (curve,) = curves(*runs)
    assert [(p.train_images, p.runs) for p in curve.points] == [(100, 5), (1_149, 5)]


def test_notes_tell_of_capped_epochs_and_of_other_code(sized: Sized) -> None:
    capped = {"parameters": {"epochs": 80}, "preset_changes": {"epochs": 12}}
    (curve,) = curves(sized(0.9, None, **capped), sized(0.7, 600, **capped))
    assert curve.notes == ("12 of 80 epochs",)
    runs = [sized(0.9, None), sized(0.7, 600, source_hash="0" * 64)]
    (curve,) = curves(*runs, sized(None, 600, seed=1, source_hash="1" * 64))
    assert curve.notes == ("points of 2 versions of the plugin",)


def test_without_tables_there_is_no_curve() -> None:
    assert size_curves(()) == ()
