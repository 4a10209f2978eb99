"""Extremely randomised trees: a forest whose thresholds are drawn at random."""

from __future__ import annotations

from typing import Any

from baselines._helpers import interpolated_cost, sklearn_tree_numbers
from suite.contract import Params, Plugin, Source


def build(*, seed: int, threads: int, n_estimators: int, max_depth: int | None) -> Any:
    """A scikit-learn `ExtraTreesClassifier`.

    Params:
        n_estimators: Trees.
        max_depth: Most decisions from root to leaf; none: until leaves are pure.
    """
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(
        n_estimators, max_depth=max_depth, random_state=seed, n_jobs=threads
    )


def parameters(fitted: Any) -> int:
    """Over all trees: a split's feature, threshold and two children; a leaf's class shares."""
    return sum(map(sklearn_tree_numbers, fitted.estimators_))


def cost(images: int, params: Params) -> float:
    """Processor seconds; every tree takes the same time."""
    seconds = interpolated_cost(images, {1_000: 1.2, 6_000: 4.8, 60_000: 60.0})
    return seconds * float(params["n_estimators"]) / 100


PLUGIN = Plugin(
    title="Extra trees",
    family="classic",
    view="flat",
    build=build,
    params={"n_estimators": 100, "max_depth": None},
    presets={"smoke": {"n_estimators": 30}, "quick": {"n_estimators": 30}},
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.ensemble",),
    source=Source(
        name="scikit-learn",
        url="https://scikit-learn.org/stable/modules/generated/sklearn.ensemble.ExtraTreesClassifier.html",
        changed="nothing: these are its defaults, for which no result is published",
    ),
)
