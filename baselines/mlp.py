"""Multilayer perceptron with one hidden layer."""

from __future__ import annotations

from baselines._helpers import AdaptedWithProbabilities, benchmark_source
from suite.contract import Params, Plugin


def build(
    *, seed: int, threads: int, hidden_layer_sizes: list[int], activation: str, epochs: int
) -> AdaptedWithProbabilities:
    """A scikit-learn `MLPClassifier`, trained by Adam in batches of 200."""
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        tuple(hidden_layer_sizes), activation=activation, max_iter=epochs, random_state=seed
    )
    # The number of epochs is a budget: to use it up is no fault.
    return AdaptedWithProbabilities(network, silenced="Stochastic Optimizer: Maximum iterations")


def parameters(fitted: AdaptedWithProbabilities) -> int:
    """Weights and biases of all layers."""
    network = fitted.estimator
    return sum(int(array.size) for array in (*network.coefs_, *network.intercepts_))


def cost(images: int, params: Params) -> float:
    """Processor seconds of all epochs; training ends earlier once its loss stops falling."""
    hidden = sum(params["hidden_layer_sizes"]) / 100
    return float(0.05 + 0.9 * params["epochs"] * hidden * images / 60_000)


PLUGIN = Plugin(
    title="Multilayer perceptron",
    family="classic",
    view="flat",
    build=build,
    params={"hidden_layer_sizes": [100], "activation": "relu", "epochs": 200},
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.neural_network",),
    source=benchmark_source(
        "MLPClassifier, relu, hidden_layer_sizes=[100]", fashion=0.871, mnist=0.972, changed=""
    ),
)
