"""What every classic model has to do, whichever it is."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from suite.contract import Classifier

from .conftest import FILES, NAMES, Case, Digits, all_cases, fit

CASES = pytest.mark.parametrize("case", all_cases(), ids=str)
AT_CHANCE = {"dummy": "it names one class for every image"}
WITHOUT_PROBABILITIES = {
    "nearest_centroid": "scikit-learn's probabilities do not agree with its predictions",
    "hog_svm": "it has none",
    "linear_svm": "it has none",
    "passive_aggressive": "it has none",
    "pca_svm": "they would need a second fit by cross-validation",
    "perceptron": "it has none",
    "random_features": "it has none",
    "sgd": "hinge loss has none",
    "svm": "they would need a second fit by cross-validation",
}
LARGEST_SEED = 2**32 - 1


def test_all_models_are_there() -> None:
    assert set(NAMES) <= FILES


def test_importing_plugins_loads_no_heavy_library() -> None:
    code = (
        "import sys; from importlib import import_module\n"
        f"for name in {NAMES!r}: import_module('baselines.' + name)\n"
        "heavy = {'numpy', 'sklearn', 'scipy', 'xgboost', 'lightgbm'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@CASES
@pytest.mark.parametrize("preset", ["smoke", "quick", "standard", "paper"])
def test_build_takes_the_parameters_of_every_preset(case: Case, preset: str) -> None:
    params = case.params(preset)
    inspect.signature(case.plugin.build).bind(seed=0, threads=1, **params)
    assert isinstance(case.plugin.build(seed=LARGEST_SEED, threads=1, **params), Classifier)


@CASES
def test_predicts_classes_better_than_chance(
    case: Case, digits: Digits, fitted: Callable[[Case], Any]
) -> None:
    predictions = fitted(case).predict(digits.X_test)
    assert predictions.shape == digits.y_test.shape
    assert np.issubdtype(predictions.dtype, np.integer)
    assert set(np.unique(predictions)) <= set(range(10))
    accuracy = np.mean(predictions == digits.y_test)
    if case.name in AT_CHANCE:
        assert accuracy < 0.2
    else:
        assert accuracy > 0.5


@CASES
def test_probabilities_agree_with_predictions(
    case: Case, digits: Digits, fitted: Callable[[Case], Any]
) -> None:
    model = fitted(case)
    if case.name in WITHOUT_PROBABILITIES:
        assert not hasattr(model, "predict_proba")
        return
    probabilities = model.predict_proba(digits.X_test)
    assert probabilities.shape == (len(digits.X_test), 10)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), model.predict(digits.X_test))


@CASES
def test_one_image_is_predicted_as_in_a_batch(
    case: Case, digits: Digits, fitted: Callable[[Case], Any]
) -> None:
    model = fitted(case)
    alone = np.concatenate([model.predict(digits.X_test[i : i + 1]) for i in range(5)])
    np.testing.assert_array_equal(alone, model.predict(digits.X_test)[:5])


@CASES
def test_the_same_seed_repeats_and_another_shows_whether_it_is_used(
    case: Case,
    digits: Digits,
    fitted: Callable[[Case], Any],
    capfd: pytest.CaptureFixture[str],
) -> None:
    def answers(model: Any) -> Any:
        return getattr(model, "predict_proba", model.predict)(digits.X_test)

    first = answers(fitted(case))
    capfd.readouterr()
    np.testing.assert_array_equal(answers(fit(case, digits)), first)
    other = answers(fit(case, digits, seed=LARGEST_SEED))
    assert case.plugin.random != np.array_equal(other, first)
    assert capfd.readouterr() == ("", "")


@CASES
def test_counts_parameters(case: Case, fitted: Callable[[Case], Any]) -> None:
    count = case.plugin.parameters(fitted(case))
    assert isinstance(count, int)
    assert count > 0
    assert case.plugin.parameters.__doc__


@CASES
def test_cost_grows_with_images(case: Case) -> None:
    hint = case.plugin.cost_hint
    if callable(hint):
        costs = [hint(images, case.params("standard")) for images in (1_000, 6_000, 48_000, 60_000)]
        assert costs == sorted(set(costs))
        assert costs[0] > 0


@CASES
def test_names_its_engine(case: Case, fitted: Callable[[Case], Any]) -> None:
    model = fitted(case)
    engine = getattr(model, "engine", type(model).__module__.partition(".")[0])
    fast = "sklearnex" if find_spec("sklearnex") else "sklearn"
    libraries = {"lightgbm": "lightgbm", "xgboost": "xgboost", "knn": fast, "pca_svm": fast,
                 "svm": fast}  # fmt: skip
    assert engine == libraries.get(case.name, "sklearn")


def test_warnings_that_are_not_expected_get_through() -> None:
    mlp = Case("mlp", "")
    model = mlp.plugin.build(seed=0, threads=1, **mlp.params("smoke"))
    X = np.zeros((10, 4), dtype=np.float32)
    model.estimator.batch_size = 50
    with pytest.warns(UserWarning, match="batch_size"):
        model.fit(X, np.arange(10, dtype=np.uint8))
