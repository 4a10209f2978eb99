"""What a recipe of today is made of: rates, Muon, smoothing, augmentation, normalisation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cnn._muon import orthogonal
from cnn._training import (
    batch_normalization,
    by_step,
    cosine,
    linear,
    muon,
    one_cycle,
    shifted_and_cut,
    smoothed,
)

# Rates of four steps, by hand: the middle of step t is (t + 1/2) / 4 of the way.
HALF = math.cos(math.pi / 4) / 2
RATES = {
    "linear": (linear(8, 4), [7, 5, 3, 1]),
    "linear_warmup": (linear(8, 4, warmup=0.5), [2, 6, 6, 2]),
    "cosine": (cosine(2, 4), [1 + math.cos(math.pi * x / 8) for x in (1, 3, 5, 7)]),
    "cosine_warmup": (cosine(1, 4, warmup=0.5), [0.25, 0.75, 0.5 + HALF, 0.5 - HALF]),
    "one_cycle": (
        one_cycle(1, 4, warmup=0.5, start=0.1, end=0.2),
        [0.1 + 0.9 * (0.5 - HALF), 0.1 + 0.9 * (0.5 + HALF),
         0.2 + 0.8 * (0.5 + HALF), 0.2 + 0.8 * (0.5 - HALF)],
    ),
    "own": (by_step(lambda step: 3 * step, "thrice"), [0, 3, 6, 9]),
}  # fmt: skip


@pytest.mark.parametrize("name", RATES)
def test_rates_by_step(name: str) -> None:
    schedule, expected = RATES[name]
    assert [float(schedule(step)) for step in range(4)] == pytest.approx(expected, rel=1e-5)


def test_no_rate_falls_below_zero_when_training_is_over() -> None:
    assert [float(rate(4)) for rate in (linear(1, 4), cosine(1, 4))] == [0, 0]


@pytest.mark.parametrize("shape", [(8, 72), (72, 8), (16, 16)])
def test_newton_schulz_makes_a_matrix_nearly_orthogonal(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    values = np.linalg.svd(np.asarray(orthogonal(matrix)), compute_uv=False)
    assert values.max() < 1.3
    assert np.sort(values)[len(values) // 4] > 0.6
    u0, _, v0 = np.linalg.svd(matrix, full_matrices=False)
    # The same singular vectors: it is U f(S) V'.
    inner = u0.T @ np.asarray(orthogonal(matrix)) @ v0.T
    assert np.allclose(inner, np.diag(np.diag(inner)), atol=1e-5)


def test_steps_of_muon_are_those_of_numpy() -> None:
    from keras import Variable

    rng = np.random.default_rng(0)
    start = {"kernel": rng.normal(size=(3, 3, 4, 6)), "first": rng.normal(size=(3, 3, 1, 6)),
             "dense": rng.normal(size=(5, 10)), "scale": rng.normal(size=6)}  # fmt: skip
    variables = {name: Variable(value.astype("float32")) for name, value in start.items()}
    optimizer = muon(linear(0.1, 3), others=0.5)
    optimizer.build(list(variables.values()))
    gradients = [{name: rng.normal(size=value.shape) for name, value in start.items()}
                 for _ in range(3)]  # fmt: skip
    for step in gradients:
        optimizer.apply([step[name].astype("float32") for name in variables])

    a, b, c = 3.4445, -4.7750, 2.0315
    expected = dict(start)
    momentum = {name: np.zeros_like(value) for name, value in start.items()}
    square = {name: np.zeros_like(value) for name, value in start.items()}
    for number, step in enumerate(gradients):
        rate = 0.1 * (1 - (number + 0.5) / 3)
        for name, gradient in step.items():
            if name == "kernel":
                momentum[name] = 0.9 * momentum[name] + gradient
                update = (gradient + 0.9 * momentum[name]).reshape(36, 6).T
                update /= np.linalg.norm(update)
                for _ in range(4):
                    s = update @ update.T
                    update = a * update + (b * s + c * s @ s) @ update
                kernel = expected[name] * math.sqrt(6) / np.linalg.norm(expected[name])
                expected[name] = kernel - rate * update.T.reshape(3, 3, 4, 6)
                continue
            momentum[name] = 0.9 * momentum[name] + 0.1 * gradient
            square[name] = 0.99 * square[name] + 0.01 * gradient**2
            mean = momentum[name] / (1 - 0.9 ** (number + 1))
            root = np.sqrt(square[name] / (1 - 0.99 ** (number + 1)))
            expected[name] = expected[name] - 0.5 * rate * mean / (root + 1e-6)
    for name, variable in variables.items():
        assert np.allclose(variable.numpy(), expected[name], atol=2e-5), name


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_label_smoothing_is_kerass(smoothing: float) -> None:
    from keras.losses import CategoricalCrossentropy

    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(10), size=20).astype(np.float32)
    labels = rng.integers(0, 10, 20)
    own = np.asarray(smoothed(smoothing)(labels, proba))
    assert own.shape == (20,)
    keras = CategoricalCrossentropy(label_smoothing=smoothing)(np.eye(10)[labels], proba)
    assert own.mean() == pytest.approx(float(keras), rel=1e-5)


def augmented(images: Any, seed: int = 0, **amounts: Any) -> Any:
    return np.asarray(shifted_and_cut(seed, **amounts)(images, training=True))


@pytest.mark.parametrize("edge", ["zeros", "reflect"])
@pytest.mark.parametrize("flip", [False, True])
def test_shifts_and_flips_are_those_of_numpy(edge: str, flip: bool) -> None:
    images = np.random.default_rng(0).random((300, 28, 28, 1), np.float32)
    result = augmented(images, shift=2, edge=edge, flip=flip)
    mode = "reflect" if edge == "reflect" else "constant"
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode=mode)  # type: ignore[call-overload]
    found = set()
    for before, after in zip(padded, result, strict=True):
        places = {
            (down, right, mirrored)
            for down in range(5) for right in range(5) for mirrored in range(1 + flip)
            if np.array_equal(before[down:down + 28, right:right + 28][:, ::1 - 2 * mirrored],
                              after)
        }  # fmt: skip
        assert len(places) == 1, "an image is no shifted copy of the one that came in"
        found |= places
    assert len(found) == 25 * (1 + flip)  # all amounts are drawn


def test_cutout_covers_a_square_about_a_pixel_of_the_image() -> None:
    images = np.ones((500, 28, 28, 1), np.float32)
    covered = augmented(images, cutout=6, fill=0.25)[..., 0] == 0.25
    rows, columns = covered.any(axis=2), covered.any(axis=1)
    assert np.array_equal(covered, rows[:, :, None] & columns[:, None, :])
    for sides in (rows.sum(axis=1), columns.sum(axis=1)):
        assert sides.max() == 6  # cut off by the edge where its middle is near
        assert sides.min() == 3
    assert covered.any(axis=0).all()


def test_augmentation_is_seeded_and_for_training_only(digits: Any) -> None:
    settings = {"shift": 1, "flip": True, "cutout": 4}
    first, again, other = (augmented(digits.X, seed=seed, **settings) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(np.asarray(shifted_and_cut(0, **settings)(digits.X)), digits.X)
    assert np.array_equal(augmented(digits.X), digits.X)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_fused_batch_normalisation_is_kerass(precision: str) -> None:
    """Forward, backward and moving averages; a sample's variance instead of the batch's."""
    import tensorflow as tf
    from keras import layers

    tolerance = 1e-4 if precision == "float32" else 0.02
    policy = precision if precision == "float32" else f"mixed_{precision}"
    x = np.random.default_rng(0).normal(3, 2, (32, 6, 6, 8)).astype(np.float32)
    results = []
    for kind in (batch_normalization, layers.BatchNormalization):
        layer = kind(momentum=0.75, epsilon=1e-3, dtype=policy)
        layer.build(x.shape)
        with tf.GradientTape() as tape:
            inputs = tf.cast(tf.constant(x), precision)
            tape.watch(inputs)
            outputs = layer(inputs, training=True)
            total = tf.reduce_sum(tf.cast(outputs, "float32") ** 3)
        assert outputs.dtype == precision
        gradients = tape.gradient(total, [inputs, layer.gamma.value, layer.beta.value])
        results.append([np.asarray(tf.cast(v, "float32")) for v in (outputs, *gradients)])
        mean, variance = (np.asarray(v.value) for v in (layer.moving_mean, layer.moving_variance))
        assert np.allclose(mean, 0.25 * x.mean(axis=(0, 1, 2)), rtol=0.01)
        # A sample of 32 * 36 has a variance greater by a thousandth.
        assert np.allclose(variance, 0.75 + 0.25 * x.var(axis=(0, 1, 2)), rtol=0.01)
    for own, keras in zip(*results, strict=True):
        assert np.abs(own - keras).max() < tolerance * max(1.0, float(np.abs(keras).max()))
