"""Passive-aggressive learning: each image that is not told apart clearly moves the boundary."""

from __future__ import annotations

from typing import Any

from baselines._helpers import benchmark_source, linear_numbers
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(*, seed: int, threads: int, C: float, epochs: int, scaling: str) -> Any:
    """PA-I by a scikit-learn `SGDClassifier`, one class against the rest.

    Params:
        C: Largest step that one image may cause.
    """
    from sklearn.linear_model import SGDClassifier

    model = SGDClassifier(
        loss="hinge", penalty=None, learning_rate="pa1", eta0=C, max_iter=epochs, tol=None,
        random_state=seed, n_jobs=threads,
    )  # fmt: skip
    return scaled(model, scaling)


@counting_scaling
def parameters(fitted: Any) -> int:
    """A coefficient for each class and pixel, and an intercept for each class."""
    return linear_numbers(fitted)


def cost(images: int, params: Params) -> float:
    """Processor seconds: the length of a step takes each image's norm, in ten models."""
    return float(0.1 + images * (1.7e-5 + 2.2e-5 * params["epochs"]))


PLUGIN = Plugin(
    title="Passive-aggressive",
    family="classic",
    view="flat",
    build=build,
    params={"C": 0.001, "epochs": 10, "scaling": "none"},
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.linear_model",),
    source=benchmark_source(
        defaults="C is 0.001, and 10 epochs instead of 5",
        benchmark="an SGDClassifier with the learning rate pa1 stands for the "
        "PassiveAggressiveClassifier, which is deprecated; both compute the same",
    ),
)
