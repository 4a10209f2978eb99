from __future__ import annotations

from pathlib import Path

import numpy as np

from suite.data.toy import toy, toy_dataset


def test_shapes_and_types() -> None:
    made = toy(30, 20, seed=1)
    assert made.train_images.shape == (30, 28, 28)
    assert made.test_images.shape == (20, 28, 28)
    for array in (made.train_images, made.train_labels, made.test_images, made.test_labels):
        assert array.dtype == np.uint8
        assert not array.flags.writeable


def test_every_class_is_there_equally_often() -> None:
    np.testing.assert_array_equal(np.bincount(toy(50).train_labels), np.full(10, 5))


def test_equal_seeds_give_equal_arrays() -> None:
    first, again, other = toy(seed=3), toy(seed=3), toy(seed=4)
    np.testing.assert_array_equal(first.train_images, again.train_images)
    np.testing.assert_array_equal(first.test_labels, again.test_labels)
    assert not np.array_equal(first.train_images, other.train_images)


def test_nearest_centroid_gets_nearly_all_right() -> None:
    made = toy(100, 100)
    images = made.train_images.reshape(100, -1).astype(float)
    centroids = np.stack([images[made.train_labels == c].mean(axis=0) for c in range(10)])
    tested = made.test_images.reshape(100, 1, -1).astype(float)
    predicted = np.square(tested - centroids).sum(axis=2).argmin(axis=1)
    assert (predicted == made.test_labels).mean() > 0.9


def test_as_a_dataset(tmp_path: Path) -> None:
    dataset = toy_dataset(tmp_path / "toy", 30, 20, seed=1)
    made = toy(30, 20, seed=1)
    np.testing.assert_array_equal(dataset.images("train"), made.train_images)
    np.testing.assert_array_equal(dataset.labels("test"), made.test_labels)
    assert len(dataset.sums) == 4
