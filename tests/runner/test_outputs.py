"""Checks of what plugins return, and what is derived from probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from suite.runner.outputs import (
    InvalidOutputError,
    check_count,
    check_predictions,
    check_probabilities,
    confidence_of,
    log_loss,
)
from suite.runner.task import clip, pack, unpack

PLUGIN = Path("knn.py")


@given(hnp.arrays(st.sampled_from([np.int64, np.uint8, np.int32]), 6, elements=st.integers(0, 9)))
def test_class_numbers_of_any_integer_type_are_taken(array):
    assert check_predictions(array, 6, PLUGIN).tolist() == array.tolist()
    assert check_predictions(array.tolist(), 6, PLUGIN).dtype == np.uint8


@given(
    st.one_of(
        hnp.arrays(np.int64, hnp.array_shapes(max_dims=3), elements=st.integers(-300, 300)),
        hnp.arrays(np.float64, 6),
        st.none(), st.text(), st.lists(st.text(), min_size=6, max_size=6),
    )
)  # fmt: skip
def test_anything_else_is_refused_by_name(result):
    good = isinstance(result, np.ndarray) and result.dtype == np.int64 and result.shape == (6,)
    if good and result.min() >= 0 and result.max() <= 9:
        return
    with pytest.raises(InvalidOutputError, match=r"knn\.py: predict returned"):
        check_predictions(result, 6, PLUGIN)


def test_labels_that_would_wrap_around_are_refused():
    with pytest.raises(InvalidOutputError, match="from 256 to 256"):
        check_predictions(np.full(3, 256), 3, PLUGIN)


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.full((3, 9), 1 / 9), "shape"),
        (np.ones((3, 10), dtype=int), "int64"),
        (np.full((3, 10), np.inf), "infinity"),
        (np.full((3, 10), 0.2), "no probabilities"),
        (np.tile([1.5, -0.5, *[0.0] * 8], (3, 1)), "no probabilities"),
    ],
)
def test_probabilities_that_are_none_are_refused(array, told):
    with pytest.raises(InvalidOutputError, match=told):
        check_probabilities(array, 3, PLUGIN)


@given(seed=st.integers(0, 1000), dtype=st.sampled_from([np.float32, np.float64]))
def test_log_loss_is_scikit_learn_s(seed, dtype):
    from sklearn.metrics import log_loss as reference

    random = np.random.default_rng(seed)
    raw = random.random((20, 10)) ** 8
    probabilities = check_probabilities((raw / raw.sum(1, keepdims=True)).astype(dtype), 20, PLUGIN)
    labels = random.integers(0, 10, 20).astype(np.uint8)
    normalised = probabilities / probabilities.sum(axis=1, keepdims=True)
    expected = reference(labels, normalised, labels=range(10))
    assert log_loss(probabilities, labels) == pytest.approx(expected, rel=1e-5)


def test_a_sure_mistake_costs_much_but_not_everything():
    sure = np.zeros((1, 10), dtype=np.float32)
    sure[0, 3] = 1
    assert log_loss(sure, np.array([3], dtype=np.uint8)) == 0
    assert log_loss(sure, np.array([4], dtype=np.uint8)) == pytest.approx(15.94, abs=0.01)


def test_confidence_is_the_probability_of_what_was_predicted():
    probabilities = np.array([[0.25, 0.75, *[0] * 8], [1, *[0] * 9]], dtype=np.float32)
    assert confidence_of(probabilities, np.array([1, 1], dtype=np.uint8)).tolist() == [49151, 0]


@given(st.dictionaries(st.text(max_size=5), st.text() | st.integers(), max_size=3))
def test_messages_come_back(facts):
    facts["kind"] = "x"
    array = np.arange(4, dtype=np.uint8)
    told, arrays = unpack(pack(facts, {"a": array}))
    assert told == facts
    assert arrays["a"].tolist() == [0, 1, 2, 3]


@given(st.binary(max_size=200), st.integers(0, 400))
def test_broken_messages_are_refused_without_running_anything(noise, cut):
    message = pack({"kind": "x"}, {"a": np.zeros(3)})
    for broken in (noise, message[:cut] + noise, message[:-1]):
        if broken == message:
            continue
        try:
            unpack(broken)
        except ValueError:
            continue


def test_long_texts_are_cut_at_the_front():
    assert clip("x" * 10_000 + "end").endswith("end")
    assert len(clip("x" * 10_000)) < 4_100


@pytest.mark.parametrize(
    ("count", "words"),
    [
        ({"total": 2**53 + 1, "trainable": None}, "a count above 2**53"),
        ({"total": 10**9999}, "a count above 2**53"),
        ({"total": 5, "trainable": 6}, "6 trainable of 5 numbers"),
    ],
)
def test_counts_that_no_record_can_hold(count, words):
    with pytest.raises(InvalidOutputError) as caught:
        check_count(count, Path("a.py"))
    assert words in str(caught.value)
    check_count({"total": 2**53, "trainable": 2**53}, Path("a.py"))
