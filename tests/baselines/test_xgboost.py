"""When XGBoost stops, and what it tells on the way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from .conftest import Case, Digits, fit

RECIPE = Case("xgboost", "anktplwl91")
SHORT = {"n_estimators": 30, "early_stopping_rounds": 3, "learning_rate": 1.0, "reg_alpha": 0.0}


def test_recipe_is_the_published_one() -> None:
    wanted = {
        "learning_rate": 0.08, "max_depth": 6, "subsample": 0.8, "colsample_bytree": 0.8,
        "reg_alpha": 8.0, "reg_lambda": 2.0, "n_estimators": 600, "early_stopping_rounds": 50,
    }  # fmt: skip
    params = RECIPE.params("paper")
    assert {name: params[name] for name in wanted} == wanted


def test_standard_shortens_the_recipe_and_not_the_defaults() -> None:
    assert RECIPE.params("standard")["n_estimators"] == 200
    assert Case("xgboost", "").params("standard")["n_estimators"] == 100


def test_stops_early_and_keeps_the_best_round(digits: Digits) -> None:
    epochs: list[Mapping[str, float]] = []
    model = fit(RECIPE, digits, heard=epochs, **SHORT)
    accuracies = [epoch["val_accuracy"] for epoch in epochs]
    assert len(epochs) < 30
    kept = model.estimator.get_booster().num_boosted_rounds()
    assert kept == 1 + int(np.argmax(accuracies))
    accuracy = np.mean(model.predict(digits.X_val) == digits.y_val)
    assert accuracy == pytest.approx(max(accuracies))


def test_without_validation_trains_all_rounds(digits: Digits) -> None:
    epochs: list[Mapping[str, float]] = []
    model = fit(RECIPE, digits, heard=epochs, validates=False, **SHORT)
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, 31))
    assert all(set(epoch) == {"epoch", "planned"} for epoch in epochs)
    assert model.estimator.get_booster().num_boosted_rounds() == 30


def test_defaults_do_not_stop_early(digits: Digits) -> None:
    epochs: list[Mapping[str, float]] = []
    fit(Case("xgboost", ""), digits, heard=epochs)
    assert [(epoch["epoch"], epoch["planned"]) for epoch in epochs] == [
        (round_, 10) for round_ in range(1, 11)
    ]
    assert all(0 <= epoch["val_accuracy"] <= 1 for epoch in epochs)
