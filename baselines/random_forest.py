"""Random forest: trees grown on bootstrap samples, each split chosen among few pixels."""

from __future__ import annotations

from typing import Any

from baselines._helpers import benchmark_source, interpolated_cost, sklearn_tree_numbers
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(
    *,
    seed: int,
    threads: int,
    n_estimators: int,
    criterion: str,
    max_depth: int | None,
    scaling: str,
) -> Any:
    """A scikit-learn `RandomForestClassifier`.

    Params:
        n_estimators: Trees.
        criterion: Measure of a split: gini or entropy.
        max_depth: Most decisions from root to leaf.
    """
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(
        n_estimators,
        criterion=criterion,
        max_depth=max_depth,
        random_state=seed,
        n_jobs=threads,
    )
    return scaled(forest, scaling)


@counting_scaling
def parameters(fitted: Any) -> int:
    """Over all trees: a split's feature, threshold and two children; a leaf's class shares."""
    return sum(map(sklearn_tree_numbers, fitted.estimators_))


def cost(images: int, params: Params) -> float:
    """Processor seconds; every tree takes the same time, and logarithms take some."""
    seconds = interpolated_cost(images, {1_000: 1.6, 6_000: 9.0, 60_000: 110.0})
    entropy = 1.3 if params["criterion"] == "entropy" else 1.0
    return seconds * entropy * float(params["n_estimators"]) / 100


PLUGIN = Plugin(
    title="Random forest",
    family="classic",
    view="flat",
    build=build,
    params={"n_estimators": 100, "criterion": "gini", "max_depth": 100, "scaling": "none"},
    presets={"smoke": {"n_estimators": 30}, "quick": {"n_estimators": 30}},
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.ensemble",),
    source=benchmark_source(),
)
