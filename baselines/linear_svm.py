"""Linear support vector machine, one class against the rest."""

from __future__ import annotations

from typing import Any

from baselines._helpers import Adapted, benchmark_source, interpolated_cost, linear_numbers
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(*, seed: int, threads: int, dual: bool, scaling: str, **params: Any) -> Any:
    """A scikit-learn `LinearSVC`, by default solved in the primal, which draws nothing at random.

    In the dual, images are visited in an order drawn anew in each iteration, the same for every
    seed: what the seed shuffles is the training images.

    Params:
        C: Weight of training errors against a wide margin.
        loss: hinge or squared_hinge.
        penalty: Norm of the coefficients that is kept small: l1 or l2.
        multi_class: ovr: one class against the rest; crammer_singer: all classes at once.
        dual: Whether the dual problem is solved instead of the primal.
        max_iter: Most iterations of the solver.
    """
    from sklearn.svm import LinearSVC

    machine = LinearSVC(dual=dual, random_state=0, **params)
    if dual:  # where a weak penalty uses up the iterations, which are a budget in the benchmark
        machine = Adapted(machine, silenced="Liblinear failed to converge")
    return scaled(machine, scaling)


@counting_scaling
def parameters(fitted: Any) -> int:
    """A coefficient for each class and pixel, and an intercept for each class."""
    return linear_numbers(fitted.estimator if isinstance(fitted, Adapted) else fitted)


def cost(images: int, params: Params) -> float:
    """Processor seconds; a weaker penalty (a larger C) takes more iterations.

    In the dual, a model a class uses up its iterations, which crammer_singer does not count.
    """
    if params["multi_class"] == "crammer_singer":
        return interpolated_cost(images, {1_000: 5.5, 6_000: 330.0, 60_000: 10_000.0})
    if params["dual"]:
        return float(5.5e-6 * images * params["max_iter"])
    seconds = interpolated_cost(images, {1_000: 0.6, 6_000: 3.8, 60_000: 60.0})
    return float(seconds * max(params["C"] / 0.01, 0.1) ** 0.18)


PLUGIN = Plugin(
    title="Linear SVM",
    family="classic",
    view="flat",
    build=build,
    params={
        "C": 0.01, "loss": "squared_hinge", "penalty": "l2", "multi_class": "ovr", "dual": False,
        "max_iter": 1_000, "scaling": "none",
    },
    parameters=parameters,
    random=False,
    cost_hint=cost,
    requires=("sklearn.svm",),
    source=benchmark_source(
        defaults="C is 0.01, since pixels in [0, 1] vary less than standardised ones, and a large "
        "C overfits small training sets; solved in the primal",
        benchmark="LIBLINEAR draws the order in which it visits images with another generator; "
        "crammer_singer takes no notice of loss and penalty, then as now, so that four rows are "
        "one model",
    ),
)  # fmt: skip
