"""Each network: its layers, its size, and that it learns."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from suite.contract import ParameterCount, Plugin

Shapes = dict[str, list[tuple[int, ...]]]


@dataclass(frozen=True)
class Row:
    """What the model's source says, by hand from its layer tables."""

    model: str
    variant: str
    count: ParameterCount
    shapes: Shapes
    learns: float = 0.5
    images: int = 1_000

    def __str__(self) -> str:
        return f"{self.model}/{self.variant}" if self.variant else self.model

    @property
    def plugin(self) -> Plugin:
        return import_module(f"cnn.{self.model}").PLUGIN

    @property
    def params(self) -> dict[str, Any]:
        return {**self.plugin.params, **self.plugin.variants.get(self.variant, {})}


def plain(
    convolutions: list[tuple[int, int]], pools: list[tuple[int, int]], dense: list[int]
) -> Shapes:
    """Shapes of square maps, given as (side, channels), and of the dense layers after them."""
    shapes = {
        "Conv2D": [(side, side, channels) for side, channels in convolutions],
        "MaxPooling2D": [(side, side, channels) for side, channels in pools],
        "Flatten": [(pools[-1][0] ** 2 * pools[-1][1],)],
    }
    return shapes | {"Dense": [(units,) for units in [*dense, 10]]}


ONE = plain([(26, 32)], [(13, 32)], [128])
LENET5 = plain([(32, 6), (16, 16)], [(16, 6), (8, 16)], [120, 84])
FOUR = plain([(26, 32), (24, 32), (10, 64), (8, 128)], [(12, 32), (4, 128)], [512, 128])
PADDED = plain([(28, 32), (28, 32), (14, 64), (14, 128)], [(14, 32), (7, 128)], [512, 128])
RESIDUAL_SMALL = {
    "Add": [(14, 14, 32), (7, 7, 64)], "MaxPooling2D": [(3, 3, 64)], "Flatten": [(576,)],
    "Dense": [(10,)],
}  # fmt: skip
RESIDUAL_BIG = {
    "Add": [(28, 28, 16), (14, 14, 64), (7, 7, 128)], "MaxPooling2D": [(3, 3, 128)],
    "Flatten": [(1152,)], "Dense": [(10,)],
}  # fmt: skip
RESNET20 = {"Add": [(28, 28, 16)] * 3 + [(14, 14, 32)] * 3 + [(7, 7, 64)] * 3,
            "GlobalAveragePooling2D": [(64,)]}  # fmt: skip
FASTAI = {"Add": [(28, 28, 16), (14, 14, 32), (7, 7, 64), (4, 4, 128), (2, 2, 256), (1, 1, 512)],
          "Dense": [(10,)]}  # fmt: skip
TWO_OF_FIVE = [(28, 32), (14, 64)], [(14, 32), (7, 64)]
CMASCH = plain([(28, 64), (11, 64)], [(14, 64), (5, 64)], [256, 64])

