"""What is gathered of the runs while they are read, and how it is shown."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reports.mistakes import MOST_IMAGES, WrongImages, shown_mistakes
from suite.data.datasets import load
from suite.records.arrays import RunArrays
from suite.records.record import CONFIDENCE_SCALE
from suite.records.store import StoredRun
from suite.stats.mistakes import wrong_of

MakeStored = Callable[..., StoredRun]
LABELS = np.zeros(5, np.uint8)
PLACE = ("holdout", "standard", "fashion", "svm", "")


def test_the_runs_of_each_row_are_gathered_whatever_their_order(stored: MakeStored) -> None:
    wrong = WrongImages(10)
    for seed, model in ((0, "svm"), (0, "knn"), (1, "svm")):
        wrong.watch(stored(LABELS + seed, model=model, seed=seed), LABELS)
    assert [run.images.tolist() for run in wrong.of(PLACE)] == [[], [0, 1, 2, 3, 4]]
    assert len(wrong.of((*PLACE[:3], "knn", ""))) == 1
    assert wrong.of((*PLACE[:2], "mnist", "svm", "")) == ()


def test_folds_are_not_gathered(stored: MakeStored) -> None:
    wrong = WrongImages(10)
    wrong.watch(stored(LABELS + 1, protocol="kfold", fold=0), LABELS)
    assert wrong.of(("kfold", *PLACE[1:])) == ()


def test_nothing_is_kept_once_there_are_more_models_than_pages(stored: MakeStored) -> None:
    wrong = WrongImages(1)
    for model in ("svm", "knn", "svm"):
        wrong.watch(stored(LABELS + 1, model=model), LABELS)
    assert wrong.of(PLACE) == ()


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_CACHE_DIR", str(tmp_path))


@pytest.mark.usefixtures("own_cache")
def test_a_mistake_is_shown_with_its_picture_and_both_classes() -> None:
    pillow = pytest.importorskip("PIL.Image")
    digits = load("digits")
    labels = np.array(digits.labels("test"))
    runs = []
    for seed in range(2):
        predictions = labels.copy()
        predictions[7] = (labels[7] + 1) % 10
        predictions[20 + seed] = (labels[20 + seed] + 2) % 10
        confidence = np.full(len(labels), CONFIDENCE_SCALE, np.uint16)
        confidence[7] = 40_000
        runs.append(wrong_of(RunArrays(predictions=predictions, confidence=confidence), labels))
    shown = shown_mistakes(runs, digits)
    assert [(one.image, one.sure, one.runs) for one in shown] == [
        (7, "61.0", "2 of 2 runs"), (20, "50.0", "1 of 2 runs"), (21, "50.0", "1 of 2 runs"),
    ]  # fmt: skip
    assert (shown[0].true, shown[0].predicted) == (str(labels[7]), str((labels[7] + 1) % 10))
    with pillow.open(io.BytesIO(base64.b64decode(shown[0].address.partition(",")[2]))) as picture:
        assert np.array_equal(np.asarray(picture), digits.images("test")[7])


@pytest.mark.usefixtures("own_cache")
def test_only_so_many_mistakes_are_shown_and_without_probabilities_no_share() -> None:
    digits = load("digits")
    labels = np.array(digits.labels("test"))
    wrong = wrong_of(RunArrays(predictions=(labels + 1) % 10), labels)
    shown = shown_mistakes([wrong], digits)
    assert [one.image for one in shown] == list(range(MOST_IMAGES))
    assert {one.sure for one in shown} == {""}
    assert shown_mistakes([], digits) == ()
