"""The results folder: one record a run, never lost, never overwritten silently.

A record is `<stem>.json` with its arrays in `<stem>.npz` (see `RunKey.stem`). The arrays are
written first and a record counts from the moment its JSON has its name, so that a process killed
at any instant leaves the run recorded or not recorded, and nothing between. A record that a newer
one replaces moves to `superseded/`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import from_json

from suite.errors import RecordError, StoreError, place_of
from suite.records.archive import pack_archive, read_archive
from suite.records.arrays import RunArrays
from suite.records.lock import take_lock
from suite.records.reading import LARGEST_ARCHIVE, LARGEST_JSON, read_regular
from suite.records.record import Record, digest_of, model_of

SUPERSEDED = "superseded"
LOCK = ".lock"
SCRATCH = ".tmp"


@dataclass(frozen=True)
class StoredRun:
    """A record and its arrays as read from disk.

    Attributes:
        record: The record.
        arrays: What the run predicted; None where it gave no result.
        path: The record's JSON file.
    """

    record: Record
    arrays: RunArrays | None
    path: Path


@dataclass(frozen=True)
class Damage:
    """A record that can't be believed: its file and what is wrong with it."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Contents:
    """All that lies in a results folder."""

    runs: tuple[StoredRun, ...]
    damaged: tuple[Damage, ...]

    def __iter__(self) -> Iterator[StoredRun | Damage]:
        """What `scan` would find, the damaged records first."""
        return iter((*self.damaged, *self.runs))


def read(folder: Path, dataset: str = "*", table: str = "*") -> Contents:
    """All that `scan` finds, the damaged records apart; arguments and errors are the same."""
    found = list(scan(folder, dataset, table))
    return Contents(
        tuple(one for one in found if isinstance(one, StoredRun)),
        tuple(one for one in found if isinstance(one, Damage)),
    )


def scan(
    folder: Path, dataset: str = "*", table: str = "*", models: Container[str] | None = None
) -> Iterator[StoredRun | Damage]:
    """Read and check the records of a results folder, one after another.

    A run's arrays are most of it: who does not keep them needs little memory.

    Args:
        folder: The results folder; one that does not exist is empty.
        dataset: Only this dataset's.
        table: Only those of this protocol and preset, such as "holdout-quick".
        models: Only those of these models, by the folders that they lie in; None for all.

    Yields:
        Each record, or what is wrong with it, in the order of their paths.

    Raises:
        StoreError: The path is a file, or can't be read.
    """
    try:
        is_file = folder.exists() and not folder.is_dir()
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}, expected a results folder") from error
    if is_file:
        raise StoreError(f"{folder} is a file, expected a results folder; name another one")
    for path in record_paths(folder, dataset, table, models):
        try:
            yield read_run(path, folder)
        except RecordError as error:
            yield Damage(path, str(error))


def record_paths(
    folder: Path, dataset: str = "*", table: str = "*", models: Container[str] | None = None
) -> list[Path]:
    """The JSON files of records in a results folder, sorted; superseded ones lie deeper."""
    try:
        entries = folder.glob(f"{dataset}/{table}/*")
        wanted = (one for one in entries if models is None or model_of(one.name) in models)
        return sorted(path for entry in wanted for path in entry.glob("*.json"))
    except OSError as error:
        raise StoreError(f"can't read the results folder {folder}: {error.strerror}") from error


