"""With scikit-learn-intelex and without it, a model is the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from suite.data.datasets import load
from suite.data.views import to_view

from .conftest import Case, Digits, fit

pytest.importorskip("sklearnex")

KERNELS: list[dict[str, Any]] = [
    {},
    {"C": 1.0},
    {"kernel": "poly"},
    {"kernel": "linear", "C": 1.0},
    {"kernel": "sigmoid", "gamma": "auto"},
]
NEIGHBOURS: list[dict[str, Any]] = [
    {},
    {"n_neighbors": 1},
    {"n_neighbors": 9, "weights": "distance"},
    {"p": 1},
    {"p": 1, "n_neighbors": 1},
]
SVM, KNN = Case("svm", ""), Case("knn", "")


def engine_of(model: Any) -> str:
    return getattr(model, "engine", type(model).__module__.partition(".")[0])


def both(
    case: Case, data: Digits, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, Any]:
    """The model fitted with scikit-learn-intelex, and as if that were not installed."""
    fast = fit(case, data, **changes)
    monkeypatch.setattr("baselines._intelex.find_spec", lambda name: None)
    plain = fit(case, data, **changes)
    assert (engine_of(fast), engine_of(plain)) == ("sklearnex", "sklearn")
    return fast, plain


@pytest.mark.parametrize("changes", KERNELS, ids=str)
def test_svm_agrees(
    changes: dict[str, Any], digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, plain = both(SVM, digits, changes, monkeypatch)
    np.testing.assert_array_equal(fast.predict(digits.X_test), plain.predict(digits.X_test))
    count, plain_count = SVM.plugin.parameters(fast), SVM.plugin.parameters(plain)
    assert count == pytest.approx(plain_count, rel=0.02)  # a vector at the margin's very edge


@pytest.mark.parametrize("changes", NEIGHBOURS, ids=str)
def test_knn_agrees(
    changes: dict[str, Any], digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, plain = both(KNN, digits, changes, monkeypatch)
    np.testing.assert_array_equal(fast.predict(digits.X_test), plain.predict(digits.X_test))
    probabilities = fast.predict_proba(digits.X_test)
    np.testing.assert_allclose(probabilities, plain.predict_proba(digits.X_test), atol=1e-5)
    assert KNN.plugin.parameters(fast) == KNN.plugin.parameters(plain)


@pytest.mark.real_data
@pytest.mark.parametrize("case", [SVM, KNN], ids=str)
def test_agrees_on_photographs(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    fashion = load("fashion")
    X, y = to_view(fashion.images("train")[:3_000], "flat"), fashion.labels("train")[:3_000]
    X_test, y_test = to_view(fashion.images("test")[:4_000], "flat"), fashion.labels("test")[:4_000]
    data = Digits(X, y, X[:0], y[:0], X_test, y_test)
    fast, plain = (model.predict(X_test) for model in both(case, data, {}, monkeypatch))
    assert (fast != plain).mean() <= 0.001
    assert abs((fast == y_test).mean() - (plain == y_test).mean()) <= 0.001
