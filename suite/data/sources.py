"""Where the files of a dataset come from, in the order in which places are tried.

1. The folder given as `--data-dir`: its subfolder of the dataset's name, then the folder itself.
2. `$SUITE_DATA_DIR/<dataset>/`.
3. The suite's cache (`$SUITE_CACHE_DIR`, or the user's cache folder).
4. Keras's cache: `datasets/` below `$KERAS_HOME`, `~/.keras` by default.
5. torchvision's folders below the roots that its examples use: `data` in the working directory,
   `~/data`, `~/.torchvision`. Its other roots can be given as (1): `--data-dir ROOT/MNIST/raw`.
6. The Debian package's folder.
7. The publisher and its mirrors.

Files count packed (.gz) or unpacked. Wherever a file comes from, its unpacked bytes must have the
known SHA-256. A wrong file in a folder that the user named (1, 2) is an error; elsewhere it is
reported and the search goes on.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from suite.data import idx
from suite.data.download import Progress, download
from suite.data.files import cache_dir
from suite.data.known import DATASETS, DatasetInfo, IdxFile, owner_of
from suite.errors import DataError

logger = logging.getLogger(__name__)

# No file of a known dataset is longer, so that any of them can still be told by its sum.
_LONGEST_BYTES = max(idx.size(file.shape) for info in DATASETS.values() for file in info.files)
# What gzip, zip or .npy may add to bytes that do not shrink.
_WRAPPER_BYTES = 1 << 16


@dataclass(frozen=True)
class Place:
    """A folder or archive that may hold the files of a dataset.

    Attributes:
        label: What people call it: an option, a variable, a tool.
        path: The folder, or the .npz archive.
        given: Whether the user named it, so that a wrong file in it is an error.
    """

    label: str
    path: Path
    given: bool = False

    def candidates(self, file: IdxFile) -> tuple[Path, ...]:
        """The paths at which this place may hold a file."""
        if self.path.suffix == ".npz":
            return (self.path,)
        return self.path / file.name, self.path / f"{file.name}.gz"

    def holds(self, file: IdxFile) -> Iterator[Path]:
        """Those of the candidates that are there."""
        return (path for path in self.candidates(file) if _is_file(path))


@dataclass(frozen=True)
class Found:
    """A file that was found and has the known sum.

    Attributes:
        path: Where it lies.
        data: Its unpacked IDX bytes.
    """

    path: Path
    data: bytes


def places(info: DatasetInfo, data_dir: Path | None = None) -> tuple[Place, ...]:
    """Where the files of a dataset are looked for, in order, before anything is downloaded.

    Args:
        info: The dataset.
        data_dir: The folder that the user gave, if any.

    Raises:
        DataError: A folder that the user named does not exist.
    """
    found = list(_given_places(info, data_dir))
    found.append(Place("the suite's cache", cache_dir() / info.name))
    if info.keras:
        keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
        found.append(Place("Keras", keras / "datasets" / info.keras))
    if info.torchvision:
        home = Path.home()
        roots = (Path.cwd() / "data", home / "data", home / ".torchvision")
        found += [Place("torchvision", root / info.torchvision) for root in roots]
    if info.debian:
        found.append(Place("Debian", Path(info.debian)))
    return tuple(found)


def label_files(info: DatasetInfo, data_dir: Path | None = None) -> tuple[Path, ...]:
    """All files on this machine that labels of a dataset can be read from; whole paths.

    Args:
        info: The dataset.
        data_dir: The folder that the user gave, if any.

    Raises:
        DataError: A folder that the user named does not exist.
    """
    files = [file for file in info.files if file.kind == "labels"]
    found = [cache_dir() / info.name / file.array_name for file in files]
    if not info.bundled:
        found += [path for place in places(info, data_dir) for file in files
                  for path in place.holds(file)]  # fmt: skip
    return tuple(dict.fromkeys(path.absolute() for path in found if _is_file(path)))


def given_file(info: DatasetInfo, file: IdxFile, data_dir: Path | None) -> Path | None:
    """The file that the user's own folders hold under that name, if they hold one.

    Raises:
        DataError: A folder that the user named does not exist.
    """
    given = _given_places(info, data_dir)
    return next((path for place in given for path in place.holds(file)), None)


def obtain(
    info: DatasetInfo, file: IdxFile, data_dir: Path | None, progress: Progress | None = None
) -> Found:
    """Finds a file, or downloads it.

    Args:
        info: The dataset.
        file: Which of its files.
        data_dir: The folder that the user gave, if any.
        progress: Is told how a download gets on.

    Raises:
        DataError: A folder that the user named holds a wrong file, or no place holds the right
            one; the message names them all.
    """
    problems: list[str] = []
    looked = places(info, data_dir)
    found = _look(info, file, looked, problems)
    if found is not None:
        return found
    try:
        path = download(
            info, file, cache_dir() / info.name, lambda p, url: read(p, info, file, url), progress
        )
    except DataError as error:
        raise DataError(_not_found(info, file, looked, [*problems, str(error)])) from error
    return Found(path, read(path, info, file))


def find(info: DatasetInfo, file: IdxFile, data_dir: Path | None = None) -> Found | None:
    """Finds a file on this machine; None where no place holds a good one.

    Args:
        info: The dataset.
        file: Which of its files.
        data_dir: The folder that the user gave, if any.

    Raises:
        DataError: A folder that the user named holds a wrong file.
    """
    return _look(info, file, places(info, data_dir), [])


def _look(
    info: DatasetInfo, file: IdxFile, looked: tuple[Place, ...], problems: list[str]
) -> Found | None:
    for place in looked:
        for path in place.holds(file):
            try:
                return Found(path, read(path, info, file))
            except DataError as error:
                if place.given:
                    raise
                logger.warning("%s Looking elsewhere.", error)
                problems.append(str(error))
    return None


def read(path: Path, info: DatasetInfo, file: IdxFile, where: str = "") -> bytes:
    """The unpacked IDX bytes of a file on disk, once their sum is right.

    Args:
        path: The file: IDX, packed or not, or an .npz archive as Keras keeps it.
        info: The dataset that it should belong to.
        file: Which of its files it should be.
        where: What messages call the file, if not by its path.

    Raises:
        DataError: It can't be read or unpacked, or is something else; a file of another known
            dataset, or another part, is called by its name.
    """
    where = where or str(path)
    if path.suffix == ".npz":
        data = _from_archive(path, file, where)
    else:
        try:
            with path.open("rb") as stream:
                data = stream.read(_LONGEST_BYTES + _WRAPPER_BYTES)
        except OSError as error:
            raise DataError(f"{where} can't be read ({error.strerror or error}).") from error
        if data.startswith(idx.GZIP_MAGIC):
            data = idx.gunzip(data, _LONGEST_BYTES, where)
    check(data, info, file, where)
    return data


def check(data: bytes, info: DatasetInfo, file: IdxFile, where: str) -> None:
    """Refuses IDX bytes that are not those of the file.

    Raises:
        DataError: They are another file of this or another dataset, are no whole IDX file, or
            have an unknown sum.
    """
    found = hashlib.sha256(data).hexdigest()
    if found == file.sha256:
        return
    owner = owner_of(found)
    if owner is not None:
        other, its_file = owner
        if other.name == info.name:
            raise DataError(f"{where} is {its_file.name} of {info.title}, not {file.name}. "
                            "Give each file its own name.")  # fmt: skip
        raise DataError(f"{where} is {other.title} ({its_file.name}), not {info.title}. "
                        f"Put the files of {info.title} there.")  # fmt: skip
    (idx.decode_images if file.kind == "images" else idx.decode_labels)(data, where)
    raise DataError(
        f"{where} is not {file.name} of {info.title}: the SHA-256 of the unpacked bytes is "
        f"{found}, expected {file.sha256}. Get the file again."
    )


def _given_places(info: DatasetInfo, data_dir: Path | None) -> Iterator[Place]:
    if data_dir is not None:
        folder = _folder("--data-dir", data_dir)
        yield Place("--data-dir", folder / info.name, given=True)
        yield Place("--data-dir", folder, given=True)
    variable = os.environ.get("SUITE_DATA_DIR")
    if variable:
        folder = _folder("SUITE_DATA_DIR", Path(variable))
        yield Place("SUITE_DATA_DIR", folder / info.name, given=True)


def _folder(label: str, path: Path) -> Path:
    with suppress(OSError, RuntimeError):  # too long a name, or no such home
        folder = path.expanduser().absolute()
        if folder.is_dir():
            return folder
    raise DataError(f"{label}: expected a folder, and {path.absolute()} is none. Correct the path.")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be entered
        return False


def _from_archive(path: Path, file: IdxFile, where: str) -> bytes:
    """The IDX bytes of an array in an .npz, of which no more is unpacked than it should hold."""
    limit = idx.size(file.shape) + _WRAPPER_BYTES
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{file.npz_key}.npy") as member:
            # `zipfile` keeps to a limit with these alone; others unpack to gigabytes at once.
            method = archive.getinfo(f"{file.npz_key}.npy").compress_type
            if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile(f"compression method {method}")
            packed = member.read(limit)
        array = np.load(io.BytesIO(packed), allow_pickle=False)
        return idx.encode(np.asarray(array))
    except Exception as error:  # zipfile and NumPy raise whatever a broken file makes them meet
        reason = f"{type(error).__name__}: {error}"[:200]
        raise DataError(
            f"{where}: expected an archive with the array {file.npz_key}, which can't be read "
            f"({reason}). Get the file again."
        ) from error


def _not_found(
    info: DatasetInfo, file: IdxFile, looked: tuple[Place, ...], problems: list[str]
) -> str:
    debian = f"install the Debian package {info.debian_package}, " if info.debian_package else ""
    return (
        f"{info.title}: no good {file.name}(.gz) in {', '.join(str(p.path) for p in looked)}. "
        f"{' '.join(problems)}\nGive the folder that holds it (--data-dir DIR, or "
        f"DIR/{info.name} with SUITE_DATA_DIR=DIR), {debian}connect to the network, or use "
        "--datasets digits, which needs no files."
    )
