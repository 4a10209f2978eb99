"""How the networks that are trained by the step are trained, and what their sources say of it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from suite.contract import Plugin

SETTINGS: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {
    "fastai_resnet": (
        {"epochs": 5, "batch_size": 1024, "augmented": False},
        {"augmented": {"epochs": 20, "augmented": True}},
    ),
    "mobilenet": ({"epochs": 12, "batch_size": 128}, {}),
    "residual": (
        {"epochs": 30, "batch_size": 256, "size": "big", "flips": True, "views": 6},
        {
            "unflipped": {"flips": False},
            "small": {"epochs": 9, "size": "small"},
            "small_unflipped": {"epochs": 9, "size": "small", "flips": False},
        },
    ),
    "resnet20": ({"epochs": 200, "batch_size": 128, "cutout": 0}, {"cutout": {"cutout": 16}}),
    "wide_resnet": ({"epochs": 30, "batch_size": 128, "depth": 16, "width": 2}, {}),
}


def plugin_of(name: str) -> Plugin:
    plugin: Plugin = import_module(f"cnn.{name}").PLUGIN
    return plugin


def untrained(name: str, **changes: Any) -> Any:
    return plugin_of(name).build(seed=0, threads=1, **plugin_of(name).params | changes)


@pytest.mark.parametrize("name", SETTINGS)
def test_epochs_and_batches_are_those_of_the_source(name: str) -> None:
    plugin = plugin_of(name)
    assert (plugin.params, plugin.variants) == SETTINGS[name]
    assert (plugin.family, plugin.view) == ("cnn", "image")
    assert plugin.uses_validation
    assert plugin.random


def rates_of(optimizer: Any, *steps: int) -> list[float]:
    """An optimiser's learning rates at the given steps."""
    rates = []
    for step in steps:
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    return rates


@pytest.mark.parametrize(
    ("name", "kind", "settings", "rates"),
    [
        # A thousand steps; the rates after 0, 500 and 999 of them.
        ("resnet20", "SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": None},
         [0.2, 0.0998, 0.0]),
        ("fastai_resnet", "AdamW", {"weight_decay": 0.01, "epsilon": 1e-8}, [4e-4, 8.1e-3, 0.0]),
        ("wide_resnet", "SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 5e-3},
         [0.1, 0.05, 0.0]),
        ("mobilenet", "AdamW", {"weight_decay": 0.01}, [2e-4, 3.74e-3, 0.0]),
        ("residual", "Muon", {}, [0.04 / 300, 0.0235, 0.04 / 1700]),
    ],
)  # fmt: skip
def test_optimizers_of_networks_trained_by_the_step(
    name: str, kind: str, settings: dict[str, Any], rates: list[float]
) -> None:
    optimizer = import_module(f"cnn.{name}").optimizer(1_000)
    assert type(optimizer).__name__ == kind
    config = {key: getattr(optimizer, key) for key in settings}
    assert config == pytest.approx(settings)
    assert rates_of(optimizer, 0, 500, 999) == pytest.approx(rates, rel=0.01, abs=1e-5)


def test_resnet20_is_penalised_as_pytorch_does() -> None:
    """Weight decay of 1e-4 on every weight: the gradient has that share of the weight added."""
    from cnn import resnet20

    network = resnet20.network()
    weights = [np.asarray(weight) for weight in network.trainable_weights]
    biases = np.asarray(network.layers[-1].bias)
    squares = sum(float((weight**2).sum()) for weight in weights) - float((biases**2).sum())
    assert float(sum(network.losses)) == pytest.approx(0.5e-4 * squares, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "variant", "changes"),
    [
        ("resnet20", "", {"shift": 4, "edge": "zeros", "flip": True, "cutout": 0, "fill": 0.286}),
        ("resnet20", "cutout",
         {"shift": 4, "edge": "zeros", "flip": True, "cutout": 16, "fill": 0.286}),
        ("fastai_resnet", "augmented", {"shift": 4, "edge": "zeros", "flip": True}),
        ("wide_resnet", "", {"shift": 4, "flip": True}),
        ("residual", "small", {"shift": 1}),
    ],
)  # fmt: skip
def test_augmentation_of_networks_trained_by_the_step(
    name: str, variant: str, changes: dict[str, Any]
) -> None:
    classifier = untrained(name, **plugin_of(name).variants.get(variant, {}))
    assert classifier._augmentation.keywords == changes


def test_residual_networks_with_and_without_flips() -> None:
    found = {
        (flips, views): untrained("residual", flips=flips, views=views)
        for flips in (True, False) for views in (1, 6)
    }  # fmt: skip
    assert {key: model.views for key, model in found.items()} == {
        (True, 1): 1, (True, 6): 6, (False, 1): 1, (False, 6): 3,
    }  # fmt: skip
    assert all(model._alternating_flips == flips for (flips, _), model in found.items())
    with pytest.raises(ValueError, match="size is 'huge', expected small or big"):
        untrained("residual", size="huge")


def test_wide_residual_networks_have_their_depths() -> None:
    with pytest.raises(ValueError, match="depth is 15, expected 10, 16, 22"):
        untrained("wide_resnet", depth=15)
