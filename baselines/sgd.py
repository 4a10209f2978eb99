"""A linear model for each class against the rest, trained by stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from baselines._helpers import benchmark_source, linear_numbers
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(
    *, seed: int, threads: int, loss: str, penalty: str | None, alpha: float, epochs: int,
    scaling: str,
) -> Any:  # fmt: skip
    """A scikit-learn `SGDClassifier` that trains for all its epochs; hinge loss makes it an SVM.

    Params:
        loss: hinge (a linear SVM), log_loss (logistic regression), modified_huber, squared_hinge or
            perceptron.
        penalty: Norm of the coefficients that is kept small: l1, l2 or elasticnet.
        alpha: Weight of the penalty.
    """
    from sklearn.linear_model import SGDClassifier

    model = SGDClassifier(
        loss=loss, penalty=penalty, alpha=alpha, max_iter=epochs, tol=None, random_state=seed,
        n_jobs=threads,
    )  # fmt: skip
    return scaled(model, scaling)


@counting_scaling
def parameters(fitted: Any) -> int:
    """A coefficient for each class and pixel, and an intercept for each class."""
    return linear_numbers(fitted)


def cost(images: int, params: Params) -> float:
    """Processor seconds: each image moves ten models, and an L1 part clips every coefficient."""
    gradient = 3.5e-5 if params["loss"] == "log_loss" else 1.4e-5
    clipping = 3.4e-5 if params["penalty"] in {"l1", "elasticnet"} else 0.0
    return float(0.1 + images * (1.7e-5 + (gradient + clipping) * params["epochs"]))


PLUGIN = Plugin(
    title="Linear model by SGD",
    family="classic",
    view="flat",
    build=build,
    params={
        "loss": "hinge", "penalty": "l2", "alpha": 1e-3, "epochs": 10, "scaling": "none",
    },
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.linear_model",),
    source=benchmark_source(
        defaults="alpha is 0.001 instead of 0.0001, and there are 10 epochs instead of 5"
    ),
)  # fmt: skip
