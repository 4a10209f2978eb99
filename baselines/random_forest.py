"""Random forest: trees grown on bootstrap samples, each split chosen among few pixels."""

from __future__ import annotations

from typing import Any

from baselines._helpers import benchmark_source, interpolated_cost, sklearn_tree_numbers
from suite.contract import Params, Plugin


def build(
    *, seed: int, threads: int, n_estimators: int, criterion: str, max_depth: int | None
) -> Any:
    """A scikit-learn `RandomForestClassifier`."""
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        n_estimators,
        criterion=criterion,
        max_depth=max_depth,
        random_state=seed,
        n_jobs=threads,
    )


def parameters(fitted: Any) -> int:
    """Over all trees: a split's feature, threshold and two children; a leaf's class shares."""
    return sum(map(sklearn_tree_numbers, fitted.estimators_))


def cost(images: int, params: Params) -> float:
    """Processor seconds; every tree takes the same time."""
    seconds = interpolated_cost(images, {1_000: 1.6, 6_000: 9.0, 60_000: 110.0})
    return seconds * float(params["n_estimators"]) / 100


PLUGIN = Plugin(
    title="Random forest",
    family="classic",
    view="flat",
    build=build,
    params={"n_estimators": 100, "criterion": "gini", "max_depth": 100},
    presets={"smoke": {"n_estimators": 30}, "quick": {"n_estimators": 30}},
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.ensemble",),
    source=benchmark_source(
        "RandomForestClassifier, n_estimators=100, gini, max_depth=100",
        fashion=0.872,
        mnist=0.970,
        changed="",
    ),
)
