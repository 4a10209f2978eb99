"""Reads npz files as `numpy.load` does, in less than half its time.

A report reads thousands of archives of the same few shapes, and `numpy.load` takes longer to parse
their headers, each a Python literal, than to unpack what follows.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Damaged, badly packed, cut off, of an unknown method, encrypted.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_SUFFIX = ".npy"
# What numpy writes unless a header is very long: magic string, version 1.0, length of the rest.
_MAGIC = b"\x93NUMPY\x01\x00"
_PREFIX_BYTES = len(_MAGIC) + 2


def read_archive(content: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an npz file, by name; they are read-only.

    Args:
        content: The file.

    Raises:
        ValueError: It is no zip file, is damaged, or holds what is not an array or is one of Python
            objects.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {
                member.filename.removesuffix(_SUFFIX): parse_array(archive.read(member))
                for member in archive.infolist()
            }
    except _ZIP_ERRORS as error:
        raise ValueError(str(error) or "it ends too early") from error


def parse_array(content: bytes) -> NDArray[Any]:
    """The array of an npy file.

    Args:
        content: The file.

    Raises:
        ValueError: It is not an array, or one of Python objects.
    """
    length = int.from_bytes(content[len(_MAGIC) : _PREFIX_BYTES], "little")
    start = _PREFIX_BYTES + length
    if content.startswith(_MAGIC) and start < len(content):
        shape, by_columns, dtype = _header(content[len(_MAGIC) : start])
        if not by_columns and not dtype.hasobject:
            return np.frombuffer(content, dtype, offset=start).reshape(shape)
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    array.setflags(write=False)
    return array


@lru_cache(maxsize=256)
def _header(content: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and data type; `content` begins with its length."""
    return np.lib.format.read_array_header_1_0(io.BytesIO(content))
