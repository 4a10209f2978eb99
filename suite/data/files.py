"""Files of the suite's cache: written whole or not at all, and checked when they are read."""

from __future__ import annotations

import hashlib
import io
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from suite.data import idx
from suite.data.known import IdxFile
from suite.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHUNK_BYTES = 1 << 20
_ABANDONED_SECONDS = 24 * 3600


def cache_dir() -> Path:
    """The folder for what the suite can make again: $SUITE_CACHE_DIR, or the user's cache."""
    chosen = os.environ.get("SUITE_CACHE_DIR")
    if chosen:
        try:
            return Path(chosen).expanduser().absolute()
        except RuntimeError as error:
            raise DataError(f"SUITE_CACHE_DIR is {chosen[:80]!r}, and there is no such home. "
                            "Write the whole path.") from error  # fmt: skip
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("fashion-mnist-suite", appauthor=False))


@contextmanager
def replacing(
    path: Path,
    remedy: str = "Free space there, or set SUITE_CACHE_DIR to a folder that can be written.",
) -> Iterator[Path]:
    """A new file that takes the name `path` once the block has ended well.

    Readers and other writers of `path` see the old file or the new one, never a part.

    Args:
        path: The final name; its folder is made if need be.
        remedy: What to do where that can't be written.

    Yields:
        The name to write to, in the same folder.

    Raises:
        DataError: The folder or the file can't be written.
    """
    partial = path.parent / f".partial-{uuid.uuid4().hex}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path.parent)
        partial.touch(exist_ok=False)
        yield partial
        with partial.open("rb+") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        raise DataError(f"{path} can't be written ({error.strerror or error}). {remedy}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_array(path: Path, array: NDArray[np.uint8]) -> None:
    """Writes an array as .npy, whole or not at all.

    Args:
        path: The file's final name.
        array: uint8, C-contiguous.

    Raises:
        DataError: The file can't be written.
    """
    with replacing(path) as partial, partial.open("wb") as stream:
        stream.write(_npy_header(array.shape))
        stream.write(np.ascontiguousarray(array).data)


def is_intact(path: Path, file: IdxFile) -> bool:
    """Whether a cached array is exactly what the IDX file with the known sum holds.

    Reads the file in pieces, so that checking takes no memory to speak of.

    Args:
        path: The .npy in the cache.
        file: What should be in it.
    """
    expected = _npy_header(file.shape)
    digest = hashlib.sha256(idx.header(file.shape))
    try:
        with path.open("rb") as stream:
            if stream.read(len(expected)) != expected:
                return False
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError:
        return False
    return digest.hexdigest() == file.sha256


def _npy_header(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    fields = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, fields)
    return buffer.getvalue()


def _remove_abandoned(folder: Path) -> None:
    """Removes what killed processes left behind; files in use are never that old."""
    for partial in folder.glob(".partial-*"):
        with suppress(OSError):
            if time.time() - partial.stat().st_mtime > _ABANDONED_SECONDS:
                partial.unlink()
