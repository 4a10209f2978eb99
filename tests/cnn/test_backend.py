"""Precision and device of a network."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnn._backend import answer_in_float32, computing_in, device, precision
from cnn._helpers import KerasClassifier


def answers(make: Any, digits: Any, listener: Any, kind: str, **changes: Any) -> Any:
    """A classifier built while Keras computes in `kind`, trained, and its probabilities."""
    with computing_in(kind):
        classifier = make(**changes)
    classifier.fit(digits.X, digits.y, listener.context())
    return classifier, classifier.predict_proba(digits.X_test)


def test_a_network_in_bfloat16_keeps_weights_and_probabilities_in_float32(
    make: Any, digits: Any, listener: Any
) -> None:
    classifier, proba = answers(make, digits, listener, "bfloat16", epochs=6)
    assert classifier.precision == "bfloat16"
    assert {str(weight.dtype) for weight in classifier.model.weights} == {"float32"}
    kinds = [layer.compute_dtype for layer in classifier.model.layers]
    assert kinds == ["bfloat16"] * (len(kinds) - 1) + ["float32"]
    assert classifier.model(digits.X_test[:3]).dtype == "float32"
    assert np.allclose(proba.sum(axis=1), 1, rtol=0, atol=1e-6)
    # More than 8 significant bits.
    assert np.mean(proba.view(np.uint32) & 0xFFFF != 0) > 0.9
    assert np.mean(proba.argmax(axis=1) == digits.y_test) > 0.5


def test_bfloat16_repeats_and_leaves_float32_as_it_was(
    make: Any, digits: Any, listener: Any
) -> None:
    kinds = ("float32", "bfloat16", "bfloat16", "float32")
    before, half, again, after = (answers(make, digits, listener, kind)[1] for kind in kinds)
    assert np.array_equal(half, again)
    assert not np.array_equal(half, before)
    assert np.array_equal(before, after)


def test_images_are_changed_in_float32(make: Any, digits: Any, listener: Any) -> None:
    made: list[Any] = []

    def augmentation(seed: int) -> Any:
        from keras import layers

        made.append(layers.RandomFlip("horizontal", seed=seed))
        return made[-1]

    answers(make, digits, listener, "bfloat16", augmentation=augmentation, epochs=1)
    assert [layer.compute_dtype for layer in made] == ["float32"]


def test_seeds_of_augmentation_are_such_as_every_backend_takes(
    make: Any, digits: Any, listener: Any
) -> None:
    seeds: list[int] = []

    def augmentation(seed: int) -> Any:
        from keras import layers

        seeds.append(seed)
        return layers.RandomFlip(seed=seed)

    for seed in range(4):
        make(seed=seed, augmentation=augmentation)._make_models()
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_logits_of_a_softmax_of_its_own_are_float32_too() -> None:
    from keras import Input, Sequential, layers

    with computing_in("bfloat16"):
        network = Sequential(
            [Input((4,)), layers.Dense(5), layers.Dense(3), layers.Activation("softmax")]
        )
    answer_in_float32(network)
    assert [layer.compute_dtype for layer in network.layers] == ["bfloat16", "float32", "float32"]


def test_precision_is_back_after_an_error() -> None:
    inside: list[str] = []

    def fail() -> None:
        with computing_in("bfloat16"):
            inside.append(precision())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert inside == ["bfloat16"]
    assert precision() == "float32"


class Machine:
    """A backend that sees the cards that a test gives it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def use(self, backend: str, **content: Any) -> None:
        keras = SimpleNamespace(backend=SimpleNamespace(backend=lambda: backend), **content)
        self.monkeypatch.setattr("cnn._backend.load_keras", lambda: keras)

    def library(self, name: str, **content: Any) -> None:
        module = ModuleType(name)
        vars(module).update(content)
        self.monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize(
    ("platform", "named"),
    [("cpu", "cpu"), ("gpu", "gpu: NVIDIA H100"), ("tpu", "tpu: NVIDIA H100")],
)
def test_device_of_jax(machine: Machine, platform: str, named: str) -> None:
    machine.use("jax")
    found = [SimpleNamespace(platform=platform, device_kind="NVIDIA H100")]
    machine.library("jax", devices=lambda: found)
    assert device() == named


@pytest.mark.parametrize(
    ("kind", "named"), [("cpu", "cpu"), ("cuda", "gpu: NVIDIA H100"), ("mps", "mps")]
)
def test_device_of_torch(machine: Machine, kind: str, named: str) -> None:
    zero = SimpleNamespace(device=SimpleNamespace(type=kind))
    machine.use("torch", ops=SimpleNamespace(zeros=lambda shape: zero))
    machine.library("torch", cuda=SimpleNamespace(get_device_name=lambda: "NVIDIA H100"))
    assert device() == named


@pytest.mark.parametrize(
    ("cards", "details", "named"),
    [
        ([], {}, "cpu"),
        (["GPU:0"], {"device_name": "NVIDIA H100"}, "gpu: NVIDIA H100"),
        (["GPU:0"], {}, "gpu: unknown"),
    ],
)
def test_device_of_tensorflow(machine: Machine, cards: Any, details: Any, named: str) -> None:
    machine.use("tensorflow")
    config = SimpleNamespace(
        list_physical_devices=lambda kind: cards if kind == "GPU" else ["CPU:0"],
        experimental=SimpleNamespace(get_device_details=lambda card: details),
    )
    machine.library("tensorflow", config=config)
    assert device() == named


def test_a_classifier_tells_what_it_runs_on(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make().device == "cpu"
    monkeypatch.setattr("cnn._helpers.device", lambda: "gpu: a card")
    classifier: KerasClassifier = make()
    assert classifier.device == "gpu: a card"
