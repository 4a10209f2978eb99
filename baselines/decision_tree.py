"""One decision tree, grown until its leaves are pure."""

from __future__ import annotations

from typing import Any

from baselines._helpers import benchmark_source, interpolated_cost, sklearn_tree_numbers
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(
    *,
    seed: int,
    threads: int,
    criterion: str,
    splitter: str,
    max_depth: int | None,
    scaling: str,
) -> Any:
    """A scikit-learn `DecisionTreeClassifier`; the seed decides between equally good splits.

    Params:
        criterion: Measure of a split: gini or entropy.
        splitter: best: the best threshold of each pixel; random: one drawn threshold a pixel.
        max_depth: Most decisions from root to leaf; none: until leaves are pure.
    """
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(
        criterion=criterion, splitter=splitter, max_depth=max_depth, random_state=seed
    )
    return scaled(tree, scaling)


@counting_scaling
def parameters(fitted: Any) -> int:
    """A split's feature, threshold and two children; a leaf's share of each class."""
    return sklearn_tree_numbers(fitted)


def cost(images: int, params: Params) -> float:
    """Processor seconds: sorting each pixel grows somewhat faster than the images."""
    seconds = interpolated_cost(images, {1_000: 0.45, 6_000: 3.6, 60_000: 62.0})
    return seconds * (0.22 if params["splitter"] == "random" else 1.0)


PLUGIN = Plugin(
    title="Decision tree",
    family="classic",
    view="flat",
    build=build,
    params={"criterion": "gini", "splitter": "best", "max_depth": 100, "scaling": "none"},
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.tree",),
    source=benchmark_source(),
)
