"""What a plugin tells of its epochs: what a record would not be believed with is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from suite.runner.epochs import LARGEST_HISTORY, Epochs, History
from suite.runner.outputs import InvalidOutputError

PLUGIN = Path("model.py")


def test_epochs_in_their_order():
    epochs = Epochs({"epochs": 2}, PLUGIN)
    assert epochs.checked(1, 2, {"loss": 5.0, "val_accuracy": 0.0}) == {
        "loss": 5.0, "val_accuracy": 0.0,
    }  # fmt: skip
    assert epochs.checked(2, 2, {"accuracy": 1.0, "loss": float("nan"), "x": -1e300}) == {
        "accuracy": 1.0
    }


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ((2, 3, {}), "told of epoch 2, expected 1. Call it once after each epoch"),
        ((0, 3, {}), "told of epoch 0, expected 1"),
        ((10**5000, 3, {}), "told of epoch of too many digits"),
        ((1, 0, {}), "told of epoch 1, more than are planned"),
        ((1, 3, {"val_accuracy": 97.1}), "given val_accuracy 97.1, expected a fraction of 1"),
        ((1, 3, {"accuracy": -0.1}), "Divide percent by 100"),
        ((1, 3, {"top_5_accuracy": float("inf")}), "given top_5_accuracy inf"),
        ((1, 3, {"epoch": 1.0}), "a metric named 'epoch'"),
        ((1, 3, {"a\nb": 1.0}), r"a metric named 'a\nb'"),
        ((1, 3, {"a" * 101: 1.0}), "expected up to 100 characters"),
        ((1, 3, {str(n): 1.0 for n in range(101)}), "given 101 metrics, expected at most 100"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(InvalidOutputError, match=r"model\.py: on_epoch was ") as caught:
        Epochs({}, PLUGIN).checked(*call)
    assert words in str(caught.value)


def test_more_epochs_than_the_parameter_says():
    epochs = Epochs({"epochs": 1}, PLUGIN)
    epochs.checked(1, 9, {})
    with pytest.raises(InvalidOutputError, match="told of epoch 2, more than are planned"):
        epochs.checked(2, 9, {})


def test_a_history_is_as_long_as_a_record_has_room_for():
    history = History()
    for epoch in range(1, 60_000):
        history.add(epoch, {"é" * 100: -1.2345678901234567e-99}, 1e4)
    assert [row["epoch"] for row in history.rows] == list(range(1, len(history.rows) + 1))
    assert LARGEST_HISTORY / 2 < len(json.dumps(history.rows, indent=1)) < 2 * LARGEST_HISTORY
