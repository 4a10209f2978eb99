"""Test images that are among the training images too, the same or nearly so.

Two T-shirts have the same outline, so that a small difference of pixels, or a high correlation,
says little: most images of Fashion-MNIST that correlate by 0.99 are of different trousers. Compared
is what is left of an image when the mean of each pixel's 3 x 3 neighbourhood is subtracted: edges,
seams, prints and texture, whatever the brightness. How the limit was chosen: `docs/data.md`.
"""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from suite.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.data.datasets import Dataset

MAX_DISTANCE = 0.02
LISTS = Path(__file__).parent / "near_duplicates"

_SIDE = 3
# Training images by block: the products with 10,000 test images then take 80 MB.
_BLOCK = 2_000
# Far above the rounding of a product in float32, so that no pair is lost before it is measured.
_MARGIN = 1e-4
_DIGITS = 5


@dataclass(frozen=True)
class Duplicate:
    """A test image and a training image that show the same.

    Attributes:
        test_index: Place among the test images, from 0.
        train_index: Place among the training images, from 0.
        distance: 0 for equal pixels; see `find_duplicates`.
        test_label: Class of the test image.
        train_label: Class of the training image.
    """

    test_index: int
    train_index: int
    distance: float
    test_label: int
    train_label: int


COLUMNS = tuple(field.name for field in fields(Duplicate))


def find_duplicates(
    test: NDArray[np.uint8], train: NDArray[np.uint8], max_distance: float = MAX_DISTANCE
) -> list[tuple[int, int, float]]:
    """Pairs of a test and a training image that are equal or nearly so.

    The distance is 1 less the cosine of the two images' details (see the module's docstring), so
    it is between 0 and 2, without a unit. Images without any detail, which are black, are near to
    nothing but their equals.

    Args:
        test: uint8, (n, height, width).
        train: uint8, (m, height, width).
        max_distance: The largest distance of a pair; pairs of equal images are always found.

    Returns:
        Place of the test image, place of the training image and distance, by place.
    """
    pairs = _nearly_equal(test, train, max_distance) | _equal(test, train)
    return sorted((*places, distance) for places, distance in pairs.items())


def duplicates_of(dataset: Dataset) -> tuple[Duplicate, ...]:
    """All near-duplicates between the test and training images of a dataset, by place.

    Raises:
        DataError: The dataset's arrays can't be read.
    """
    test, train = dataset.labels("test"), dataset.labels("train")
    pairs = find_duplicates(dataset.images("test"), dataset.images("train"))
    return tuple(
        Duplicate(one, other, round(distance, _DIGITS), int(test[one]), int(train[other]))
        for one, other, distance in pairs
    )


def to_csv(dataset: Dataset, duplicates: tuple[Duplicate, ...], made: date) -> str:
    """A list as a CSV file, with the method and the counts in comments ahead of it.

    Args:
        dataset: The dataset.
        duplicates: Its near-duplicates.
        made: The day on which they were looked for.
    """
    equal = sum(not pair.distance for pair in duplicates)
    images = len({pair.test_index for pair in duplicates})
    text = io.StringIO()
    text.write(
        f"# Near-duplicates between test and training images of {dataset.title}: {images} test "
        f"images,\n# {len(duplicates)} pairs, {equal} of them of equal pixels. The distance is 1 - "
        "cosine of the images less their\n"
        f"# {_SIDE} x {_SIDE} means, at most {MAX_DISTANCE} (suite/data/duplicates.py). Made "
        f"{made.isoformat()} by\n# `suite data duplicates --datasets {dataset.name}`; indices from "
        "0.\n"
    )
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(astuple(pair) for pair in duplicates)
    return text.getvalue()


def read_csv(text: str, where: str) -> tuple[Duplicate, ...]:
    """The list that `to_csv` wrote.

    Args:
        text: The file.
        where: What a message calls it.

    Raises:
        DataError: It is no such list.
    """
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    try:
        return tuple(
            Duplicate(int(one), int(other), float(distance), int(label), int(train_label))
            for one, other, distance, label, train_label in list(csv.reader(lines))[1:]
        )
    except ValueError as error:
        raise DataError(
            f"{where}: expected the columns {', '.join(COLUMNS)} ({error}). Make it again with "
            "`suite data duplicates`."
        ) from error


def known_duplicates(name: str) -> tuple[Duplicate, ...] | None:
    """The published list of a dataset; None where nobody has looked for near-duplicates.

    Args:
        name: A known dataset.

    Raises:
        DataError: The list is damaged.
    """
    path = LISTS / f"{name}.csv"
    return read_csv(path.read_text("utf-8"), str(path)) if path.exists() else None


def _equal(test: NDArray[np.uint8], train: NDArray[np.uint8]) -> dict[tuple[int, int], float]:
    places: dict[bytes, list[int]] = {}
    for place, image in enumerate(test):
        places.setdefault(image.tobytes(), []).append(place)
    return {
        (one, other): 0.0
        for other, image in enumerate(train)
        for one in places.get(image.tobytes(), ())
    }


def _nearly_equal(
    test: NDArray[np.uint8], train: NDArray[np.uint8], max_distance: float
) -> dict[tuple[int, int], float]:
    details = _details(test)
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(train), _BLOCK):
        others = _details(train[start : start + _BLOCK])
        near = np.argwhere(details @ others.T >= 1 - max_distance - _MARGIN)
        for one, other in near.tolist():
            # In double precision, so that machines agree on which pairs are near enough.
            distance = 1 - float(details[one].astype(np.float64) @ others[other])
            if distance <= max_distance:
                found[one, start + other] = max(distance, 0.0)
    return found


def _details(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Images less the means of their neighbourhoods, as rows of length 1 (or 0): (n, pixels)."""
    from scipy.ndimage import uniform_filter

    pixels = np.asarray(images, dtype=np.float32)
    means = uniform_filter(pixels, size=(1, _SIDE, _SIDE), mode="constant")
    rows = (pixels - means).reshape(len(pixels), -1)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = rows / np.where(lengths > 0, lengths, 1)
    return unit
