"""Histograms of oriented gradients, against images whose gradients are known."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.hog_svm import _cells, histograms

RAMP = np.arange(28, dtype=np.float32) / 27


@pytest.mark.parametrize(
    ("image", "bins"),
    [
        # Brighter to the right: the gradient's angle is 0, halfway between the last and first bin.
        (np.tile(RAMP, (28, 1)), {0: 0.5, 8: 0.5}),
        # Brighter downwards: 90 degrees, the middle of the middle one of nine bins.
        (np.tile(RAMP[:, None], (1, 28)), {4: 1.0}),
        # 45 degrees are 2.25 bins: a quarter of a bin before the middle of the third.
        ((RAMP[:, None] + RAMP) / 2, {1: 0.25, 2: 0.75}),
        (np.full((28, 28), 0.5, np.float32), {}),
    ],
)
def test_gradients_are_counted_by_their_direction(image: np.ndarray, bins: dict) -> None:
    cells = _cells(image.reshape(1, 784), 4, 9)
    assert cells.shape == (1, 7, 7, 9)
    inner = cells[0, 2, 3]
    share = inner / max(inner.sum(), 1e-9)
    assert share == pytest.approx([bins.get(number, 0) for number in range(9)], abs=1e-4)


def test_light_and_contrast_change_little() -> None:
    images = np.random.default_rng(0).random((3, 784), np.float32)
    features = histograms(images, 4, 9)
    assert features.shape == (3, 6 * 6 * 4 * 9)
    assert np.allclose(histograms(images * 0.5 + 0.3, 4, 9), features, atol=1e-3)


def test_an_image_has_the_same_features_alone() -> None:
    images = np.random.default_rng(0).random((1_003, 784), np.float32)
    together = histograms(images, 4, 9)
    for row in (0, 999, 1_002):
        assert np.array_equal(histograms(images[row : row + 1], 4, 9)[0], together[row])
