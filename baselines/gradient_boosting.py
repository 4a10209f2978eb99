"""Gradient boosting with exact splits, a tree a class in each round, as scikit-learn does it."""

from __future__ import annotations

from typing import Any

from baselines._helpers import benchmark_source, interpolated_cost, tree_numbers
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(
    *,
    seed: int,
    threads: int,
    n_estimators: int,
    learning_rate: float,
    max_depth: int,
    max_features: str | int | None,
    scaling: str,
) -> Any:
    """A scikit-learn `GradientBoostingClassifier`; it has one thread.

    Params:
        n_estimators: Rounds; each adds a tree a class.
        learning_rate: Weight of each tree.
        max_depth: Most decisions from root to leaf.
        max_features: Pixels that each split chooses from: sqrt is 28, none all 784.
    """
    from sklearn.ensemble import GradientBoostingClassifier

    boosting = GradientBoostingClassifier(
        n_estimators=n_estimators,
        learning_rate=learning_rate,
        max_depth=max_depth,
        max_features=max_features,
        random_state=seed,
    )
    return scaled(boosting, scaling)


@counting_scaling
def parameters(fitted: Any) -> int:
    """A split's feature, threshold and two children; a leaf's value; a starting value a class."""
    trees = fitted.estimators_.ravel()
    leaves = sum(int(tree.get_n_leaves()) for tree in trees)
    nodes = sum(int(tree.tree_.node_count) for tree in trees)
    starts = int(fitted.estimators_.shape[1])
    return tree_numbers(nodes - leaves, leaves, values=1) + starts


def cost(images: int, params: Params) -> float:
    """Processor seconds: ten trees a round; unless all pixels are searched, next to none."""
    a_tree = interpolated_cost(images, {1_000: 0.15, 6_000: 1.2, 60_000: 20.0})
    depth = min(params["max_depth"], 10) / 3
    pixels = 1.0 if params["max_features"] is None else 0.05
    return float(a_tree * depth * pixels * 10 * params["n_estimators"])


PLUGIN = Plugin(
    title="Gradient boosting",
    family="classic",
    view="flat",
    build=build,
    params={
        "n_estimators": 100, "learning_rate": 0.1, "max_depth": 3, "max_features": "sqrt",
        "scaling": "none",
    },
    presets={"smoke": {"n_estimators": 5}, "quick": {"n_estimators": 10}},
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.ensemble",),
    source=benchmark_source(
        defaults="each split is the best of 28 pixels drawn at random instead of all 784, which "
        "took a twentieth of the time on 1,000 images",
        benchmark="boosting starts from the logarithms of the classes' frequencies instead of the "
        "frequencies, which are all but equal; splits are judged by squared error, which ranks "
        "them as Friedman's criterion does",
    ),
)  # fmt: skip
