"""Parameter counts against counts made by hand, on models small enough for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from suite.contract import FitContext

from .conftest import Case, Digits, fit

Toy = tuple[NDArray[np.float32], NDArray[np.uint8]]


@pytest.fixture
def toy() -> Toy:
    """100 points of two classes with 3 numbers each; the first number alone tells the class."""
    X = np.random.default_rng(0).random((100, 3), dtype=np.float32)
    return X, (X[:, 0] > 0.5).astype(np.uint8)


def count(name: str, toy: Toy, **changes: Any) -> int:
    case = Case(name, "")
    model = case.plugin.build(seed=0, threads=1, **(case.params("quick") | changes))
    context = FitContext(X_val=None, y_val=None, on_epoch=lambda epoch, planned, metrics: None)
    model.fit(*toy, *([context] if case.plugin.uses_validation else []))
    counted = case.plugin.parameters(model)
    assert isinstance(counted, int)
    return counted


@pytest.mark.parametrize("name", ["decision_tree", "extra_tree"])
def test_tree_of_one_split(name: str, toy: Toy) -> None:
    # feature, threshold, two children; two leaves with two classes each
    assert count(name, toy, max_depth=1) == 4 + 2 * 2


@pytest.mark.parametrize("name", ["random_forest", "extra_trees"])
def test_forest_is_the_sum_of_its_trees(name: str, toy: Toy) -> None:
    assert count(name, toy, max_depth=1, n_estimators=7) == 7 * (4 + 2 * 2)


def test_histogram_boosting(toy: Toy) -> None:
    # Two classes need one tree an iteration. min_samples_leaf=20 allows 1 to 4 splits of 100.
    one, two = (count("hist_gradient_boosting", toy, max_iter=n) for n in (1, 2))
    splits = (one - 2) / 5  # 4 s + (s + 1) + 1 = 5 s + 2
    assert splits == int(splits)
    assert 1 <= splits <= 4
    assert two > one


def test_gradient_boosting_of_single_splits(toy: Toy) -> None:
    # a tree: one split, two leaves with a value each; one starting value for two classes
    assert count("gradient_boosting", toy, n_estimators=3, max_depth=1) == 3 * (4 + 2) + 1


def test_xgboost_of_single_splits(toy: Toy) -> None:
    # a tree: one split, two leaves with a value each; one starting value for two classes
    assert count("xgboost", toy, n_estimators=3, max_depth=1) == 3 * (4 + 2) + 1


def test_lightgbm_of_single_splits(toy: Toy) -> None:
    assert count("lightgbm", toy, n_estimators=3, num_leaves=2) == 3 * (4 + 2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dummy", 1),
        ("nearest_centroid", 10 * 784),
        ("gaussian_nb", 2 * 10 * 784 + 10),
        ("logistic_regression", 10 * 784 + 10),
        ("linear_svm", 10 * 784 + 10),
        ("sgd", 10 * 784 + 10),
        ("perceptron", 10 * 784 + 10),
        ("passive_aggressive", 10 * 784 + 10),
        ("knn", 600 * 784 + 600),
        ("mlp", 784 * 100 + 100 + 100 * 10 + 10),
    ],
)
def test_models_of_fixed_size(name: str, expected: int, fitted: Callable[[Case], Any]) -> None:
    case = Case(name, "")
    assert case.plugin.parameters(fitted(case)) == expected


def test_svm_counts_vectors_coefficients_and_intercepts(fitted: Callable[[Case], Any]) -> None:
    case = Case("svm", "")
    model = fitted(case)
    vectors = len(model.estimator.support_)
    assert 100 < vectors <= 600
    assert case.plugin.parameters(model) == vectors * 784 + vectors * 9 + 45


def test_one_logistic_regression_a_class_has_as_many_numbers(digits: Digits) -> None:
    case = Case("logistic_regression", "")
    model = fit(case, digits, solver="liblinear", l1_ratio=1.0, max_iter=5)
    assert case.plugin.parameters(model) == 10 * 784 + 10


@pytest.mark.parametrize(
    "name", ["hist_gradient_boosting", "gradient_boosting", "xgboost", "lightgbm"]
)
def test_boosting_starts_from_a_value_a_class(name: str, digits: Digits) -> None:
    rounds = "max_iter" if name == "hist_gradient_boosting" else "n_estimators"
    case = Case(name, "")
    counted = case.plugin.parameters(fit(case, digits, **{rounds: 1}))
    start = 0 if name == "lightgbm" else 10
    # Ten trees of s splits in all have s + 10 leaves.
    assert (counted - start - 10) % 5 == 0
    assert counted > start + 10 + 5 * 10


def test_hog_has_a_coefficient_for_each_bin_of_each_block(digits: Digits) -> None:
    model = fit(Case("hog_svm", ""), digits, cell=7, orientations=8)
    # 4 x 4 cells make 3 x 3 blocks of 4 histograms
    assert Case("hog_svm", "").plugin.parameters(model) == 10 * (3 * 3 * 4 * 8 + 1)


def test_principal_components_and_their_machine(digits: Digits) -> None:
    model = fit(Case("pca_svm", ""), digits, components=5)
    vectors = len(model.estimator.support_vectors_)
    expected = 784 + 5 * 784 + vectors * (5 + 9) + 45
    assert Case("pca_svm", "").plugin.parameters(model) == expected


@pytest.mark.parametrize(("variant", "features"), [
    ("", 50 * 784 + 50),  # a direction and an offset each
    ("nystroem", 50 * 784 + 50 * 50),  # an image each, and the matrix
])  # fmt: skip
def test_random_features_and_their_ridge(variant: str, features: int, digits: Digits) -> None:
    model = fit(Case("random_features", variant), digits, components=50)
    assert Case("random_features", variant).plugin.parameters(model) == features + 10 * (50 + 1)
