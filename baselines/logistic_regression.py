"""Multinomial logistic regression with an L2 penalty."""

from __future__ import annotations

from typing import Any

from baselines._helpers import benchmark_source, interpolated_cost, linear_numbers
from suite.contract import Params, Plugin


def build(*, seed: int, threads: int, C: float, max_iter: int, tol: float) -> Any:
    """A scikit-learn `LogisticRegression` solved by L-BFGS, which draws no random numbers."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=C, max_iter=max_iter, tol=tol, solver="lbfgs")


def parameters(fitted: Any) -> int:
    """A coefficient for each class and pixel, and an intercept for each class."""
    return linear_numbers(fitted)


def cost(images: int, params: Params) -> float:
    """Processor seconds: more images need more iterations, and each of them takes longer."""
    return interpolated_cost(images, {1_000: 0.8, 6_000: 6.0, 60_000: 102.0})


PLUGIN = Plugin(
    title="Logistic regression",
    family="classic",
    view="flat",
    build=build,
    params={"C": 1.0, "max_iter": 2_000, "tol": 1e-4},
    parameters=parameters,
    random=False,
    cost_hint=cost,
    requires=("sklearn.linear_model",),
    source=benchmark_source(
        "LogisticRegression, C=1, ovr, l2",
        fashion=0.841,
        mnist=0.917,
        changed="one multinomial model solved by L-BFGS, instead of one against the rest by "
        "liblinear",
    ),
)
