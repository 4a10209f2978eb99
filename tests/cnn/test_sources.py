"""How each network is trained: what its source says, where that is no default of Keras."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from suite.contract import Plugin

REPORT_LENET5 = {"architecture": "lenet5", "batch_size": 32, "epochs": 20}

SETTINGS: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {
    "abelusha": ({"epochs": 50, "batch_size": 64}, {}),
    "cmasch": ({"epochs": 80, "batch_size": 250, "augmented_copies": 2}, {}),
    "convnet": ({"epochs": 200_000 * 400 // 60_000, "batch_size": 400}, {}),
    "fashion_mnist_report": (
        {"epochs": 100, "batch_size": 256, "architecture": "one_layer", "augmented": False},
        {
            "one_layer_augmented": {"augmented": True, "epochs": 50},
            "lenet5": REPORT_LENET5,
            "lenet5_augmented": {**REPORT_LENET5, "augmented": True},
            "four_layer": {"architecture": "four_layer"},
            "four_layer_augmented": {
                "architecture": "four_layer", "augmented": True, "epochs": 50,
            },
            "four_layer_padded": {"architecture": "four_layer_padded"},
            "four_layer_padded_augmented": {
                "architecture": "four_layer_padded", "augmented": True, "epochs": 50,
            },
        },
    ),
    "gchhablani": ({"epochs": 18_000 * 100 // 60_000, "batch_size": 100}, {}),
    "hardmaru": ({"epochs": 30, "batch_size": 1000}, {}),
    "heitorrapela": ({"epochs": 100, "batch_size": 100}, {}),
    "khanguyen1207": ({"epochs": 40, "batch_size": 512}, {}),
    "machine_learning_mastery": (
        {"epochs": 10, "batch_size": 32, "padding": "valid", "filters": 32},
        {
            "same_padding": {"padding": "same"},
            "more_filters": {"padding": "same", "filters": 64},
        },
    ),
    "rasiaq": ({"epochs": 50, "batch_size": 32, "version": "v1"}, {"v2": {"version": "v2"}}),
    "vianasw": ({"epochs": 20, "batch_size": 128}, {}),
}  # fmt: skip


def plugin_of(name: str) -> Plugin:
    plugin: Plugin = import_module(f"cnn.{name}").PLUGIN
    return plugin


def untrained(name: str, **changes: Any) -> Any:
    return plugin_of(name).build(seed=0, threads=1, **plugin_of(name).params | changes)


def layers_of(model: Any, kind: str) -> list[Any]:
    return [layer for layer in model.layers if type(layer).__name__ == kind]


@pytest.mark.parametrize("name", SETTINGS)
def test_epochs_and_batches_are_those_of_the_source(name: str) -> None:
    plugin = plugin_of(name)
    assert (plugin.params, plugin.variants) == SETTINGS[name]
    assert plugin.family == ("classic" if name == "heitorrapela" else "cnn")
    assert plugin.view == "image"
    assert plugin.uses_validation
    assert plugin.random


@pytest.mark.parametrize(
    ("name", "parameter"), [("rasiaq", "version"), ("fashion_mnist_report", "architecture")]
)
def test_a_network_that_is_not_there(name: str, parameter: str) -> None:
    with pytest.raises(ValueError, match=f"{parameter} is 'v9', expected one of .*, "):
        untrained(name, **{parameter: "v9"})
    plugin = plugin_of(name)
    assert plugin.cost_hint(60_000, {**plugin.params, parameter: "v9"}) > 0  # a plan goes on


@pytest.mark.parametrize("name", SETTINGS)
def test_the_last_epoch_counts_but_for_cmasch(name: str) -> None:
    assert untrained(name)._keep == ("best" if name == "cmasch" else "last")


@pytest.mark.parametrize(
    ("name", "arguments", "rates"),
    [
        ("abelusha", (), [0.25, 0.5]),
        ("cmasch", (), [0.1, 0.3, 0.5]),
        ("convnet", (), [0.4]),
        ("fashion_mnist_report", ("one_layer",), [0.2]),
        ("fashion_mnist_report", ("four_layer",), [0.25, 0.25, 0.25, 0.5, 0.5]),
        ("heitorrapela", (), [0.4, 0.4, 0.4]),
        ("khanguyen1207", (), [0.25, 0.25, 0.5]),
        ("rasiaq", ("v1",), [0.0, 0.0, 0.2]),
        ("rasiaq", ("v2",), [0.25, 0.3, 0.3]),
        ("vianasw", (), [0.4]),
    ],
)
def test_dropout(name: str, arguments: tuple[str, ...], rates: list[float]) -> None:
    network = import_module(f"cnn.{name}").network(*arguments)
    assert [layer.rate for layer in layers_of(network, "Dropout")] == rates


@pytest.mark.parametrize(
    ("name", "kind", "settings"),
    [
        ("abelusha", None, {}),
        ("cmasch", None, {}),
        ("convnet", "SGD", {"learning_rate": 0.001, "momentum": 0.0}),
        ("fashion_mnist_report", None, {}),
        (
            "gchhablani",
            "Adagrad",
            {"learning_rate": 0.015, "initial_accumulator_value": 0.0},
        ),
        ("hardmaru", "Adam", {"learning_rate": 0.001, "epsilon": 1e-8}),
        ("heitorrapela", "SGD", {"momentum": 0.975, "nesterov": True}),
        ("khanguyen1207", "RMSprop", {"learning_rate": 0.001, "rho": 0.9}),
        ("machine_learning_mastery", "SGD", {"learning_rate": 0.01, "momentum": 0.9}),
        ("rasiaq", None, {}),
        ("vianasw", None, {}),
    ],
)
def test_optimizer(name: str, kind: str | None, settings: dict[str, Any]) -> None:
    make = untrained(name)._optimizer
    if kind is None:
        assert make is None  # Adam
        return
    optimizer = make()
    assert type(optimizer).__name__ == kind
    config = optimizer.get_config()
    assert {key: config[key] for key in settings} == pytest.approx(settings)


def test_the_rate_of_heitorrapela_falls_as_in_keras_2() -> None:
    from cnn import heitorrapela

    optimizer = heitorrapela.optimizer()
    assert float(optimizer.learning_rate) == pytest.approx(0.01)
    optimizer.iterations.assign(75_000)
    assert float(optimizer.learning_rate) == pytest.approx(0.01 / (1 + 2e-6 * 75_000))


def test_the_first_step_of_gchhablani_is_that_of_pytorch() -> None:
    import keras

    from cnn import gchhablani

    optimizer, weight = gchhablani.optimizer(), keras.Variable([1.0, 1.0, 1.0])
    # A gradient divided by the root of its own square, whatever its size.
    optimizer.apply([keras.ops.array([0.5, -1e-6, 0.0])], [weight])
    assert np.allclose(weight, [1 - 0.015, 1 + 0.015, 1])


def test_schedules() -> None:
    steps = untrained("gchhablani")._schedule
    rates = [steps([{}] * epochs) for epochs in (9, 10, 20)]
    assert rates == pytest.approx([1, 0.1, 0.01])
    plateau = untrained("khanguyen1207")._schedule
    rates = [plateau([{"val_accuracy": 0.9}] * epochs) for epochs in (3, 4, 7, 100)]
    assert rates == pytest.approx([1, 0.5, 0.25, 0.01])
    others = set(SETTINGS) - {"gchhablani", "khanguyen1207"}
    assert all(untrained(name)._schedule is None for name in others)


def test_initialisers_of_machine_learning_mastery() -> None:
    from cnn import machine_learning_mastery as mastery

    network = mastery.network("valid", 32)
    (conv,), (hidden, output) = layers_of(network, "Conv2D"), layers_of(network, "Dense")
    names = [type(layer.kernel_initializer).__name__ for layer in (conv, hidden, output)]
    assert names == ["HeUniform", "HeUniform", "GlorotUniform"]


def test_hardmaru_starts_from_pytorchs_weights_and_pixels() -> None:
    from cnn import hardmaru

    network = hardmaru.network()
    weighty = [layer for layer in network.layers if layer.weights]
    assert [layer.kernel.shape[:-1] for layer in weighty] == [(5, 5, 1), (5, 5, 32), (3136,)]
    for layer in weighty:
        limit = np.prod(layer.kernel.shape[:-1]) ** -0.5
        for weight in (layer.kernel, layer.bias):
            assert 0.8 * limit < abs(np.asarray(weight)).max() <= limit
            assert abs(np.asarray(weight).mean()) < 0.5 * limit
    (scaling,) = layers_of(network, "Rescaling")
    values = scaling(np.array([0.0, 0.1307, 1.0], np.float32))
    assert np.allclose(values, [-0.1307 / 0.3081, 0, 0.8693 / 0.3081], atol=1e-6)


def test_khanguyen1207_divides_pixels_by_32() -> None:
    from cnn import khanguyen1207

    (scaling,) = layers_of(khanguyen1207.network(), "Rescaling")
    assert np.allclose(scaling(np.array([0.0, 1.0], np.float32)), [0, 1 / 32])


def test_gchhablani_starts_as_in_pytorch() -> None:
    from cnn import gchhablani

    network = gchhablani.network()
    third = layers_of(network, "Conv2D")[2]
    kernel = np.asarray(third.kernel)
    assert kernel.std() == pytest.approx((2 / (9 * 32 + 9 * 64)) ** 0.5, rel=0.05)
    assert abs(kernel).max() > 3 * kernel.std()  # a normal distribution that is not cut off
    assert 0.5 < abs(np.asarray(third.bias)).max() * (9 * 32) ** 0.5 <= 1
    scales = np.asarray(layers_of(network, "BatchNormalization")[2].gamma)
    assert 0 <= scales.min() < 0.2
    assert 0.8 < scales.max() <= 1
    assert [layer.strides for layer in layers_of(network, "MaxPooling2D")] == [
        (1, 1), (2, 2), (2, 2),
    ]  # fmt: skip


def test_the_loss_of_gchhablani() -> None:
    from cnn import gchhablani

    labels = np.array([3, 0], np.int32)
    proba = np.random.default_rng(0).dirichlet(np.ones(10), 2).astype(np.float32)
    right = np.eye(10, dtype=bool)[labels]
    expected = -np.log(np.where(right, proba, 1 - proba)).mean(axis=1)
    assert np.allclose(gchhablani.loss(labels, proba), expected, rtol=1e-4)
    assert untrained("gchhablani")._loss is gchhablani.loss


def test_heitorrapela_divides_its_sigmoids_by_their_sum() -> None:
    from keras import Model

    from cnn import heitorrapela

    network = heitorrapela.network()
    images = np.random.default_rng(0).random((5, 28, 28, 1), np.float32)
    hidden = np.asarray(Model(network.inputs[0], network.layers[-3].output)(images))
    logits = hidden @ np.asarray(network.layers[-2].kernel)
    sigmoids = 1 / (1 + np.exp(-logits))
    assert np.allclose(network(images), sigmoids / sigmoids.sum(axis=1, keepdims=True), atol=1e-5)


def test_heitorrapela_draws_its_weights_as_keras_did_in_2018() -> None:
    from cnn import heitorrapela

    for layer in layers_of(heitorrapela.network(), "Dense"):
        kernel = np.asarray(layer.kernel)
        limit = 2 * np.sqrt(2 / len(kernel))
        assert 0.9 * limit < np.abs(kernel).max() <= limit  # today's he_normal goes 14 % further


def test_cmasch_without_copies_sees_each_image_once() -> None:
    classifier = untrained("cmasch", augmented_copies=0)
    assert classifier._augmentation is None
    assert classifier._passes == 1


def test_cmasch_changes_two_thirds_of_three_passes() -> None:
    classifier = untrained("cmasch")
    assert classifier._passes == 3
    assert classifier._augmentation.keywords == {
        "degrees": 10, "flip": True, "share": pytest.approx(2 / 3),
    }  # fmt: skip


def test_the_report_with_and_without_augmentation() -> None:
    assert untrained("fashion_mnist_report")._augmentation is None
    changes = untrained("fashion_mnist_report", augmented=True)._augmentation.keywords
    assert changes == {"degrees": 8, "shear": 0.3, "zoom": 0.08, "shift": 0.08}


def test_vianasw_adds_flipped_and_enlarged_copies(digits: Any) -> None:
    from cnn import vianasw

    X, y = digits.X, digits.y
    images, labels = vianasw.enlarge(X, y, np.random.default_rng(0))
    assert images.dtype == X.dtype
    assert len(images) == len(labels) == 1_600
    assert np.array_equal(images[:1_000], X)
    assert np.array_equal(labels[:1_000], y)
    for copies, of, change in (
        (slice(1_000, 1_300), labels[1_000:1_300], lambda image: image[:, :, ::-1]),
        (slice(1_300, 1_600), labels[1_300:], vianasw.middle),
    ):
        known = {change(X[row : row + 1]).tobytes(): y[row] for row in range(len(X))}
        assert [known[image.tobytes()] for image in images[copies]] == of.tolist()
        assert len({image.tobytes() for image in images[copies]}) > 290


def test_vianasw_enlarges_the_middle() -> None:
    from cnn import vianasw

    ramp = np.arange(28, dtype=np.float32)
    image = (ramp[:, None] * 100 + ramp)[None, ..., None]
    enlarged = vianasw.middle(image)[0, ..., 0]
    positions = np.linspace(4, 24, 28)
    assert np.allclose(enlarged, positions[:, None] * 100 + positions, atol=1e-2)
