"""The IDX format: bytes to arrays and back, without touching files.

An IDX file is two zero bytes, a type (8: unsigned byte), the number of dimensions, each dimension
as a big-endian 32-bit number, then the values. Images have three dimensions (magic number 2051),
labels one (2049). Source: http://yann.lecun.com/exdb/mnist/, "File formats".
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from typing import TYPE_CHECKING

import numpy as np

from suite.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGES_MAGIC = 2051
LABELS_MAGIC = 2049
IMAGE_SHAPE = (28, 28)
CLASSES = 10
GZIP_MAGIC = b"\x1f\x8b"

_KINDS = {IMAGES_MAGIC: "images", LABELS_MAGIC: "labels"}
_DIMENSIONS = {IMAGES_MAGIC: 3, LABELS_MAGIC: 1}


def header(shape: tuple[int, ...]) -> bytes:
    """The bytes before the values of a uint8 array of that shape."""
    dimensions = b"".join(n.to_bytes(4, "big") for n in shape)
    return bytes((0, 0, 8, len(shape))) + dimensions


def size(shape: tuple[int, ...]) -> int:
    """Bytes of the whole IDX file of a uint8 array of that shape."""
    return 4 + 4 * len(shape) + math.prod(shape)


def encode(array: NDArray[np.uint8]) -> bytes:
    """The IDX bytes of an array.

    Args:
        array: uint8, of any shape.

    Raises:
        DataError: The array has another type.
    """
    if array.dtype != np.uint8:
        raise DataError(f"IDX: expected an array of uint8, got {array.dtype}.")
    return header(array.shape) + array.tobytes()


def gunzip(data: bytes, limit: int, where: str) -> bytes:
    """Unpacks a gzip stream, holding no more than `limit` bytes of what is in it.

    Args:
        data: The packed bytes.
        limit: The most that may come out.
        where: Where the bytes come from, for messages.

    Raises:
        DataError: The stream is broken, ends early, or unpacks to more than `limit` bytes.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            unpacked = stream.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{where}: broken gzip stream ({error}). Get the file again.") from error
    if len(unpacked) > limit:
        raise DataError(
            f"{where}: the gzip stream unpacks to more than {limit:,} bytes, the most that "
            "was expected. Get the file again."
        )
    return unpacked


def decode_images(data: bytes, where: str) -> NDArray[np.uint8]:
    """The images in IDX bytes.

    Args:
        data: A whole, unpacked IDX file.
        where: Where the bytes come from, for messages.

    Returns:
        uint8, shape (n, 28, 28), read-only: it shares the memory of `data`.

    Raises:
        DataError: Wrong magic number, images of another size, or too few or many bytes.
    """
    return _decode(data, IMAGES_MAGIC, where)


def decode_labels(data: bytes, where: str) -> NDArray[np.uint8]:
    """The labels in IDX bytes.

    Args:
        data: A whole, unpacked IDX file.
        where: Where the bytes come from, for messages.

    Returns:
        uint8, shape (n,), values 0 to 9, read-only: it shares the memory of `data`.

    Raises:
        DataError: Wrong magic number, too few or many bytes, or a label over 9.
    """
    labels = _decode(data, LABELS_MAGIC, where)
    wrong = np.flatnonzero(labels >= CLASSES)
    if wrong.size:
        first = wrong[0]
        raise DataError(f"{where}: expected labels 0 to 9, found {labels[first]} at index {first}.")
    return labels


def decode_pair(
    images: bytes, labels: bytes, where: tuple[str, str]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The images of a part and their labels.

    Args:
        images: IDX bytes of the images.
        labels: IDX bytes of the labels.
        where: Where each comes from, for messages.

    Returns:
        uint8, shapes (n, 28, 28) and (n,), both read-only.

    Raises:
        DataError: One of them can't be decoded, or they differ in number.
    """
    pictures = decode_images(images, where[0])
    classes = decode_labels(labels, where[1])
    if len(pictures) != len(classes):
        raise DataError(
            f"expected as many labels as images, found {len(pictures):,} images in {where[0]} "
            f"and {len(classes):,} labels in {where[1]}. Get both files from one source."
        )
    return pictures, classes


def _decode(data: bytes, magic: int, where: str) -> NDArray[np.uint8]:
    found = int.from_bytes(data[:4], "big")
    if len(data) < 4 or found != magic:
        seen = f"{found} ({_KINDS[found]})" if found in _KINDS else str(found)
        what = f"found {seen}" if len(data) >= 4 else f"the file has only {len(data)} bytes"
        raise DataError(
            f"{where}: expected the IDX magic number {magic} ({_KINDS[magic]}), {what}."
        )
    start = 4 + 4 * _DIMENSIONS[magic]
    if len(data) < start:
        raise DataError(
            f"{where}: truncated within the header, at byte {len(data)}. Get the file again."
        )
    shape = tuple(int.from_bytes(data[i : i + 4], "big") for i in range(4, start, 4))
    expected = size(shape)
    if len(data) != expected:
        fault = "truncated" if len(data) < expected else "too long"
        raise DataError(
            f"{where}: {fault}: the header says {' x '.join(map(str, shape))} values, so "
            f"{expected:,} bytes in all, found {len(data):,}. Get the file again."
        )
    if magic == IMAGES_MAGIC and shape[1:] != IMAGE_SHAPE:
        rows, columns = shape[1:]
        raise DataError(f"{where}: expected images of 28 x 28 pixels, found {rows} x {columns}.")
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(shape)
