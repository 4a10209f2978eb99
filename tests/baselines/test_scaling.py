"""Standardised pixels, for every model that offers them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from baselines._scaling import counting_scaling, scaled

from .conftest import NAMES, Case, Digits, fit

SCALABLE = [name for name in NAMES if "scaling" in Case(name, "").plugin.params]
EVERY = pytest.mark.parametrize("name", SCALABLE)


def test_the_models_of_the_benchmark_offer_it() -> None:
    assert len(SCALABLE) == 13
    assert all(Case(name, "").plugin.params["scaling"] == "none" for name in SCALABLE)


@EVERY
def test_learns_and_repeats_and_counts_the_scaler(name: str, digits: Digits) -> None:
    case = Case(name, "")
    model = fit(case, digits, scaling="standard")
    predictions = model.predict(digits.X_test)
    assert np.mean(predictions == digits.y_test) > 0.5
    again = fit(case, digits, scaling="standard")
    np.testing.assert_array_equal(again.predict(digits.X_test), predictions)
    counted = case.plugin.parameters(model)
    assert counted - case.plugin.parameters(model.model) == 2 * 784
    assert "a mean and a deviation" in (case.plugin.parameters.__doc__ or "")
    assert model.engine in ("sklearn", "sklearnex")


@EVERY
def test_offers_probabilities_where_the_model_does(name: str, digits: Digits) -> None:
    case = Case(name, "")
    plain, standard = (fit(case, digits, scaling=kind) for kind in ("none", "standard"))
    assert hasattr(plain, "predict_proba") == hasattr(standard, "predict_proba")
    if hasattr(standard, "predict_proba"):
        probabilities = standard.predict_proba(digits.X_test)
        assert probabilities.shape == (len(digits.X_test), 10)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


class Witness:
    """Keeps what it is fitted on and answers with what it is shown."""

    def fit(self, X: Any, y: Any) -> None:
        self.X = X.copy()

    def predict(self, X: Any) -> Any:
        return X


def test_training_images_alone_decide_means_and_deviations(digits: Digits) -> None:
    witness = Witness()
    model = scaled(witness, "standard").fit(digits.X, digits.y)
    wide = digits.X.astype(np.float64)
    varies = wide.std(axis=0) > 0
    assert 0 < varies.sum() < 784
    np.testing.assert_allclose(witness.X[:, varies].mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(witness.X[:, varies].std(axis=0), 1, atol=1e-9)
    np.testing.assert_array_equal(witness.X[:, ~varies], 0)
    shown = model.predict(digits.X_test)
    assert shown.dtype == np.float64
    deviations = np.where(varies, wide.std(axis=0), 1)
    expected = (digits.X_test.astype(np.float64) - wide.mean(axis=0)) / deviations
    np.testing.assert_allclose(shown, expected, atol=1e-9)


def test_images_in_float64_are_not_overwritten(digits: Digits) -> None:
    X = digits.X.astype(np.float64)
    scaled(Witness(), "standard").fit(X, digits.y).predict(X)
    np.testing.assert_array_equal(X, digits.X)


def test_without_scaling_the_model_stays_itself() -> None:
    witness = Witness()
    assert scaled(witness, "none") is witness
    assert counting_scaling(lambda fitted: 7)(witness) == 7


def test_another_scaling_is_refused() -> None:
    with pytest.raises(ValueError, match="scaling is 'minmax', expected none or standard"):
        scaled(Witness(), "minmax")
