"""Each network: its layers, its size, how it is trained, and that it learns."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from suite.contract import ParameterCount, Plugin


@dataclass(frozen=True)
class Row:
    """What the model's source says, by hand from its layer tables."""

    model: str
    variant: str
    count: ParameterCount
    shapes: dict[str, list[tuple[int, ...]]]
    learns: float = 0.5

    def __str__(self) -> str:
        return f"{self.model}/{self.variant}" if self.variant else self.model

    @property
    def plugin(self) -> Plugin:
        return import_module(f"cnn.{self.model}").PLUGIN

    @property
    def params(self) -> dict[str, Any]:
        return {**self.plugin.params, **self.plugin.variants.get(self.variant, {})}


def mastery(side: int, filters: int) -> dict[str, list[tuple[int, ...]]]:
    half = side // 2
    return {
        "Conv2D": [(side, side, filters)],
        "MaxPooling2D": [(half, half, filters)],
        "Flatten": [(half * half * filters,)],
        "Dense": [(100,), (10,)],
    }


ROWS = (
    Row(
        "lenet5",
        "",
        ParameterCount(136_586),
        {
            "Conv2D": [(32, 32, 6), (16, 16, 16)],
            "MaxPooling2D": [(16, 16, 6), (8, 8, 16)],
            "Flatten": [(1024,)],
            "Dense": [(120,), (84,), (10,)],
        },
    ),
    Row(
        "cmasch",
        "",
        ParameterCount(493_902, 493_772),
        {
            "BatchNormalization": [(28, 28, 1), (64,)],
            "Conv2D": [(28, 28, 64), (11, 11, 64)],
            "MaxPooling2D": [(14, 14, 64), (5, 5, 64)],
            "Dropout": [(14, 14, 64), (5, 5, 64), (256,)],
            "Flatten": [(1600,)],
            "Dense": [(256,), (64,), (10,)],
        },
        learns=0.25,  # 12 steps of 250 images, some of them mirrored
    ),
    Row("machine_learning_mastery", "", ParameterCount(542_230), mastery(26, 32)),
    Row("machine_learning_mastery", "same_padding", ParameterCount(628_630), mastery(28, 32)),
    Row("machine_learning_mastery", "more_filters", ParameterCount(1_256_150), mastery(28, 64)),
)


def layers_of(model: Any, kind: str) -> list[Any]:
    return [layer for layer in model.layers if type(layer).__name__ == kind]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_is_the_network_of_its_source_and_learns(
    row: Row, digits: Any, listener: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    classifier = row.plugin.build(seed=0, threads=1, **row.params | {"epochs": 1})
    capfd.readouterr()
    classifier.fit(digits.X, digits.y, listener.context(digits.X_val, digits.y_val))
    answer, proba = classifier.predict(digits.X_test), classifier.predict_proba(digits.X_test)
    assert capfd.readouterr() == ("", "")

    assert row.plugin.parameters(classifier) == row.count
    shapes = {
        kind: [layer.output.shape[1:] for layer in layers_of(classifier.model, kind)]
        for kind in row.shapes
    }
    assert shapes == row.shapes

    assert np.mean(answer == digits.y_test) > row.learns
    assert answer.shape == (len(digits.X_test),)
    assert np.issubdtype(answer.dtype, np.integer)
    assert np.allclose(proba.sum(axis=1), 1, atol=1e-5)
    assert [news[:2] for news in listener.heard] == [(1, 1)]
    assert set(listener.heard[0][2]) == {"loss", "accuracy", "val_loss", "val_accuracy"}


@pytest.mark.parametrize(
    ("name", "params", "variants"),
    [
        ("lenet5", {"epochs": 20, "batch_size": 32}, {}),
        ("cmasch", {"epochs": 80, "batch_size": 250, "augmented_copies": 2}, {}),
        (
            "machine_learning_mastery",
            {"epochs": 10, "batch_size": 32, "padding": "valid", "filters": 32},
            {
                "same_padding": {"padding": "same"},
                "more_filters": {"padding": "same", "filters": 64},
            },
        ),
    ],
)
def test_is_trained_as_its_source_says(
    name: str, params: dict[str, Any], variants: dict[str, Any]
) -> None:
    plugin: Plugin = import_module(f"cnn.{name}").PLUGIN
    assert plugin.params == params
    assert plugin.variants == variants
    assert plugin.family == "cnn"
    assert plugin.view == "image"
    assert plugin.uses_validation
    assert plugin.random


def test_dropout_of_cmasch() -> None:
    from cnn import cmasch

    assert [layer.rate for layer in layers_of(cmasch.network(), "Dropout")] == [0.1, 0.3, 0.5]


def test_initialisers_and_optimiser_of_machine_learning_mastery() -> None:
    from cnn import machine_learning_mastery as mastery

    network = mastery.network("valid", 32)
    (conv,), (hidden, output) = layers_of(network, "Conv2D"), layers_of(network, "Dense")
    names = [type(layer.kernel_initializer).__name__ for layer in (conv, hidden, output)]
    assert names == ["HeUniform", "HeUniform", "GlorotUniform"]
    optimizer = mastery.optimizer()
    assert type(optimizer).__name__ == "SGD"
    assert float(optimizer.learning_rate) == pytest.approx(0.01)
    assert optimizer.momentum == 0.9


def test_cmasch_without_copies_sees_each_image_once(digits: Any, listener: Any) -> None:
    from cnn import cmasch

    params = {**cmasch.PLUGIN.params, "epochs": 1, "augmented_copies": 0}
    classifier = cmasch.PLUGIN.build(seed=0, threads=1, **params)
    assert classifier._augmentation is None
    assert classifier._passes == 1


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_cost_grows_with_images_and_epochs(row: Row) -> None:
    def cost(images: int, epochs: int) -> float:
        return row.plugin.cost_hint(images, row.params | {"epochs": epochs})

    start = cost(0, 1)
    assert 1 < start < 6
    assert cost(60_000, 2) - start == pytest.approx(2 * (cost(60_000, 1) - start))
    assert cost(30_000, 2) == pytest.approx(cost(60_000, 1))
    assert 10 < cost(60_000, 1) - start < 300
