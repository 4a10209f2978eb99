"""What a model sees of the images: flat rows, or pictures with one channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from suite.contract import VIEWS
from suite.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray


def to_view(images: NDArray[np.uint8], view: str) -> NDArray[np.float32]:
    """Images as the `view` of a plugin wants them.

    Args:
        images: uint8, shape (n, 28, 28).
        view: "flat" or "image".

    Returns:
        float32, shape (n, 784) for "flat", (n, 28, 28, 1) for "image"; each value is the pixel
        divided by 255 in float32; C-contiguous and read-only.

    Raises:
        UsageError: There is no such view.
        DataError: The images have another type or number of dimensions.
    """
    if view not in VIEWS:
        raise UsageError(f"unknown view {view!r}.{did_you_mean(view, VIEWS)}")
    if images.dtype != np.uint8 or images.ndim != 3:
        raise DataError(
            f"expected images as uint8 of shape (n, 28, 28), got {images.dtype} {images.shape}."
        )
    # In one pass, without a float copy beside the result; a plain array even for a memmap.
    scaled = np.divide(np.asarray(images), np.float32(255), dtype=np.float32, order="C")
    scaled.setflags(write=False)
    count, height, width = images.shape
    return scaled.reshape((count, height * width) if view == "flat" else (*images.shape, 1))
