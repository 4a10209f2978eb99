"""k nearest neighbours: a vote among the most similar training images."""

from __future__ import annotations

from typing import Any

from baselines._helpers import benchmark_source
from baselines._intelex import fastest
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(*, seed: int, threads: int, n_neighbors: int, weights: str, p: int, scaling: str) -> Any:
    """A `KNeighborsClassifier`; trees for neighbours don't pay with 784 pixels.

    Params:
        n_neighbors: Nearest training images that vote.
        weights: uniform: their votes are equal; distance: nearer ones count more.
        p: Distance: 1 Manhattan, 2 Euclidean.
    """
    neighbours = fastest("neighbors", "KNeighborsClassifier")(
        n_neighbors, weights=weights, p=p, algorithm="brute", n_jobs=threads
    )
    return scaled(neighbours, scaling)


@counting_scaling
def parameters(fitted: Any) -> int:
    """The stored training set: every pixel and every label."""
    return int(fitted._fit_X.size + fitted._y.size)


def cost(images: int, params: Params) -> float:
    """Processor seconds to compare 10,000 images with all, with scikit-learn-intelex."""
    return images * (2.2e-4 if params["p"] == 2 else 1.0e-3)


PLUGIN = Plugin(
    title="k nearest neighbours",
    family="classic",
    view="flat",
    build=build,
    params={"n_neighbors": 5, "weights": "uniform", "p": 2, "scaling": "none"},
    parameters=parameters,
    random=False,
    cost_hint=cost,
    requires=("sklearnex.neighbors|sklearn.neighbors",),
    source=benchmark_source(
        benchmark="neighbours are found by computing all distances instead of by a k-d tree: the "
        "same ones, but for rounding",
    ),
)
