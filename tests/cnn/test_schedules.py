"""Schedules: the learning rates that Keras's own callbacks give for the same curves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn._helpers import on_plateau, step_decay
from cnn._schedules import epochs_without_gain

# Few values, so that ties and plateaus are common.
CURVES = st.lists(st.integers(0, 4).map(lambda value: value / 4), max_size=12)


def curve(metric: str, values: list[float]) -> list[dict[str, float]]:
    return [{metric: value} for value in values]


def test_the_rate_falls_by_steps() -> None:
    schedule = step_decay(factor=0.1, every=10)
    rates = [schedule([{}] * done) for done in (0, 9, 10, 19, 20, 29)]
    assert rates == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


def test_the_rate_falls_on_a_plateau() -> None:
    schedule = on_plateau("val_accuracy", factor=0.5, patience=3, lowest=0.2)
    values = [0.5, 0.6, 0.6, 0.55, 0.6, 0.6, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7]
    rates = [schedule(curve("val_accuracy", values[:done])) for done in range(len(values) + 1)]
    assert rates == [1.0] * 5 + [0.5] * 5 + [0.25] * 3 + [0.2]


def test_the_rate_stays_where_the_metric_is_not_measured() -> None:
    schedule = on_plateau("val_accuracy", factor=0.5, patience=1)
    assert schedule([{"loss": 1.0}] * 10) == 1.0
    assert epochs_without_gain([{"loss": 1.0}] * 10) == 0


@given(values=CURVES, patience=st.integers(1, 3), metric=st.sampled_from(["val_loss", "accuracy"]))
def test_plateaus_are_those_of_keras(values: list[float], patience: int, metric: str) -> None:
    from keras.callbacks import ReduceLROnPlateau

    optimizer = SimpleNamespace(learning_rate=1.0)
    mode = "min" if metric == "val_loss" else "max"
    callback = ReduceLROnPlateau(metric, 0.5, patience, mode=mode, min_delta=1e-4, min_lr=0.1)
    callback.set_model(SimpleNamespace(optimizer=optimizer))
    callback.on_train_begin()
    schedule = on_plateau(metric, 0.5, patience, lowest=0.1)
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {metric: value})
        assert schedule(curve(metric, values[: epoch + 1])) == optimizer.learning_rate


@given(values=CURVES.filter(bool), patience=st.integers(1, 3))
def test_training_ends_where_keras_ends_it(values: list[float], patience: int) -> None:
    from keras.callbacks import EarlyStopping

    model: Any = SimpleNamespace(stop_training=False)
    callback = EarlyStopping("val_loss", patience=patience)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"val_loss": value})
        ours = epochs_without_gain(curve("val_loss", values[: epoch + 1])) >= patience
        assert ours == model.stop_training
        if ours:
            break