ROWS = (
    Row("abelusha", "", ParameterCount(113_386),
        plain([(26, 32), (11, 32)], [(13, 32), (5, 32)], [128])),
    # Mirrored images among them.
    Row("cmasch", "", ParameterCount(493_902, 493_772),
        {"BatchNormalization": [(28, 28, 1), (64,)], **CMASCH}, learns=0.25),
    # Its learning rate takes a thousand epochs.
    Row("convnet", "", ParameterCount(3_274_634), plain(*TWO_OF_FIVE, [1024]),
        learns=0.05, images=200),
    Row("fashion_mnist_report", "", ParameterCount(693_962), ONE),
    Row("fashion_mnist_report", "one_layer_augmented", ParameterCount(693_962), ONE),
    Row("fashion_mnist_report", "lenet5", ParameterCount(136_586), LENET5),
    Row("fashion_mnist_report", "lenet5_augmented", ParameterCount(136_586), LENET5, learns=0.3),
    # After a few steps the moving averages of six batch normalisations have hardly moved.
    Row("fashion_mnist_report", "four_layer", ParameterCount(1_221_546, 1_219_754), FOUR,
        learns=0.05, images=200),
    Row("fashion_mnist_report", "four_layer_augmented",
        ParameterCount(1_221_546, 1_219_754), FOUR, learns=0.05, images=200),
    Row("fashion_mnist_report", "four_layer_padded",
        ParameterCount(3_384_234, 3_382_442), PADDED, learns=0.05, images=200),
    Row("fashion_mnist_report", "four_layer_padded_augmented",
        ParameterCount(3_384_234, 3_382_442), PADDED, learns=0.05, images=200),
    Row("fastai_resnet", "", ParameterCount(4_911_640, 4_907_588), FASTAI,
        learns=0.05, images=200),
    Row("fastai_resnet", "augmented", ParameterCount(4_911_640, 4_907_588), FASTAI,
        learns=0.05, images=200),
    Row("gchhablani", "", ParameterCount(46_794, 46_570),
        plain([(28, 16), (27, 32), (13, 64)], [(27, 16), (13, 32), (6, 64)], [])),
    Row("hardmaru", "", ParameterCount(83_466), plain(*TWO_OF_FIVE, [])),
    Row("heitorrapela", "", ParameterCount(247_766),
        {"Flatten": [(784,)], "Dense": [(256,), (128,), (100,), (10,)]}, learns=0.3),
    Row("khanguyen1207", "", ParameterCount(1_695_210, 1_694_186),
        plain([(28, 32), (28, 32), (14, 64), (14, 64)], [(14, 32), (7, 64)], [512]), learns=0.3),
    Row("machine_learning_mastery", "", ParameterCount(542_230),
        plain([(26, 32)], [(13, 32)], [100])),
    Row("machine_learning_mastery", "same_padding", ParameterCount(628_630),
        plain([(28, 32)], [(14, 32)], [100])),
    Row("machine_learning_mastery", "more_filters", ParameterCount(1_256_150),
        plain([(28, 64)], [(14, 64)], [100])),
    Row("mobilenet", "", ParameterCount(88_458, 85_962),
        {"DepthwiseConv2D": [(14, 14, 16), (14, 14, 32), (7, 7, 64), (7, 7, 128), (7, 7, 128),
                             (4, 4, 128)], "GlobalAveragePooling2D": [(256,)]},
        learns=0.05, images=200),
    Row("rasiaq", "", ParameterCount(243_786),
        plain([(26, 64), (11, 64)], [(13, 64), (5, 64)], [128])),
    Row("rasiaq", "v2", ParameterCount(225_034),
        plain([(26, 32), (11, 64)], [(13, 32), (5, 64)], [128])),
    # Mirrored digits among them, and half of what is predicted.
    Row("residual", "", ParameterCount(470_362, 469_114), RESIDUAL_BIG, images=600, learns=0.2),
    Row("residual", "unflipped", ParameterCount(470_362, 469_114), RESIDUAL_BIG, images=600),
    Row("residual", "small", ParameterCount(122_330, 121_722), RESIDUAL_SMALL, learns=0.2),
    Row("residual", "small_unflipped", ParameterCount(122_330, 121_722), RESIDUAL_SMALL),
    Row("resnet20", "", ParameterCount(273_370, 271_994), RESNET20, learns=0.05, images=200),
    Row("resnet20", "cutout", ParameterCount(273_370, 271_994), RESNET20,
        learns=0.05, images=200),
    Row("vianasw", "", ParameterCount(3_274_634), plain(*TWO_OF_FIVE, [1024])),
    Row("wide_resnet", "", ParameterCount(693_210, 691_386),
        {"Add": [(28, 28, 32)] * 2 + [(14, 14, 64)] * 2 + [(7, 7, 128)] * 2,
         "GlobalAveragePooling2D": [(128,)]}, learns=0.05, images=200),
)  # fmt: skip


def layers_of(model: Any, kind: str) -> list[Any]:
    return [layer for layer in model.layers if type(layer).__name__ == kind]


def test_no_variant_is_left_out() -> None:
    plugins = {row.model: row.plugin for row in ROWS}
    all_rows = {(name, v) for name, plugin in plugins.items() for v in ("", *plugin.variants)}
    assert {(row.model, row.variant) for row in ROWS} == all_rows


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_is_the_network_of_its_source_and_learns(
    row: Row, digits: Any, listener: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    few = {"epochs": 1, "batch_size": min(row.params["batch_size"], 32)}
    classifier = row.plugin.build(seed=0, threads=1, **row.params | few)
    capfd.readouterr()
    some = slice(row.images)
    classifier.fit(digits.X[some], digits.y[some], listener.context(digits.X_val, digits.y_val))
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
    assert set(listener.heard[0][2]) - {"learning_rate"} == {
        "loss", "accuracy", "val_loss", "val_accuracy",
    }  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_cost_grows_with_images_and_epochs(row: Row) -> None:
    def cost(images: int, epochs: int) -> float:
        return row.plugin.cost_hint(images, row.params | {"epochs": epochs})

    start = cost(0, 1)
    assert 1 < start < 35  # six copies of 10,000 images among it
    assert cost(60_000, 2) - start == pytest.approx(2 * (cost(60_000, 1) - start))
    assert cost(30_000, 2) == pytest.approx(cost(60_000, 1))
    assert 3 < cost(60_000, 1) - start < 300


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_a_preset_lowers_is_there(row: Row) -> None:
    for changes in row.plugin.presets.values():
        assert all(type(value) is int for value in changes.values())
        assert all(value < row.plugin.params[name] for name, value in changes.items())
