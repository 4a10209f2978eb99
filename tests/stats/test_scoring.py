from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from suite.data.datasets import load
from suite.data.duplicates import Duplicate
from suite.errors import RecordError
from suite.protocol.rules import PRESETS, PROTOCOLS
from suite.protocol.splits import make_split
from suite.records.record import DatasetFacts
from suite.records.store import Damage, StoredRun
from suite.stats.scoring import score, score_all

MakeRun = Callable[..., StoredRun]
LABELS = np.array([0, 1, 2, 3], dtype="u1")


def test_score_compares_with_the_labels(run: MakeRun) -> None:
    scored = score(run(np.array([0, 1, 9, 9])), LABELS)
    assert (scored.accuracy, scored.images) == (0.5, 4)


def test_score_tells_which_are_right_and_what_the_others_were_taken_for(run: MakeRun) -> None:
    scored = score(run(np.array([0, 1, 9, 9])), LABELS)
    assert np.unpackbits(scored.right, count=4).tolist() == [1, 1, 0, 0]
    taken = {(0, 0), (1, 1), (2, 9), (3, 9)}
    assert set(zip(*(axis.tolist() for axis in np.nonzero(scored.confusion)), strict=True)) == taken
    assert scored.confusion.sum() == 4


def test_images_with_near_duplicates_are_left_out(run: MakeRun) -> None:
    predicted = run(np.array([0, 1, 9, 3]))
    scored = score(predicted, LABELS, np.array([0, 3]))
    assert (scored.accuracy, scored.images) == (0.75, 4)
    assert scored.accuracy_clean == 0.5


def test_without_near_duplicates_both_accuracies_are_equal(run: MakeRun) -> None:
    scored = score(run(np.array([0, 9, 9, 3])), LABELS, np.array([], dtype=int))
    assert scored.accuracy_clean == scored.accuracy


def test_where_near_duplicates_are_not_known_there_is_no_second_accuracy(run: MakeRun) -> None:
    scored = score(run(np.array([0, 1, 9, 9])), LABELS)
    assert scored.accuracy_clean is None


def test_confidences_are_put_into_bins(run: MakeRun) -> None:
    confidence = np.array([65_535, 65_535, 13_107, 65_535], dtype="u2")
    scored = score(run(np.array([0, 9, 2, 3]), confidence), LABELS)
    assert scored.reliability is not None
    assert scored.reliability.images.tolist() == [0, 0, 1, *[0] * 11, 3]
    assert scored.reliability.right.tolist() == [0, 0, 1, *[0] * 11, 2]
    assert scored.reliability.expected_calibration_error == pytest.approx((0.8 + 1) / 4)


def test_a_model_without_probabilities_has_no_bins(run: MakeRun) -> None:
    assert score(run(np.array([0, 1, 2, 3])), LABELS).reliability is None


@pytest.mark.parametrize("confidence", [np.zeros(3, "u2"), np.zeros(4), np.zeros((4, 1), "u2")])
def test_confidences_must_be_there_one_a_prediction(run: MakeRun, confidence: np.ndarray) -> None:
    with pytest.raises(RecordError, match=r"confidences are .* expected uint16 \(4,\)"):
        score(run(np.array([0, 1, 2, 3]), confidence), LABELS)


def test_a_class_that_there_is_not_is_refused(run: MakeRun) -> None:
    with pytest.raises(RecordError, match="class 10, expected 0 to 9"):
        score(run(np.array([0, 1, 2, 10])), LABELS)


def test_a_failed_run_has_no_accuracy_rather_than_zero(run: MakeRun) -> None:
    scored = score(run(None, status="timeout"), LABELS)
    assert scored.accuracy is None
    assert scored.images == 0


@pytest.mark.parametrize("predictions", [None, np.zeros(3), np.zeros((4, 1))])
def test_predictions_must_be_there_one_a_label(
    run: MakeRun, predictions: np.ndarray | None
) -> None:
    with pytest.raises(RecordError, match="predictions"):
        score(run(predictions), LABELS)


@pytest.mark.usefixtures("own_cache")
def test_holdout_is_scored_on_the_official_test_labels(run: MakeRun) -> None:
    labels = load("digits").labels("test").copy()
    labels[:36] = (labels[:36] + 1) % 10
    (scored,), damaged = score_all([run(labels)])
    assert (scored.accuracy, scored.images) == (0.9, 360)
    assert scored.accuracy_clean is None
    assert damaged == ()


