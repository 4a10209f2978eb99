"""Gradient boosting on histograms, as scikit-learn does it."""

from __future__ import annotations

from typing import Any

from baselines._helpers import tree_numbers
from suite.contract import Params, Plugin, Source


def build(*, seed: int, threads: int, max_iter: int, learning_rate: float, max_bins: int) -> Any:
    """A `HistGradientBoostingClassifier`; its threads are those that OpenMP is allowed.

    Early stopping is off, since it would set aside a tenth of the training images. Nothing is
    drawn at random then, below 200,000 images.

    Params:
        max_iter: Rounds; each adds a tree a class.
        learning_rate: Weight of each tree.
        max_bins: Steps that grey values are rounded to.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=max_iter,
        learning_rate=learning_rate,
        max_bins=max_bins,
        early_stopping=False,
        random_state=seed,
    )


def parameters(fitted: Any) -> int:
    """A split's feature, threshold and two children; a leaf's value; a starting value a class."""
    trees = [tree for iteration in fitted._predictors for tree in iteration]
    leaves = sum(int(tree.get_n_leaf_nodes()) for tree in trees)
    nodes = sum(len(tree.nodes) for tree in trees)
    start = int(fitted._baseline_prediction.size)
    return tree_numbers(nodes - leaves, leaves, values=1) + start


def cost(images: int, params: Params) -> float:
    """Processor seconds: binning, then iterations that sum over images and search over bins."""
    an_iteration = 0.2 + 0.002 * params["max_bins"] + 6e-5 * images
    return float(2e-4 * images + params["max_iter"] * an_iteration)


PLUGIN = Plugin(
    title="Histogram gradient boosting",
    family="classic",
    view="flat",
    build=build,
    # 64 grey levels take a third of the time of 255.
    params={"max_iter": 100, "learning_rate": 0.1, "max_bins": 64},
    presets={"smoke": {"max_iter": 5, "max_bins": 32}, "quick": {"max_iter": 10, "max_bins": 32}},
    parameters=parameters,
    random=False,
    cost_hint=cost,
    requires=("sklearn.ensemble",),
    source=Source(
        name="scikit-learn",
        url="https://scikit-learn.org/stable/modules/generated/sklearn.ensemble.HistGradientBoostingClassifier.html",
        changed="64 bins instead of 255, for speed; no early stopping",
    ),
)
