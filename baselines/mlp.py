"""Multilayer perceptron, by default with one hidden layer."""

from __future__ import annotations

from typing import Any

from baselines._helpers import AdaptedWithProbabilities, benchmark_source
from baselines._scaling import counting_scaling, scaled
from suite.contract import Params, Plugin


def build(
    *,
    seed: int,
    threads: int,
    hidden_layer_sizes: list[int],
    activation: str,
    epochs: int,
    n_iter_no_change: int,
    scaling: str,
) -> Any:
    """A scikit-learn `MLPClassifier`, trained by Adam in batches of 200.

    Params:
        hidden_layer_sizes: Units of each hidden layer.
        activation: Their function: relu or tanh.
        n_iter_no_change: Epochs without a lower loss after which training stops.
    """
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        tuple(hidden_layer_sizes),
        activation=activation,
        max_iter=epochs,
        n_iter_no_change=n_iter_no_change,
        random_state=seed,
    )
    # The number of epochs is a budget: to use it up is no fault.
    expected = "Stochastic Optimizer: Maximum iterations"
    return scaled(AdaptedWithProbabilities(network, silenced=expected), scaling)


@counting_scaling
def parameters(fitted: AdaptedWithProbabilities) -> int:
    """Weights and biases of all layers."""
    network = fitted.estimator
    return sum(int(array.size) for array in (*network.coefs_, *network.intercepts_))


def cost(images: int, params: Params) -> float:
    """Processor seconds of all epochs; training ends earlier once its loss stops falling."""
    an_epoch = (0.2 + 0.007 * sum(params["hidden_layer_sizes"])) * images / 60_000
    float64 = 1.8 if params["scaling"] == "standard" else 1.0
    return float(0.05 + params["epochs"] * an_epoch * float64)


PLUGIN = Plugin(
    title="Multilayer perceptron",
    family="classic",
    view="flat",
    build=build,
    params={
        "hidden_layer_sizes": [100], "activation": "relu", "epochs": 200, "n_iter_no_change": 10,
        "scaling": "none",
    },
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.neural_network",),
    source=benchmark_source(
        defaults="training ends after 10 epochs without progress instead of 2",
    ),
)  # fmt: skip
