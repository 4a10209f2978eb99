"""Augmentation: in training only, seeded, and on as many images as asked for."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from cnn._helpers import rotation_and_flip


@pytest.fixture(scope="module")
def images(digits: Any) -> Any:
    return digits.X[:200]


def augmented(images: Any, probability: float, seed: int) -> Any:
    layer = rotation_and_flip(10.0, probability, seed)
    return np.asarray(layer(images, training=True))


def changed(images: Any, result: Any) -> Any:
    return np.any(images != result, axis=(1, 2, 3))


def test_does_nothing_outside_training(images: Any) -> None:
    layer = rotation_and_flip(10.0, 1.0, 0)
    assert np.array_equal(layer(images, training=False), images)
    assert np.array_equal(layer(images), images)


def test_changes_the_share_that_is_asked_for(images: Any) -> None:
    shares = [changed(images, augmented(images, p, 0)).mean() for p in (0.0, 0.5, 1.0)]
    assert shares[0] == 0
    assert 0.35 < shares[1] < 0.65
    assert shares[2] > 0.99


def test_keeps_shape_and_range(images: Any) -> None:
    result = augmented(images, 1.0, 0)
    assert result.shape == images.shape
    assert result.min() >= 0
    assert result.max() <= 1 + 1e-6


def test_flips_every_second_image_and_rotates_a_little() -> None:
    # A bright column at the left edge: flipped, it lies right; 10 degrees leave it at its edge.
    columns = np.zeros((400, 28, 28, 1), np.float32)
    columns[:, :, 3:6] = 1
    result = augmented(columns, 1.0, 0)
    left, right = result[:, 12:16, :14].sum((1, 2, 3)), result[:, 12:16, 14:].sum((1, 2, 3))
    assert np.all((left > 10) != (right > 10))
    assert 0.4 < np.mean(right > 10) < 0.6
    # 13.5 rows from the middle, 10 degrees shift the column by 2.4 pixels at most.
    top = (result[:, 0, :, 0] * np.arange(28)).sum(1) / result[:, 0, :, 0].sum(1)
    shift = np.minimum(abs(top - 4), abs(top - 23))
    assert 2 < shift.max() < 3


def test_is_drawn_from_its_seed(images: Any) -> None:
    first, again, other = (augmented(images, 0.5, seed) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_trains_on_changed_images_and_judges_plain_ones(
    make: Any, digits: Any, listener: Any
) -> None:
    def loud(seed: int) -> Any:
        # Training images become black: nothing can be learnt, but validation must not show it.
        from keras import layers

        return layers.RandomBrightness((-1.0, -1.0), value_range=(0, 1), seed=seed)

    classifier = make(augmentation=loud, epochs=1)
    classifier.fit(digits.X, digits.y, listener.context(digits.X_val, digits.y_val))
    plain, black = classifier.predict_proba(digits.X_val), 0 * digits.X_val
    assert listener.values("accuracy")[0] < 0.2
    assert not np.allclose(plain, classifier.predict_proba(black), atol=1e-3)
    right = plain[np.arange(len(plain)), digits.y_val]
    assert listener.values("val_loss")[0] == pytest.approx(-np.log(right).mean(), rel=1e-5)


def test_a_training_with_augmentation_repeats(make: Any, digits: Any, listener: Any) -> None:
    augmentation = partial(rotation_and_flip, 10.0, 0.5)
    first, again, other, without = (
        make(seed=seed, augmentation=change, epochs=1, passes=2)
        .fit(digits.X, digits.y, listener.context())
        .predict_proba(digits.X_test)
        for seed, change in ((1, augmentation), (1, augmentation), (2, augmentation), (1, None))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, without)


def test_is_no_part_of_the_network(make: Any, digits: Any, listener: Any) -> None:
    counts = []
    for change in (None, partial(rotation_and_flip, 10.0, 0.5)):
        classifier = make(augmentation=change, epochs=1)
        classifier.fit(digits.X[:32], digits.y[:32], listener.context())
        counts.append((classifier.model.count_params(), len(classifier.model.layers)))
    assert counts[0] == counts[1]