@pytest.mark.usefixtures("own_cache")
def test_the_published_list_is_used_but_not_for_folds(
    run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = (Duplicate(3, 0, 0.0, 0, 0), Duplicate(3, 9, 0.01, 0, 0), Duplicate(7, 1, 0.0, 0, 0))
    monkeypatch.setattr("suite.stats.scoring.known_duplicates", {"digits": pairs}.get)
    labels = load("digits").labels("test").copy()
    labels[[7, 8]] = (labels[[7, 8]] + 1) % 10
    train = load("digits").labels("train")
    split = make_split(train, 360, PROTOCOLS["kfold"], PRESETS["quick"], 1, 0)
    facts = {"protocol": "kfold", "preset": "quick", "seed": 1, "fold": 0}
    fold = run(train[split.test], split_hash=split.sha256, **facts)
    (tested, folded), damaged = score_all([run(labels), fold])
    assert damaged == ()
    assert tested.accuracy == 358 / 360
    assert tested.accuracy_clean == 357 / 358
    assert (folded.accuracy, folded.accuracy_clean) == (1.0, None)


@pytest.mark.usefixtures("own_cache")
def test_a_fold_is_scored_on_its_training_images(run: MakeRun) -> None:
    train = load("digits").labels("train")
    runs = []
    for fold in range(5):
        split = make_split(train, 360, PROTOCOLS["kfold"], PRESETS["quick"], 1, fold)
        facts = {"protocol": "kfold", "preset": "quick", "seed": 1, "fold": fold}
        runs.append(run(train[split.test], split_hash=split.sha256, **facts))
    scored, damaged = score_all(runs)
    assert [s.accuracy for s in scored] == [1.0] * 5
    assert sum(s.images for s in scored) == 1_437
    assert damaged == ()


@pytest.mark.usefixtures("own_cache")
def test_a_fold_of_another_split_is_not_scored(run: MakeRun) -> None:
    other = run(np.zeros(288), protocol="kfold", fold=0)
    scored, damaged = score_all([other])
    assert scored == ()
    assert damaged[0].path == other.path
    assert "split is not the one" in damaged[0].reason


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dataset": DatasetFacts(name="digits", sums={"x": "c" * 64})}, "other data"),
        ({"dataset": DatasetFacts(name="letters", sums={})}, "letters is unknown"),
        ({"protocol": "leave_one_out"}, "leave_one_out or preset standard is unknown"),
        ({"preset": "tiny"}, "preset tiny is unknown"),
        ({"fold": 0}, "fold is 0"),
        ({"protocol": "kfold", "fold": 5}, "fold is 5"),
        ({"protocol": "kfold"}, "fold is None"),
    ],
)
def test_what_can_t_be_scored_is_reported_and_the_rest_scored(
    run: MakeRun, changes: dict[str, object], reason: str
) -> None:
    good, bad = run(np.zeros(360)), run(np.zeros(360), **changes)
    scored, damaged = score_all([bad, good])
    assert [s.record for s in scored] == [good.record]
    assert [d.path for d in damaged] == [bad.path]
    assert reason in damaged[0].reason


def test_failed_runs_need_no_data(run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_CACHE_DIR", "/nowhere")
    scored, damaged = score_all([run(None, status="failed")])
    assert len(scored) == 1
    assert damaged == ()


def test_a_failed_run_of_a_fold_that_cannot_be_is_damaged(run: MakeRun) -> None:
    scored, (damage,) = score_all([run(None, status="failed"), run(None, status="failed", fold=1)])
    assert len(scored) == 1
    assert "fold is 1" in damage.reason


@pytest.mark.usefixtures("own_cache")
def test_what_could_not_be_read_is_told_and_nothing_is_kept_of_the_arrays(run: MakeRun) -> None:
    labels = load("digits").labels("test")
    unreadable = Damage(Path("seed-9.json"), "not a valid record")
    alive: list[int] = []

    def found() -> Iterator[StoredRun | Damage]:
        yield unreadable
        predicted = []
        for seed in range(4):
            stored = run(labels, seed=seed)
            assert stored.arrays is not None
            predicted.append(weakref.ref(stored.arrays.predictions))
            yield stored
            del stored
            alive.append(sum(reference() is not None for reference in predicted))

    scored, damaged = score_all(found())
    assert [one.accuracy for one in scored] == [1.0] * 4
    assert damaged == (unreadable,)
    assert max(alive) == 1  # the one that the caller's loop still holds
