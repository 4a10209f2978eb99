"""One extremely randomised tree: each split the best of few pixels with random thresholds."""

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
    """A scikit-learn `ExtraTreeClassifier`, which looks at 28 of 784 pixels a split.

    Params:
        criterion: Measure of a split: gini or entropy.
        splitter: random: one drawn threshold a pixel; best: the best threshold of each.
        max_depth: Most decisions from root to leaf; none: until leaves are pure.
    """
    from sklearn.tree import ExtraTreeClassifier

    tree = ExtraTreeClassifier(
        criterion=criterion, splitter=splitter, max_depth=max_depth, random_state=seed
    )
    return scaled(tree, scaling)


@counting_scaling
def parameters(fitted: Any) -> int:
    """A split's feature, threshold and two children; a leaf's share of each class."""
    return sklearn_tree_numbers(fitted)


def cost(images: int, params: Params) -> float:
    """Processor seconds, most of them to standardise and to predict; random splits sort nothing."""
    seconds = interpolated_cost(images, {1_000: 0.1, 6_000: 0.2, 60_000: 1.6})
    return seconds * (1.5 if params["splitter"] == "best" else 1.0)


PLUGIN = Plugin(
    title="Extra tree",
    family="classic",
    view="flat",
    build=build,
    params={"criterion": "gini", "splitter": "random", "max_depth": 100, "scaling": "none"},
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.tree",),
    source=benchmark_source(),
)
