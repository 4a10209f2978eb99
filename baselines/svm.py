"""Support vector machine with a kernel, one class against one."""

from __future__ import annotations

from typing import Any

from baselines._helpers import benchmark_source, interpolated_cost
from baselines._intelex import fastest
from baselines._one_against_one import OneAgainstOne
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(
    *, seed: int, threads: int, C: float, kernel: str, gamma: str | float, scaling: str
) -> Any:
    """An `SVC` without probabilities, which draws no random numbers; LIBSVM has one thread.

    Params:
        C: Weight of training errors against a wide margin.
        kernel: Similarity of two images: rbf, poly (cubic), linear or sigmoid.
        gamma: Width of the kernel: scale is 1 / (784 × variance of the pixels), auto 1 / 784.
    """
    return scaled(OneAgainstOne(fastest("svm", "SVC")(C=C, kernel=kernel, gamma=gamma)), scaling)


@counting_scaling
def parameters(fitted: OneAgainstOne) -> int:
    """Support vectors, their coefficients against each other class, an intercept a pair."""
    svc = fitted.estimator
    return int(svc.support_vectors_.size + svc.dual_coef_.size + svc.intercept_.size)


def cost(images: int, params: Params) -> float:
    """Processor seconds, measured with C = 10, the RBF kernel and scikit-learn-intelex."""
    seconds = interpolated_cost(images, {1_000: 0.6, 6_000: 6.0, 60_000: 100.0})
    return seconds * (2 if params["scaling"] == "standard" else 1)


PLUGIN = Plugin(
    title="Support vector machine",
    family="classic",
    view="flat",
    build=build,
    params={"C": 10.0, "kernel": "rbf", "gamma": "scale", "scaling": "none"},
    parameters=parameters,
    random=False,
    cost_hint=cost,
    requires=("sklearnex.svm|sklearn.svm",),
    source=benchmark_source(
        defaults="gamma is 1 / (784 × variance of the pixels) instead of 1 / 784",
    ),
)
