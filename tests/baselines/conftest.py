"""The digits as the harness hands them out, and one fit of every model for all tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import baselines
from suite.contract import FitContext, Plugin
from suite.data.digits import make_digits
from suite.data.views import to_view
from suite.protocol.rules import preset_changes, preset_named

FOLDER = Path(baselines.__file__).parent
FILES = {path.stem for path in FOLDER.glob("*.py") if not path.name.startswith("_")}
# The models that these tests know; `suite check` has the rules that hold for all others, too.
NAMES = (
    "decision_tree",
    "dummy",
    "extra_tree",
    "extra_trees",
    "gaussian_nb",
    "gradient_boosting",
    "hist_gradient_boosting",
    "hog_svm",
    "knn",
    "lightgbm",
    "linear_svm",
    "logistic_regression",
    "mlp",
    "nearest_centroid",
    "passive_aggressive",
    "pca_svm",
    "perceptron",
    "random_features",
    "random_forest",
    "sgd",
    "svm",
    "xgboost",
)


@dataclass(frozen=True)
class Digits:
    """600 images to train on, 200 to validate, 360 to test; images float32 (n, 784)."""

    X: NDArray[np.float32]
    y: NDArray[np.uint8]
    X_val: NDArray[np.float32]
    y_val: NDArray[np.uint8]
    X_test: NDArray[np.float32]
    y_test: NDArray[np.uint8]


@dataclass(frozen=True)
class Case:
    """A leaderboard row: a model and one of its variants, "" for the defaults."""

    name: str
    variant: str

    def __str__(self) -> str:
        return f"{self.name}/{self.variant}" if self.variant else self.name

    @property
    def plugin(self) -> Plugin:
        plugin = import_module(f"baselines.{self.name}").PLUGIN
        assert isinstance(plugin, Plugin)
        return plugin

    def params(self, preset: str) -> dict[str, Any]:
        """The parameters as a run under a preset uses them."""
        plugin = self.plugin
        chosen = {**plugin.params, **plugin.variants.get(self.variant, {})}
        return chosen | preset_changes(chosen, preset_named(preset), plugin.presets)


def all_cases() -> list[Case]:
    return [Case(n, v) for n in NAMES for v in ("", *Case(n, "").plugin.variants)]


def fit(
    case: Case,
    digits: Digits,
    *,
    seed: int = 0,
    preset: str = "quick",
    validates: bool = True,
    heard: list[Mapping[str, float]] | None = None,
    **changes: Any,
) -> Any:
    """Build and fit a model as the harness does."""
    plugin = case.plugin
    model = plugin.build(seed=seed, threads=1, **(case.params(preset) | changes))
    history = heard if heard is not None else []
    context = FitContext(
        X_val=digits.X_val if validates else None,
        y_val=digits.y_val if validates else None,
        on_epoch=lambda epoch, planned, metrics: history.append(
            {"epoch": epoch, "planned": planned, **metrics}
        ),
    )
    model.fit(digits.X, digits.y, *([context] if plugin.uses_validation else []))
    return model


@pytest.fixture(scope="session")
def digits() -> Digits:
    made = make_digits()
    X = to_view(made["train", "images"], "flat")
    y = made["train", "labels"]
    X_test, y_test = to_view(made["test", "images"], "flat"), made["test", "labels"]
    parts = (X[:600], y[:600], X[600:800], y[600:800], X_test, y_test)
    for array in parts:
        array.flags.writeable = False
    return Digits(*parts)


@pytest.fixture(scope="session")
def fitted(digits: Digits) -> Callable[[Case], Any]:
    """Each model under the preset `quick` with seed 0, fitted once."""
    models: dict[Case, Any] = {}

    def get(case: Case) -> Any:
        if case not in models:
            models[case] = fit(case, digits)
        return models[case]

    return get
