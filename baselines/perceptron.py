"""Rosenblatt's perceptron, one class against the rest."""

from __future__ import annotations

from typing import Any

from baselines._helpers import benchmark_source, linear_numbers
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(
    *, seed: int, threads: int, penalty: str | None, alpha: float, l1_ratio: float, epochs: int,
    scaling: str,
) -> Any:  # fmt: skip
    """A scikit-learn `Perceptron` that trains for all its epochs.

    Params:
        penalty: Norm of the coefficients that is kept small: l1, l2, elasticnet or none.
        alpha: Weight of the penalty.
        l1_ratio: Part of l1 in elasticnet.
    """
    from sklearn.linear_model import Perceptron

    model = Perceptron(
        penalty=penalty, alpha=alpha, l1_ratio=l1_ratio, max_iter=epochs, tol=None,
        random_state=seed, n_jobs=threads,
    )  # fmt: skip
    return scaled(model, scaling)


@counting_scaling
def parameters(fitted: Any) -> int:
    """A coefficient for each class and pixel, and an intercept for each class."""
    return linear_numbers(fitted)


def cost(images: int, params: Params) -> float:
    """Processor seconds: each image moves ten models, and an L1 part clips every coefficient."""
    an_epoch = 4.5e-5 if params["penalty"] in {"l1", "elasticnet"} else 1.3e-5
    return float(0.1 + images * (1.7e-5 + an_epoch * params["epochs"]))


PLUGIN = Plugin(
    title="Perceptron",
    family="classic",
    view="flat",
    build=build,
    params={
        "penalty": None, "alpha": 1e-4, "l1_ratio": 0.15, "epochs": 10, "scaling": "none",
    },
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.linear_model",),
    source=benchmark_source(
        defaults="no penalty, and 10 epochs instead of 5",
        benchmark="the seed shuffles the images in each epoch, where 0.19 always drew the same "
        "orders; its elastic net had no L1 part, so that it is the L2 penalty again",
    ),
)  # fmt: skip
