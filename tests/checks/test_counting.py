"""Numbers of fitted models, counted without their plugin."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from suite.checks.counting import ignores_averages, known_count, stored_bytes

X = np.random.default_rng(0).random((30, 4))
y = np.arange(30) % 3


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (LogisticRegression(), 3 * 4 + 3),
        (KNeighborsClassifier(), 30 * 4 + 30),
        (
            MLPClassifier((5,), max_iter=1, solver="sgd", early_stopping=False),
            4 * 5 + 5 + 5 * 3 + 3,
        ),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_estimators(model, count):
    fitted = model.fit(X, y)
    known = known_count(fitted)
    assert (known.total, known.exact) == (count, True)
    for attribute in ("model", "estimator"):
        wrapped = known_count(SimpleNamespace(**{attribute: fitted}))
        assert (wrapped.total, wrapped.exact) == (count, False)


def test_support_vectors():
    fitted = SVC(kernel="linear").fit(X, y)
    vectors = len(fitted.support_)
    assert known_count(fitted).total == vectors * 4 + 2 * vectors + 3


def test_what_is_not_known():
    assert known_count(SimpleNamespace(weights=X)) is None
    assert known_count(SimpleNamespace(model=SimpleNamespace(coef_=X, intercept_=y))) is None
    assert known_count(None) is None
    endless = SimpleNamespace()
    endless.model = endless
    assert known_count(endless) is None


def test_bytes_are_no_fewer_than_numbers():
    assert stored_bytes(X.astype(np.float32)) > X.size
    assert stored_bytes(lambda: None) is None


@pytest.mark.parametrize("averages", [True, False])
def test_averaged_weights(averages):
    keras = pytest.importorskip("keras")
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    optimizer = keras.optimizers.SGD(use_ema=averages)
    network.compile(optimizer, "sparse_categorical_crossentropy")
    assert not ignores_averages(network)  # nothing is averaged yet
    network.fit(X, y, batch_size=10, verbose=0)
    assert not ignores_averages(network)  # `Model.fit` sets the averages at its end
    network.train_on_batch(X, y)
    assert ignores_averages(network) == averages
    assert ignores_averages(SimpleNamespace(model=network)) == averages
