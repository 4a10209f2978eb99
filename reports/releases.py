"""Releases: leaderboards frozen under a name, with the sums of all that they were made of.

A release is a folder `releases/NAME/` of the site: the manifest, the tables as JSON and CSV, all of
them as Markdown and as a page, how to cite it, and the sums of these files. The SHA-256 of the
manifest identifies it: the manifest names the digest of every record and the sum of every file but
for the citations, which state the identifier.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from suite.errors import RecordError, UsageError, place_of
from suite.records.record import Part, Sha256

SCHEMA: Literal[1] = 1
FOLDER = "releases"
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"

# Of a file beside the manifest: no separator, no leading dot.
FileName = Annotated[str, Field(pattern="^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]

# Without a character that BibTeX would need an escape for.
URL = "^https?://[A-Za-z0-9][A-Za-z0-9./:-]*$"

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?", re.ASCII)


class RecordSums(Part):
    """A record that a release was made of.

    Attributes:
        path: The record's JSON file below the results folder.
        digest: The record's own sum of its content.
        source_hash: Of the plugin's code that was run.
        arrays_sha256: Sum of the record's arrays, where it has any.
    """

    path: str
    digest: Sha256
    source_hash: Sha256
    arrays_sha256: Sha256 | None = None


class TableSeeds(Part):
    """The seeds of a table's rows that have a result.

    Attributes:
        asked: Seeds that the table's preset asks for.
        fewest: Seeds of the row that has the fewest.
        most: Seeds of the row that has the most.
        rows: Rows with a result.
        rows_with_fewer: Those of them with fewer seeds than asked for.
    """

    asked: int
    fewest: int
    most: int
    rows: int
    rows_with_fewer: int


class TableFile(Part):
    """A table of a release, the name of its JSON file, and how many seeds its rows have."""

    protocol: str
    preset: str
    publishable: bool
    file: FileName
    seeds: TableSeeds | None = None


class Manifest(Part):
    """What a release consists of.

    Attributes:
        schema_version: Version of this format ("schema" in the file).
        name: The release's name.
        date: Its date, ISO 8601.
        suite_version: Version of the suite that made it.
        git_commit: Commit of the suite's checkout, where there is one.
        git_dirty: Whether that checkout had changes besides records and pages.
        url: Where the project is published, as its `CITATION.cff` says; None for nowhere.
        datasets: SHA-256 of each decompressed IDX file, by dataset.
        tables: The tables, the primary one first.
        records: The records in order of their paths.
        files: SHA-256 of the release's tables and pages.
    """

    schema_version: Literal[1] = Field(default=SCHEMA, alias="schema")
    name: Annotated[str, Field(pattern=f"^{_NAME.pattern}$")]
    date: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}$")]
    suite_version: str
    git_commit: str | None = None
    git_dirty: bool | None = None
    url: Annotated[str, Field(pattern=URL)] | None = None
    datasets: dict[str, dict[str, Sha256]]
    tables: tuple[TableFile, ...]
    records: tuple[RecordSums, ...]
    files: dict[FileName, Sha256]

    @property
    def publishable(self) -> bool:
        """Whether all its tables may be published."""
        return all(table.publishable for table in self.tables)

    def to_json(self) -> str:
        """The text of the file: sorted keys, one a line, nothing that is absent."""
        content = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


class FrozenRow(BaseModel):
    """A row of a released table, as far as releases are compared by it.

    Its fields are those of `reports.rows.Row`; what later versions add is passed over.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    variant: str = ""
    title: str
    label: str
    dataset: str
    seeds: tuple[int, ...]
    failed: int
    accuracy_mean: float | None = None
    accuracy_std: float | None = None
    rank: int | None = None
    tie_group: int | None = None

    @property
    def entry(self) -> str:
        """Name of the folders of its records, as `RunKey.entry`."""
        return f"{self.model}--{self.variant}" if self.variant else self.model


class FrozenTable(BaseModel):
    """A released table."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    protocol: str
    preset: str
    publishable: bool
    rows: tuple[FrozenRow, ...]


@dataclass(frozen=True)
class Release:
    """A release as read from disk.

    Attributes:
        manifest: What it consists of.
        identifier: SHA-256 of the manifest's file.
        tables: Its tables, the primary one first.
    """

    manifest: Manifest
    identifier: str
    tables: tuple[FrozenTable, ...]

    @property
    def name(self) -> str:
        """The release's name."""
        return self.manifest.name


def checked_name(name: str) -> str:
    """The name, if it can be one of a release and of its folder.

    Raises:
        UsageError: It can't.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} can't be the name of a release: expected at most 64 letters, digits, dots "
            "and dashes, with a letter or digit at both ends, such as 2026.11 or v1.0"
        )
    return name


def sha256_of(content: bytes) -> str:
    """The sum of a file's content."""
    return hashlib.sha256(content).hexdigest()


def read_release(folder: Path) -> Release:
    """Read a release; its tables have to be those that its manifest names.

    Args:
        folder: The release's own folder.

    Raises:
        UsageError: There is no such release.
        RecordError: A file is missing, damaged, or not what the manifest says.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError as error:
        raise UsageError(_not_there(folder)) from error
    except OSError as error:
        raise RecordError(f"can't read {folder / MANIFEST}: {error.strerror}") from error
    try:
        manifest = Manifest.model_validate_json(content)
        if manifest.name != folder.name:
            raise ValueError(f"it is that of {manifest.name!r}")
        tables = tuple(_table(folder, table.file, manifest) for table in manifest.tables)
    except (OSError, ValueError) as error:
        raise RecordError(
            f"release {folder.name} is damaged: {_reason(error)}. Restore {folder} as it was "
            "published, or remove it."
        ) from error
    return Release(manifest, sha256_of(content), tables)


def read_releases(site: Path) -> tuple[Release, ...]:
    """The releases of a site by date and name; none where there is no such folder.

    Raises:
        RecordError: A release is damaged.
    """
    return in_order(read_release(folder) for folder in _folders(site / FOLDER))


def _folders(parent: Path) -> list[Path]:
    """The folders of releases; a release that was cut off while it was written has a hidden one."""
    manifests = sorted(parent.glob(f"*/{MANIFEST}"))
    return [path.parent for path in manifests if not path.parent.name.startswith(".")]


def in_order(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Releases by date; those of one day by name."""
    return tuple(sorted(releases, key=lambda r: (r.manifest.date, r.name)))


def _table(folder: Path, file: str, manifest: Manifest) -> FrozenTable:
    content = (folder / file).read_bytes()
    if sha256_of(content) != manifest.files.get(file):
        raise ValueError(f"{file} does not have the sum that {MANIFEST} names")
    return FrozenTable.model_validate_json(content)


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = place_of(first["loc"])
        return f"not valid: {place}: {first['msg']}"
    if isinstance(error, OSError):
        return f"can't read {error.filename}: {error.strerror}"
    return str(error)


def _not_there(folder: Path) -> str:
    known = [release.name for release in _folders(folder.parent)]
    there = f"There are: {', '.join(known)}." if known else "There are no releases yet."
    return f"no release {folder.name!r} in {folder.parent}. {there}"
