from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from suite.stats.metrics import accuracy


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
