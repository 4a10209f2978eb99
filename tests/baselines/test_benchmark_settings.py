"""What the settings of the paper's benchmark rest on, each on a few images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .conftest import Case, Digits, fit


def predictions(name: str, digits: Digits, **changes: Any) -> Any:
    return fit(Case(name, ""), digits, **changes, scaling="standard").predict(digits.X_test)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("decision_tree", {"criterion": "entropy", "splitter": "random", "max_depth": 10}),
        ("extra_tree", {"criterion": "entropy", "splitter": "best", "max_depth": 10}),
        ("gaussian_nb", {"var_smoothing": 1e-9, "uniform_priors": True}),
        ("gradient_boosting", {"n_estimators": 2, "max_features": None}),
        ("knn", {"n_neighbors": 9, "weights": "distance", "p": 1}),
        ("linear_svm", {"C": 100.0, "loss": "hinge", "dual": True, "max_iter": 20}),
        ("linear_svm", {"C": 100.0, "multi_class": "crammer_singer", "dual": True, "max_iter": 20}),
        ("logistic_regression", {"solver": "liblinear", "max_iter": 5}),
        ("logistic_regression", {"solver": "liblinear", "l1_ratio": 1.0, "max_iter": 5}),
        ("mlp", {"hidden_layer_sizes": [100, 10], "activation": "tanh", "epochs": 20}),
        ("passive_aggressive", {"C": 100.0, "epochs": 5}),
        ("perceptron", {"penalty": "l1", "epochs": 5}),
        ("sgd", {"loss": "squared_hinge", "penalty": "elasticnet", "epochs": 5}),
        ("sgd", {"loss": "log_loss", "penalty": "l1", "epochs": 5}),
        ("sgd", {"loss": "modified_huber", "epochs": 5}),
        ("sgd", {"loss": "perceptron", "epochs": 5}),
        ("svm", {"C": 1.0, "kernel": "sigmoid", "gamma": "auto"}),
        ("svm", {"C": 100.0, "kernel": "poly", "gamma": "auto"}),
    ],
    ids=str,
)
def test_learns_without_a_warning(name: str, changes: dict[str, Any], digits: Digits) -> None:
    assert np.mean(predictions(name, digits, **changes) == digits.y_test) > 0.4


def test_passive_aggressive_is_the_class_that_is_deprecated(digits: Digits) -> None:
    from sklearn.linear_model import PassiveAggressiveClassifier

    ours = fit(Case("passive_aggressive", ""), digits, C=0.01, epochs=3)
    with pytest.warns(FutureWarning, match="deprecated"):
        theirs = PassiveAggressiveClassifier(C=0.01, max_iter=3, tol=None, random_state=0)
    theirs.fit(digits.X, digits.y)
    np.testing.assert_array_equal(ours.coef_, theirs.coef_)
    np.testing.assert_array_equal(ours.intercept_, theirs.intercept_)


def test_an_elastic_net_without_l1_part_is_the_l2_penalty(digits: Digits) -> None:
    case = Case("perceptron", "")
    elastic, ridge, mixed = (
        fit(case, digits, penalty=penalty, l1_ratio=l1_ratio, alpha=0.01, epochs=3).coef_
        for penalty, l1_ratio in (("elasticnet", 0.0), ("l2", 0.0), ("elasticnet", 0.5))
    )
    np.testing.assert_array_equal(elastic, ridge)
    assert not np.array_equal(mixed, ridge)


def test_crammer_singer_takes_no_notice_of_loss_and_penalty(digits: Digits) -> None:
    first, second, other = (
        predictions("linear_svm", digits, max_iter=20, dual=True, **changes)
        for changes in (
            {"multi_class": "crammer_singer", "loss": "hinge", "penalty": "l1"},
            {"multi_class": "crammer_singer"},
            {},
        )
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_uniform_priors_favour_no_class(digits: Digits) -> None:
    case = Case("gaussian_nb", "")
    uniform, own = (fit(case, digits, uniform_priors=value)[-1] for value in (True, False))
    np.testing.assert_array_equal(uniform.class_prior_, np.full(10, 0.1))
    np.testing.assert_allclose(own.class_prior_, np.bincount(digits.y) / len(digits.y))


def test_an_image_of_one_class_is_told_from_all_others_by_its_own_model(digits: Digits) -> None:
    model = fit(Case("logistic_regression", ""), digits, solver="liblinear")
    assert len(model.estimator.estimators_) == 10
    own = model.estimator.estimators_[3]
    at_three = own.predict(digits.X[digits.y == 3])
    assert at_three.mean() > 0.9
    assert own.predict(digits.X[digits.y != 3]).mean() < 0.05


def test_fewer_epochs_without_progress_end_training_earlier(digits: Digits) -> None:
    case = Case("mlp", "")
    params = case.plugin.params
    epochs = []
    for patience in (2, 10):
        model = case.plugin.build(seed=0, threads=1, **{**params, "n_iter_no_change": patience})
        model.fit(digits.X[:60], digits.y[:60] // 5)
        epochs.append(model.estimator.n_iter_)
    assert epochs[0] < epochs[1] < params["epochs"]
