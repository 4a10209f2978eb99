"""Logistic regression: multinomial by L-BFGS, or one class against the rest by LIBLINEAR."""

from __future__ import annotations

from typing import Any

from baselines._helpers import (
    AdaptedWithProbabilities,
    benchmark_source,
    interpolated_cost,
    linear_numbers,
)
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(
    *,
    seed: int,
    threads: int,
    C: float,
    max_iter: int,
    tol: float,
    solver: str,
    l1_ratio: float,
    scaling: str,
) -> Any:
    """A scikit-learn `LogisticRegression`, or with LIBLINEAR, which knows two classes, ten of them.

    L-BFGS draws no random numbers, and those that LIBLINEAR draws for an L1 penalty (`l1_ratio` 1)
    are the same for every seed.

    Params:
        C: Weight of training errors against small coefficients.
        max_iter: Most iterations of the solver.
        tol: Change below which it stops.
        solver: lbfgs: all classes at once; liblinear: one against the rest.
        l1_ratio: Norm of the coefficients that is kept small: 0 for l2, 1 for l1.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    model = LogisticRegression(
        C=C, max_iter=max_iter, tol=tol, solver=solver, l1_ratio=l1_ratio, random_state=0
    )
    if solver == "liblinear":
        # Its iterations are a budget in the benchmark.
        silenced = "Liblinear failed to converge"
        model = AdaptedWithProbabilities(OneVsRestClassifier(model), silenced=silenced)
    return scaled(model, scaling)


@counting_scaling
def parameters(fitted: Any) -> int:
    """A coefficient for each class and pixel, and an intercept for each class."""
    if isinstance(fitted, AdaptedWithProbabilities):
        return sum(map(linear_numbers, fitted.estimator.estimators_))
    return linear_numbers(fitted)


def cost(images: int, params: Params) -> float:
    """Processor seconds: more images need more iterations, and each of them takes longer."""
    if params["solver"] == "liblinear":
        seconds = interpolated_cost(images, {1_000: 3.0, 6_000: 63.0, 60_000: 1_000.0})
        return float(seconds * params["C"] ** 0.1)
    return interpolated_cost(images, {1_000: 0.8, 6_000: 6.0, 60_000: 102.0})


PLUGIN = Plugin(
    title="Logistic regression",
    family="classic",
    view="flat",
    build=build,
    params={
        "C": 1.0, "max_iter": 2_000, "tol": 1e-4, "solver": "lbfgs", "l1_ratio": 0.0,
        "scaling": "none",
    },
    parameters=parameters,
    random=False,
    cost_hint=cost,
    requires=("sklearn.linear_model",),
    source=benchmark_source(
        defaults="one multinomial model solved by L-BFGS, instead of one class against the rest "
        "by LIBLINEAR",
        benchmark="ten models of two classes each stand for LIBLINEAR's own one against the rest, "
        "which scikit-learn no longer offers; LIBLINEAR itself is newer",
    ),
)  # fmt: skip