def read_run(path: Path, folder: Path) -> StoredRun:
    """Read one record with its arrays and check its sums.

    Args:
        path: The record's JSON file.
        folder: The results folder that it lies in.

    Raises:
        RecordError: It is not a record, was changed after it was written, lies in the wrong place,
            or its arrays are missing or not the ones it names.
    """
    try:
        content = read_regular(path, LARGEST_JSON)
        record = Record.model_validate_json(content)
        digest = digest_of(from_json(content))
    except OSError as error:
        raise RecordError(f"can't be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = place_of(first["loc"])
        raise RecordError(f"not a valid record: {place}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise RecordError(f"not a valid record: {error}") from error
    if digest != record.digest:
        raise RecordError("changed after it was written: its digest is not that of its content")
    if path != folder / f"{record.key.stem}.json":
        raise RecordError(f"in the wrong place: its content belongs at {record.key.stem}.json")
    if record.arrays_sha256 is None:
        return StoredRun(record, None, path)
    return StoredRun(record, _read_arrays(path.with_suffix(".npz"), record.arrays_sha256), path)


def _read_arrays(path: Path, expected: str) -> RunArrays:
    try:
        arrays = RunArrays(**read_archive(read_regular(path, LARGEST_ARCHIVE)))
    except FileNotFoundError as error:
        raise RecordError(f"its arrays are missing: {path.name}") from error
    except (OSError, ValueError, TypeError) as error:
        raise RecordError(f"its arrays can't be read: {path.name}: {error}") from error
    if arrays.sha256() != expected:
        raise RecordError(f"its arrays were changed: {path.name} does not have the sum it names")
    return arrays


class Store:
    """A results folder opened for writing by this process alone; see `open_store`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, record: Record, arrays: RunArrays | None) -> Path:
        """Write a record; what lies in its place is kept aside first.

        Args:
            record: The record.
            arrays: Its arrays, the ones that `record.arrays_sha256` names; None without any.

        Returns:
            Path of the record's JSON file.

        Raises:
            StoreError: The disk refuses (full, read-only); nothing recorded is lost by that.
        """
        stem = record.key.stem
        path = self.folder / f"{stem}.json"
        try:
            staged = []
            if arrays is not None:
                staged.append((self.stage(pack_archive(arrays.present())), ".npz"))
            staged.append((self.stage(record.to_json().encode()), ".json"))
            self.replace(stem, staged)
        except OSError as error:
            raise StoreError(
                f"can't write {path}: {error.strerror}; records written before are safe, "
                "make room or choose another --results"
            ) from error
        return path

    def replace(self, stem: str, staged: Sequence[tuple[Path, str]]) -> None:
        """Give files their names; what lies there, whatever its suffix, is kept aside first.

        Args:
            stem: Path below the folder, without a suffix (`RunKey.stem`).
            staged: Files in `scratch` with their suffixes, the JSON last.

        Raises:
            OSError: The disk refuses.
        """
        place = self.folder / stem
        place.parent.mkdir(parents=True, exist_ok=True)
        self._set_aside(stem)
        for temporary, suffix in staged:
            temporary.replace(place.with_name(place.name + suffix))
            _sync_folder(place.parent)

    def _set_aside(self, stem: str) -> None:
        """Move what lies under a stem into `superseded/`, the JSON first."""
        place = self.folder / stem
        aside = (self.folder / SUPERSEDED / stem).parent
        # One number for a record and its arrays, also where one before it had no arrays.
        number = next(n for n in count(1) if not any(aside.glob(f"{place.name}.{n}.*")))
        found = place.parent.glob(f"{place.name}.*")
        for old in sorted(found, key=lambda path: (path.suffix != ".json", path)):
            aside.mkdir(parents=True, exist_ok=True)
            old.rename(aside / f"{place.name}.{number}{old.suffix}")
            _sync_folder(aside)
            _sync_folder(old.parent)

    @property
    def scratch(self) -> Path:
        """Folder for files that don't count yet; emptied whenever the store is opened."""
        return self.folder / SCRATCH

    def stage(self, content: bytes) -> Path:
        """Write content to the disk, rather than to its cache, under a name that does not count."""
        descriptor, name = tempfile.mkstemp(dir=self.scratch)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary = Path(name)
        temporary.chmod(0o644)
        return temporary


@contextmanager
def open_store(folder: Path, option: str = "--results") -> Iterator[Store]:
    """Open a results folder for writing; it is made if it does not exist.

    The lock is the kernel's: it goes with the process, however that ends.

    Args:
        folder: The results folder, or another that is kept like one.
        option: The option that names it, for messages.

    Raises:
        StoreError: It is a file, can't be written, or another process writes to it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(_cant_write(folder, error, option)) from error
    try:
        take_lock(lock, folder, option)
        _empty_scratch(folder, option)
        yield Store(folder)
    finally:
        os.close(lock)


def _cant_write(folder: Path, error: OSError, option: str) -> str:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{folder} is a file, expected a folder; choose another {option}"
    return f"can't write to the folder {folder}: {error.strerror}; choose another {option}"


def _empty_scratch(folder: Path, option: str) -> None:
    """Remove what a killed process left, and fail now rather than after the first run."""
    scratch = folder / SCRATCH
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=scratch):
            pass
    except OSError as error:
        raise StoreError(_cant_write(folder, error, option)) from error


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
