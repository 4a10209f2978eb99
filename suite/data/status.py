"""Where each file of a dataset is, and whether it is what it should be; downloads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from suite.data import sources
from suite.data.files import cache_dir, is_intact
from suite.data.known import DatasetInfo, IdxFile, info_of
from suite.errors import DataError

SCIKIT_LEARN = "scikit-learn"


@dataclass(frozen=True, kw_only=True)
class FileStatus:
    """What is known of one file on this machine.

    Attributes:
        dataset: Name of the dataset.
        file: Name of the IDX file.
        sha256: The sum that its unpacked bytes must have.
        ok: Whether a file with that sum is there (or is made by scikit-learn when first used).
        place: What people call the place where it was found; None if it was not.
        path: The file; None if it was not found, or is not made yet.
        problems: What is wrong with files of that name that had to be passed over.
        looked: All folders and archives that were looked at, in order.
    """

    dataset: str
    file: str
    sha256: str
    ok: bool
    place: str | None
    path: str | None
    problems: tuple[str, ...]
    looked: tuple[str, ...]


def survey(info: DatasetInfo, data_dir: Path | None = None) -> tuple[FileStatus, ...]:
    """The status of each file of a dataset, in the order in which `load` would look.

    Args:
        info: The dataset.
        data_dir: The folder that the user gave, if any.

    Raises:
        DataError: A folder that the user named does not exist.
    """
    places = () if info.bundled else sources.places(info, data_dir)
    return tuple(_status(info, file, places) for file in info.files)


def is_here(name: str, data_dir: Path | None = None) -> bool:
    """Whether all files of a dataset are on this machine, so that nothing need be downloaded.

    Args:
        name: A known dataset.
        data_dir: The folder that the user gave, if any.

    Raises:
        UsageError: There is no such dataset.
        DataError: A folder that the user named does not exist.
    """
    return all(file.ok for file in survey(info_of(name), data_dir))


def _status(info: DatasetInfo, file: IdxFile, places: tuple[sources.Place, ...]) -> FileStatus:
    problems: list[str] = []
    found: tuple[str, Path | None] | None = None
    decoded = cache_dir() / info.name / file.array_name
    is_decoded = is_intact(decoded, file)
    if decoded.exists() and not is_decoded:
        problems.append(f"{decoded} is damaged; it is made again when it is needed.")
    refused = False
    for place in places:
        # The decoded array comes before all places that the user did not name.
        if found or refused or (is_decoded and not place.given):
            break
        for path in place.holds(file):
            try:
                sources.read(path, info, file)
            except DataError as error:
                problems.append(str(error))
                refused = refused or place.given
            else:
                found = place.label, path
            if found or refused:
                break
    if found is None and not refused:
        if is_decoded:
            found = "the suite's cache", decoded
        elif info.bundled:
            found = SCIKIT_LEARN, None
    label, where = found or (None, None)
    return FileStatus(
        dataset=info.name,
        file=file.name,
        sha256=file.sha256,
        ok=found is not None,
        place=label,
        path=None if where is None else str(where),
        problems=tuple(problems),
        looked=tuple(str(place.path) for place in places),
    )
