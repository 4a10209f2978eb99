from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from suite.data.toy import toy, toy_dataset
from suite.data.views import to_view
from suite.errors import DataError, UsageError

SHAPES = {"flat": (20, 784), "image": (20, 28, 28, 1)}


@pytest.mark.parametrize("view", SHAPES)
def test_values_shape_and_layout(view: str) -> None:
    images = toy(20).train_images
    seen = to_view(images, view)
    assert type(seen) is np.ndarray
    assert seen.dtype == np.float32
    assert seen.shape == SHAPES[view]
    assert seen.flags.c_contiguous
    np.testing.assert_array_equal(seen.ravel(), images.ravel().astype(np.float32) / np.float32(255))


def test_the_range_is_zero_to_one() -> None:
    images = np.array([0, 255], dtype=np.uint8).repeat(784).reshape(2, 28, 28)
    seen = to_view(images, "flat")
    assert seen.min() == 0.0
    assert seen.max() == 1.0


@pytest.mark.parametrize("view", SHAPES)
def test_result_is_read_only(view: str) -> None:
    seen = to_view(toy(20).train_images, view)
    with pytest.raises(ValueError, match="read-only"):
        seen[0] = 0
    with pytest.raises(ValueError, match="WRITEABLE"):
        seen.setflags(write=True)


def test_images_that_are_not_contiguous() -> None:
    images = toy(20).train_images[::2].transpose(0, 2, 1)
    seen = to_view(images, "image")
    assert seen.flags.c_contiguous
    np.testing.assert_array_equal(seen[1, 2, 3, 0], np.float32(images[1, 2, 3]) / np.float32(255))


def test_mapped_images_give_a_plain_array(tmp_path: Path) -> None:
    images = toy_dataset(tmp_path).images("train")
    assert isinstance(images, np.memmap)
    assert type(to_view(images, "flat")) is np.ndarray


def test_no_images() -> None:
    assert to_view(np.zeros((0, 28, 28), dtype=np.uint8), "flat").shape == (0, 784)


def test_unknown_view() -> None:
    with pytest.raises(UsageError, match=r"unknown view 'images'. Did you mean image\?"):
        to_view(toy(20).train_images, "images")


def test_images_that_are_scaled_already() -> None:
    with pytest.raises(DataError, match=r"expected images as uint8 .* got float32 \(20, 784\)"):
        to_view(to_view(toy(20).train_images, "flat"), "flat")  # type: ignore[arg-type]
