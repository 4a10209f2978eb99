"""Augmentation: in training only, seeded, and by the amounts asked for."""

from __future__ import annotations

from functools import partial
from math import cos, radians, sin
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import affine_transform

from cnn._augmentation import _transforms
from cnn._helpers import random_affine

ALL = {"degrees": 10.0, "shear": 0.3, "zoom": 0.1, "shift": 0.1, "flip": True}


@pytest.fixture(scope="module")
def images(digits: Any) -> Any:
    return digits.X[:200]


def augmented(images: Any, seed: int = 0, **amounts: Any) -> Any:
    return np.asarray(random_affine(seed, **amounts)(images, training=True))


def changed(images: Any, result: Any) -> Any:
    return np.any(images != result, axis=(1, 2, 3))


def test_does_nothing_outside_training(images: Any) -> None:
    layer = random_affine(0, **ALL)
    assert np.array_equal(layer(images, training=False), images)
    assert np.array_equal(layer(images), images)


def test_changes_the_share_that_is_asked_for(images: Any) -> None:
    shares = [changed(images, augmented(images, share=p, **ALL)).mean() for p in (0.0, 0.5, 1.0)]
    assert shares[0] == 0
    assert 0.35 < shares[1] < 0.65
    assert shares[2] > 0.99


def test_asked_for_nothing_does_nothing(images: Any) -> None:
    assert np.array_equal(augmented(images), images)


def test_keeps_shape_and_range(images: Any) -> None:
    result = augmented(images, **ALL)
    assert result.shape == images.shape
    assert result.min() >= 0
    assert result.max() <= 1 + 1e-6


def test_flips_every_second_image_exactly(images: Any) -> None:
    result = augmented(images, flip=True)
    mirrored = images[:, :, ::-1]
    straight = ~changed(images, result)
    assert np.array_equal(result[~straight], mirrored[~straight])
    assert 0.35 < straight.mean() < 0.65


def test_flips_every_second_image_and_rotates_a_little() -> None:
    # A bright column at the left edge: flipped, it lies right; 10 degrees leave it at its edge.
    columns = np.zeros((400, 28, 28, 1), np.float32)
    columns[:, :, 3:6] = 1
    result = augmented(columns, degrees=10.0, flip=True)
    left, right = result[:, 12:16, :14].sum((1, 2, 3)), result[:, 12:16, 14:].sum((1, 2, 3))
    assert np.all((left > 10) != (right > 10))
    assert 0.4 < np.mean(right > 10) < 0.6
    # 13.5 rows from the middle, 10 degrees shift the column by 2.4 pixels at most.
    top = (result[:, 0, :, 0] * np.arange(28)).sum(1) / result[:, 0, :, 0].sum(1)
    shift = np.minimum(abs(top - 4), abs(top - 23))
    assert 2 < shift.max() < 3


@pytest.mark.parametrize(("amount", "spread"), [({"shift": 0.1}, 2.8), ({"zoom": 0.1}, 0.81)])
def test_moves_by_no_more_than_is_asked_for(amount: dict[str, float], spread: float) -> None:
    # A ramp shows where a pixel's value came from; 5 pixels from the edge, no edge plays a part.
    ramp = np.broadcast_to(np.arange(28, dtype=np.float32)[:, None, None] / 27, (400, 28, 28, 1))
    for images in (ramp, ramp.swapaxes(1, 2)):
        position = augmented(images, **amount)[:, 5, 5, 0] * 27
        moved = position - 5
        assert abs(moved).max() <= spread + 0.05
        assert abs(moved).max() > 0.9 * spread
        assert abs(moved.mean()) < 0.15 * spread


def by_hand(drawn: Any, image: Any) -> Any:
    """One image, as Keras 2's ImageDataGenerator composes rotation, shift, shear and zoom."""
    angle, shear = radians(10) * drawn[0], 0.3 * drawn[1]
    zoom_x, zoom_y = 1 + 0.1 * drawn[2:4]
    shift_x, shift_y = 28 * 0.1 * drawn[4:6]
    # In rows and columns; sines change sign with the order of the axes.
    rotation = np.array([[cos(angle), sin(angle), 0], [-sin(angle), cos(angle), 0], [0, 0, 1]])
    move = np.array([[1, 0, shift_y], [0, 1, shift_x], [0, 0, 1]])
    shearing = np.array([[1, -sin(shear), 0], [0, cos(shear), 0], [0, 0, 1]])
    zoom = np.diag([zoom_y, zoom_x, 1])
    middle, back = np.eye(3), np.eye(3)
    middle[:2, 2], back[:2, 2] = 13.5, -13.5
    matrix = middle @ rotation @ move @ shearing @ zoom @ back
    result = affine_transform(image[..., 0], matrix[:2, :2], matrix[:2, 2], order=1, mode="nearest")
    return result if drawn[6] >= 0 else result[:, ::-1]


def test_one_resampling_does_what_the_steps_together_would(images: Any) -> None:
    from keras import ops

    drawn = np.random.default_rng(0).uniform(-1, 1, (20, 8)).astype(np.float32)
    drawn[:, 7] = -1
    largest = (radians(10.0), 0.3, 0.1, 0.1, 0.1, 0.1)
    result = ops.image.affine_transform(
        images[:20],
        _transforms(ops.convert_to_tensor(drawn), largest, True, 1.0, 28),
        interpolation="bilinear",
        fill_mode="nearest",
    )
    for row in range(20):
        assert np.allclose(result[row, ..., 0], by_hand(drawn[row], images[row]), atol=2e-4)


def test_is_drawn_from_its_seed(images: Any) -> None:
    first, again, other = (augmented(images, seed, share=0.5, **ALL) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_draws_anew_each_time(images: Any) -> None:
    layer = random_affine(0, **ALL)
    assert not np.array_equal(layer(images, training=True), layer(images, training=True))


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
    augmentation = partial(random_affine, share=0.5, **ALL)
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
    for change in (None, partial(random_affine, **ALL)):
        classifier = make(augmentation=change, epochs=1)
        classifier.fit(digits.X[:32], digits.y[:32], listener.context())
        counts.append((classifier.model.count_params(), len(classifier.model.layers)))
    assert counts[0] == counts[1]


def test_copies_join_the_training_images_alone(make: Any, digits: Any, listener: Any) -> None:
    seen = []

    def double(X: Any, y: Any, rng: Any) -> Any:
        seen.append((len(X), rng.integers(1_000_000)))
        return np.concatenate([X, 0 * X]), np.concatenate([y, y])

    answers = []
    for change, passes in ((double, 1), (double, 1), (None, 1)):
        classifier = make(epochs=1, enlarge=change, passes=passes)
        classifier.fit(digits.X, digits.y, listener.context(digits.X_val, digits.y_val))
        answers.append(classifier.predict_proba(digits.X_val))
    assert seen[0] == seen[1]
    assert seen[0][0] == len(digits.X)
    assert np.array_equal(answers[0], answers[1])
    assert not np.array_equal(answers[0], answers[2])
    right = answers[0][np.arange(len(digits.y_val)), digits.y_val]
    assert listener.values("val_loss")[0] == pytest.approx(-np.log(right).mean(), rel=1e-5)
