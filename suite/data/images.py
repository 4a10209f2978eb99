"""The images of a dataset without their labels, for machines that only fit and predict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from suite.data import idx, sources
from suite.data.datasets import prepare
from suite.data.files import cache_dir, is_intact, write_array
from suite.data.known import PARTS, DatasetInfo
from suite.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def find_images(info: DatasetInfo) -> dict[str, Path] | None:
    """The decoded images on this machine, searched for as `load` does but not downloaded.

    Args:
        info: The dataset.

    Returns:
        A .npy for each part, uint8 (n, 28, 28); None where this machine has not all of them.

    Raises:
        DataError: A folder that the user named holds a wrong file, or the cache can't be written.
    """
    paths = {}
    for part in PARTS:
        file, _ = info.pair(part)
        paths[part] = cache_dir() / info.name / file.array_name
        if is_intact(paths[part], file):
            continue
        if info.bundled:
            prepare(info)
            continue
        found = sources.find(info, file)
        if found is None:
            return None
        write_array(paths[part], idx.decode_images(found.data, str(found.path)))
    return paths


def keep_images(info: DatasetInfo, images: Mapping[str, NDArray[np.uint8]]) -> None:
    """Put images that were sent here into the cache.

    Args:
        info: The dataset.
        images: For each part: uint8 (n, 28, 28).

    Raises:
        DataError: They are not those of the dataset, or the cache can't be written.
    """
    for part, array in images.items():
        file, _ = info.pair(part)
        path = cache_dir() / info.name / file.array_name
        write_array(path, array)
        if not is_intact(path, file):
            path.unlink(missing_ok=True)
            raise DataError(f"{path}: what was sent are not the {part} images of {info.title}")
