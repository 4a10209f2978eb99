from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from suite.stats.metrics import accuracy, per_class


def test_accuracy_counts_the_right_ones() -> None:
    assert accuracy(np.array([1, 2, 3, 4], dtype="u1"), np.array([1, 2, 3, 9], dtype="u1")) == 0.75


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1))
def test_accuracy_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    predictions, labels = np.array(pairs, dtype="u1").T
    assert accuracy(predictions, labels) == pytest.approx(accuracy_score(labels, predictions))


def test_no_images_have_no_accuracy() -> None:
    nothing = np.array([], dtype="u1")
    with pytest.raises(ValueError, match="no images"):
        accuracy(nothing, nothing)


@pytest.mark.parametrize("shape", [(3,), (4, 1), ()])
def test_shapes_must_agree(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        accuracy(np.zeros(shape, dtype="u1"), np.zeros(4, dtype="u1"))


@given(hnp.arrays(np.uint8, (2, 60), elements=st.integers(0, 3)))
def test_the_figures_of_each_class_are_those_of_scikit_learn(pair):
    labels, predictions = pair
    labels[:4] = range(4)
    found = per_class(confusion_matrix(labels, predictions, labels=range(4)))
    precision, recall, _, _ = precision_recall_fscore_support(
        labels, predictions, labels=range(4), zero_division=np.nan
    )
    np.testing.assert_allclose(found.precision, precision)
    np.testing.assert_allclose(found.recall, recall)
    np.testing.assert_allclose(found.f1, f1_score(labels, predictions, labels=range(4),
                                                  average=None, zero_division=0))  # fmt: skip
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(labels, predictions))
    assert found.macro_f1 == pytest.approx(f1_score(labels, predictions, average="macro"))


@settings(max_examples=25)
@given(hnp.arrays(np.int64, (3, 4, 4), elements=st.integers(0, 30)))
def test_several_runs_give_the_mean_of_theirs(confusions):
    confusions[:, range(4), range(4)] += 1
    together, apart = per_class(confusions), [per_class(one) for one in confusions]
    assert together.balanced_accuracy == pytest.approx(
        np.mean([r.balanced_accuracy for r in apart])
    )
    assert together.macro_f1 == pytest.approx(np.mean([run.macro_f1 for run in apart]))
    np.testing.assert_array_equal(together.precision[1], apart[1].precision)
