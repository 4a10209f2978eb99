"""Training by the step: what is averaged, flipped, predicted and repeated."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from cnn import _training
from cnn._training import (
    StepwiseClassifier,
    View,
    batch_normalization,
    linear,
    muon,
    shifted_and_cut,
    smoothed,
    views_of,
)

Make = Callable[..., StepwiseClassifier]


def residual_network() -> Any:
    """Kernels of one channel and of several, batch normalisation, and a sum."""
    from keras import Input, Model, layers

    images = Input((28, 28, 1))
    x = layers.MaxPooling2D(4)(images)
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(batch_normalization(momentum=0.9)(x))
    y = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
    x = layers.Flatten()(layers.Add()([x, batch_normalization(momentum=0.9)(y)]))
    return Model(images, layers.Dense(10, activation="softmax")(x))


def plain_network() -> Any:
    from keras import Input, Sequential, layers

    return Sequential([Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, "softmax")])


def sgd(steps: int, **settings: Any) -> Any:
    from keras.optimizers import SGD

    return SGD(linear(0.2, steps), **settings)


@pytest.fixture
def stepwise() -> Make:
    """Makes a classifier on the residual network; each setting can be changed."""

    def make(**changes: Any) -> StepwiseClassifier:
        settings = {"seed": 0, "threads": 1, "epochs": 2, "batch_size": 50}
        settings["optimizer"] = lambda steps: muon(linear(0.04, steps, warmup=0.2))
        network = changes.pop("network", residual_network)
        return StepwiseClassifier(network, **{**settings, **changes})

    return make


@pytest.mark.parametrize("own", [True, False])
def test_the_optimizer_knows_how_many_steps_there_are(
    own: bool, stepwise: Make, digits: Any, listener: Any
) -> None:
    from keras.optimizers import SGD
    from keras.optimizers.schedules import PolynomialDecay

    told: list[int] = []

    def optimizer(steps: int) -> Any:
        told.append(steps)
        return SGD(linear(0.1, steps) if own else PolynomialDecay(0.1, steps))

    classifier = stepwise(network=plain_network, optimizer=optimizer, batch_size=300)
    classifier.fit(digits.X, digits.y, listener.context())
    assert told == [2 * 4]
    # After 4 and 8 steps; Keras's own takes the start of a step.
    expected = [0.1 * (1 - 4.5 / 8), 0] if own else [0.05005, 0.0001]
    assert listener.values("learning_rate") == pytest.approx(expected)


def test_averaged_weights_are_those_of_numpy(stepwise: Make, digits: Any, listener: Any) -> None:
    """One step an epoch, so that all weights on the way are seen."""
    some = (digits.X[:50], digits.y[:50])
    settings = {"network": plain_network, "batch_size": 50}
    on_the_way = []
    for steps in range(1, 5):
        # Each training falls as the longest one does, and stops earlier.
        classifier = stepwise(epochs=steps, optimizer=lambda _: sgd(4), **settings)
        on_the_way.append(classifier.fit(*some, listener.context()).model.get_weights())
    averages = on_the_way[0]
    for weights in on_the_way[1:]:
        averages = [0.8 * old + 0.2 * new for old, new in zip(averages, weights, strict=True)]

    averaging = stepwise(
        epochs=4, optimizer=lambda _: sgd(4, use_ema=True, ema_momentum=0.8), **settings
    )
    listener.heard.clear()
    averaging.fit(*some, listener.context(digits.X_val, digits.y_val))
    for found, expected in zip(averaging.model.get_weights(), averages, strict=True):
        assert np.allclose(found, expected, atol=1e-6)
    # Validation is of the averages, too.
    hits = np.mean(averaging.predict(digits.X_val) == digits.y_val)
    assert listener.values("val_accuracy")[-1] == pytest.approx(hits)


def test_alternating_flips_mirror_each_image_in_every_second_epoch() -> None:
    X = np.zeros((40, 28, 28, 1), np.float32)
    X[:, 0, 0, 0] = np.arange(1, 41)  # its left upper corner names an image
    y = (np.arange(40) % 10).astype(np.uint8)
    batches = _training._AlternatingBatches(X, y, 16, 1, np.random.default_rng(0))
    mirrored = []
    for _ in range(4):
        parts = [batches[step] for step in range(len(batches))]
        images = np.concatenate([images for images, _ in parts])
        labels = np.concatenate([labels for _, labels in parts])
        corners = images[:, 0, [0, 27], 0]
        names = corners.max(axis=1).astype(int)
        assert sorted(names) == list(range(1, 41))
        assert np.array_equal(labels, (names - 1) % 10)
        mirrored.append({int(name) for name in names[corners[:, 1] > 0]})
        batches.reshuffle()
    assert mirrored[0] == mirrored[2]
    assert mirrored[1] == mirrored[3] == set(range(1, 41)) - mirrored[0]
    assert 8 < len(mirrored[0]) < 32


def test_copies_of_an_image() -> None:
    assert views_of((-1, -1), (1, 1), mirrored=True) == (
        View(0, 0), View(-1, -1), View(1, 1),
        View(0, 0, True), View(-1, -1, True), View(1, 1, True),
    )  # fmt: skip
    X = np.arange(2 * 28 * 28, dtype=np.float32).reshape(2, 28, 28, 1)
    assert np.array_equal(View().of(X), X)
    assert np.array_equal(View(mirrored=True).of(X), X[:, :, ::-1])
    moved = View(down=1, right=-1).of(X)
    assert np.array_equal(moved[:, 1:, :-1], X[:, :-1, 1:])
    assert np.array_equal(moved[:, 0, :-1], X[:, 1, 1:])  # the edge is mirrored
    assert np.array_equal(View(1, -1, mirrored=True).of(X), View(1, -1).of(X[:, :, ::-1]))


def test_prediction_is_the_mean_over_copies(stepwise: Make, digits: Any, listener: Any) -> None:
    views = views_of((1, 1), mirrored=True)
    classifier = stepwise(views=views, epochs=1)
    assert classifier.views == 4
    classifier.fit(digits.X, digits.y, listener.context(digits.X_val, digits.y_val))
    proba = classifier.predict_proba(digits.X_test)
    alone = [classifier.model.predict(view.of(digits.X_test), verbose=0) for view in views]
    assert np.allclose(proba, np.mean(alone, axis=0), atol=1e-6)
    assert np.array_equal(classifier.predict(digits.X_test), proba.argmax(axis=1))
    # During training one copy is enough.
    one = classifier.model.predict(digits.X_val, verbose=0).argmax(axis=1)
    assert listener.values("val_accuracy") == pytest.approx([np.mean(one == digits.y_val)])


def test_what_predicts_is_made_of_kerass_layers_alone(
    stepwise: Make, digits: Any, listener: Any
) -> None:
    classifier = stepwise(epochs=1)
    classifier.fit(digits.X[:100], digits.y[:100], listener.context())
    modules = {type(layer).__module__.partition(".")[0] for layer in classifier.model.layers}
    assert modules == {"keras"}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_recipe_learns_and_repeats_to_the_bit(
    precision: str, stepwise: Make, digits: Any, listener: Any
) -> None:
    def train(seed: int) -> tuple[StepwiseClassifier, Any]:
        classifier = stepwise(
            seed=seed, precision=precision, epochs=4, loss=smoothed(0.1),
            augmentation=partial(shifted_and_cut, shift=1), alternating_flips=False,
            optimizer=lambda steps: muon(linear(0.04, steps, warmup=0.2), use_ema=True,
                                         ema_momentum=0.8),
        )  # fmt: skip
        classifier.fit(digits.X, digits.y, listener.context(digits.X_val, digits.y_val))
        return classifier, classifier.predict_proba(digits.X_test)

    (first, answer), (_, again), (_, other) = (train(seed) for seed in (3, 3, 4))
    assert np.array_equal(answer, again)
    assert not np.array_equal(answer, other)
    assert first.precision == precision
    kinds = {layer.compute_dtype for layer in first.model.layers}
    assert kinds == {"float32", precision}
    assert first.model.layers[-1].compute_dtype == "float32"
    assert {str(weight.dtype) for weight in first.model.weights} == {"float32"}
    assert np.mean(answer.argmax(axis=1) == digits.y_test) > 0.8
    names = ["loss", "accuracy", "learning_rate", "val_loss", "val_accuracy"]
    assert [list(metrics) for _, _, metrics in listener.heard] == [names] * 12


def test_training_that_diverges_is_an_error(stepwise: Make, digits: Any, listener: Any) -> None:
    from keras.optimizers import SGD

    classifier = stepwise(optimizer=lambda _: SGD(1e38))
    with pytest.raises(FloatingPointError, match=r"after epoch 1 of 2 .*Lower the learning rate"):
        classifier.fit(digits.X, digits.y, listener.context())
    assert listener.heard == []


def test_no_view_is_refused(stepwise: Make) -> None:
    with pytest.raises(ValueError, match="views is empty, expected one View or more"):
        stepwise(views=())
