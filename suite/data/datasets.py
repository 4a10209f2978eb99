"""Datasets by name: decoded once into the suite's cache, and mapped read-only by every run."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from suite.data import idx, sources
from suite.data.digits import make_digits
from suite.data.download import Progress
from suite.data.files import cache_dir, is_intact, replacing, write_array
from suite.data.known import DATASETS, PARTS, DatasetInfo, IdxFile, info_of
from suite.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

__all__ = ["DATASETS", "PARTS", "Dataset", "load", "prepare"]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset whose decoded arrays lie on disk. It can be sent to another process.

    Attributes:
        name: As on the command line and in records.
        title: As people write it.
        class_names: What the labels 0 to 9 stand for.
        sums: SHA-256 of each unpacked IDX file, by its name.
        folder: Where the arrays lie.
        label_files: All files that were found to have labels, its own and those of the other known
            datasets: models may not read them.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    sums: Mapping[str, str]
    folder: Path
    label_files: tuple[Path, ...] = ()

    def images(self, part: str) -> NDArray[np.uint8]:
        """The images of "train" or "test": uint8 (n, 28, 28), mapped from disk, read-only.

        Raises:
            UsageError: There is no such part.
            DataError: The array can't be read.
        """
        return _map(self.images_path(part))

    def labels(self, part: str) -> NDArray[np.uint8]:
        """The labels of "train" or "test": uint8 (n,), 0 to 9, mapped from disk, read-only.

        Raises:
            UsageError: There is no such part.
            DataError: The array can't be read.
        """
        return _map(self._path(part, "labels"))

    def images_path(self, part: str) -> Path:
        """The .npy that holds the images of "train" or "test".

        Raises:
            UsageError: There is no such part.
        """
        return self._path(part, "images")

    def _path(self, part: str, kind: str) -> Path:
        if part not in PARTS:
            raise UsageError(f"unknown part {part!r}.{did_you_mean(part, PARTS)}")
        return self.folder / f"{part}-{kind}.npy"


def load(name: str, data_dir: Path | None = None) -> Dataset:
    """The dataset of that name, checked against the known sums.

    The first call finds (or downloads, or makes) the files and decodes them; later ones only
    check the decoded arrays, and decode again what is broken.

    Args:
        name: "fashion", "mnist" or "digits".
        data_dir: A folder to look in first.

    Raises:
        UsageError: There is no such dataset.
        DataError: The files can't be found or are not what they should be.
    """
    return prepare(info_of(name), data_dir)


def prepare(
    info: DatasetInfo, data_dir: Path | None = None, progress: Progress | None = None
) -> Dataset:
    """As `load`, for a dataset that need not be one of the known.

    Args:
        info: The dataset.
        data_dir: A folder to look in first.
        progress: Is told how downloads get on.

    Raises:
        DataError: The files can't be found or are not what they should be.
    """
    folder = cache_dir() / info.name
    for part in PARTS:
        pair = info.pair(part)
        if not all(is_intact(folder / file.array_name, file) for file in pair):
            _rebuild(info, part, folder, data_dir, progress)
        elif not info.bundled:
            for file in pair:
                _check_given(info, file, folder, data_dir)
    return Dataset(
        name=info.name,
        title=info.title,
        class_names=info.class_names,
        sums=info.sums,
        folder=folder,
        label_files=tuple(
            path
            for known in dict.fromkeys((info.name, *DATASETS))
            for path in sources.label_files(DATASETS.get(known, info), data_dir)
        ),
    )


def _map(path: Path) -> NDArray[np.uint8]:
    try:
        array: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: the decoded array can't be read ({error}). Load the dataset again."
        ) from error
    return array


def _rebuild(
    info: DatasetInfo, part: str, folder: Path, data_dir: Path | None, progress: Progress | None
) -> None:
    """Decodes the images and labels of a part into the cache."""
    pair = info.pair(part)
    for file in pair:
        path = folder / file.array_name
        if path.exists() and not is_intact(path, file):
            logger.warning("%s is damaged and is made again.", path)
    for file, array in zip(pair, _arrays(info, part, data_dir, progress), strict=True):
        write_array(folder / file.array_name, array)


def _arrays(
    info: DatasetInfo, part: str, data_dir: Path | None, progress: Progress | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    pair = info.pair(part)
    if info.bundled:
        made = make_digits()
        for file in pair:
            data = idx.encode(made[part, file.kind])
            sources.check(data, info, file, "scikit-learn's load_digits")
        return made[part, "images"], made[part, "labels"]
    found = [sources.obtain(info, file, data_dir, progress) for file in pair]
    for file, origin in zip(pair, found, strict=True):
        _remember(cache_dir() / info.name, file, origin.path)
    images, labels = found
    return idx.decode_pair(images.data, labels.data, (str(images.path), str(labels.path)))


def _check_given(info: DatasetInfo, file: IdxFile, folder: Path, data_dir: Path | None) -> None:
    """Refuses a wrong file in a folder that the user named, though the cache has the right one.

    Otherwise a run would use other data than the user pointed at, without a word. A file that was
    found good is not unpacked again until its size or time of change differs.
    """
    path = sources.given_file(info, file, data_dir)
    if path is None:
        return
    if not _is_remembered(folder, file, path):
        sources.read(path, info, file)
        _remember(folder, file, path)


def _remember(folder: Path, file: IdxFile, path: Path) -> None:
    # Without the note the file is unpacked again next time, so a cache that is read-only will do.
    with suppress(DataError), replacing(_note(folder, file)) as partial:
        partial.write_text(json.dumps(_state(path)))


def _is_remembered(folder: Path, file: IdxFile, path: Path) -> bool:
    try:
        return bool(json.loads(_note(folder, file).read_bytes()) == _state(path))
    except (OSError, ValueError, RecursionError):
        return False


def _note(folder: Path, file: IdxFile) -> Path:
    return folder / f"{file.part}-{file.kind}.checked.json"


def _state(path: Path) -> dict[str, str | int]:
    state = path.stat()
    return {"path": str(path), "size": state.st_size, "mtime_ns": state.st_mtime_ns}
