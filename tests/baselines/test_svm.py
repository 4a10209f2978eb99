"""Predictions by matrix products are LIBSVM's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .conftest import Case, Digits, fit

SVM = Case("svm", "")


@pytest.mark.parametrize(
    "changes",
    [{}, {"C": 0.1}, {"kernel": "poly"}, {"kernel": "linear", "C": 1.0}, {"gamma": 0.05}],
    ids=str,
)
def test_predicts_as_libsvm(
    changes: dict[str, Any], digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baselines._intelex.find_spec", lambda name: None)
    model = fit(SVM, digits, **changes)
    assert model.engine == "sklearn"
    noise = np.random.default_rng(0).random((360, 784), dtype=np.float32)
    X = np.concatenate([digits.X_test, digits.X_test / 2 + noise / 2])
    expected = model.estimator.predict(X)
    assert len(np.unique(expected)) > 3
    np.testing.assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize("classes", [(3, 8), (1, 4, 7)], ids=str)
def test_predicts_as_libsvm_with_fewer_classes(
    classes: tuple[int, ...], digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baselines._intelex.find_spec", lambda name: None)
    model = SVM.plugin.build(seed=0, threads=1, **SVM.params("quick"))
    chosen = np.isin(digits.y, classes)
    model.fit(digits.X[chosen], digits.y[chosen])
    predictions = model.predict(digits.X_test)
    np.testing.assert_array_equal(predictions, model.estimator.predict(digits.X_test))
    assert set(predictions) == set(classes)
