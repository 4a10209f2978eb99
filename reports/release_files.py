"""Writes a release, whole or not at all, and checks one against its sums and the records."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import suite
from reports.exports import to_csv, to_json
from reports.markdown import to_markdown
from reports.release_pages import BIBTEX, CITATION, bibtex, citation, project_url, release_page
from reports.release_seeds import seeds_of
from reports.releases import (
    FOLDER,
    MANIFEST,
    SUMS,
    Manifest,
    RecordSums,
    Release,
    TableFile,
    checked_name,
    read_release,
    sha256_of,
)
from suite.data.known import DATASETS
from suite.errors import RecordError, UsageError
from suite.records.machine import git_state
from suite.records.store import Damage, read_run

if TYPE_CHECKING:
    from reports.tables import Table

_SHOWN_DAMAGES = 20


@dataclass(frozen=True, kw_only=True)
class Check:
    """What became of a release and of its records.

    Attributes:
        release: The release.
        problems: What is wrong with its files; empty if they are what was released.
        unchanged: How many of its records lie in the results folder as they were.
        replaced: Paths of records that other ones lie in the place of.
        missing: Paths of records that are not there, or are damaged.
    """

    release: Release
    problems: tuple[str, ...]
    unchanged: int
    replaced: tuple[str, ...]
    missing: tuple[str, ...]


def freeze(
    tables: Sequence[Table],
    damaged: Sequence[Damage],
    site: Path,
    name: str,
    day: date,
    *,
    allow_unpublishable: bool = False,
) -> Release:
    """Write a release into `releases/NAME/` of a site.

    Equal records, names, dates and versions of the suite give equal files, to the byte.

    Args:
        tables: The tables, the primary one first.
        damaged: Records that can't be believed; any of them prevents the release.
        site: The site's folder; made if it does not exist.
        name: The release's name.
        day: The release's date.
        allow_unpublishable: Whether to take tables along whose preset is not publishable.

    Returns:
        The release.

    Raises:
        UsageError: The name can't be used or is taken, nothing is publishable, or the disk refuses.
        RecordError: There are damaged records.
    """
    folder = site / FOLDER / checked_name(name)
    if folder.exists():
        raise UsageError(
            f"{folder} is there already, and a release is never changed: choose another name"
        )
    if damaged:
        raise RecordError(_all_damages(damaged))
    wanted = [table for table in tables if allow_unpublishable or table.publishable]
    if not wanted:
        there = ", ".join(f"{table.protocol}-{table.preset}" for table in tables)
        raise UsageError(
            f"there are no publishable records to release, only {there}. Run "
            "`suite run --preset standard`, or take them as they are with --allow-unpublishable."
        )
    files = _files(wanted, name, day, site)
    try:
        _write(folder, files)
    except OSError as error:
        raise UsageError(
            f"can't write the release to {folder}: {error.strerror}; choose another --site"
        ) from error
    return read_release(folder)


def check(site: Path, name: str, results: Path) -> Check:
    """Compare a release with its sums, and its records with those of a results folder.

    Args:
        site: The site's folder.
        name: The release's name.
        results: The results folder.

    Raises:
        UsageError: There is no such release.
        RecordError: Its manifest or its tables are damaged.
    """
    folder = site / FOLDER / checked_name(name)
    release = read_release(folder)
    states = {record.path: _state(record, results) for record in release.manifest.records}
    return Check(
        release=release,
        problems=tuple(_problems(folder, release)),
        unchanged=sum(state == "unchanged" for state in states.values()),
        replaced=tuple(path for path, state in states.items() if state == "replaced"),
        missing=tuple(path for path, state in states.items() if state == "missing"),
    )


def _files(tables: Sequence[Table], name: str, day: date, site: Path) -> dict[str, str]:
    """All files of a release by name; the site's own files are no changes of the checkout."""
    titles = {dataset: info.title for dataset, info in DATASETS.items()}
    texts: dict[str, str] = {}
    parts = []
    for table in tables:
        stem = f"leaderboard-{table.protocol}-{table.preset}"
        texts |= {f"{stem}.json": to_json(table), f"{stem}.csv": to_csv(table)}
        parts.append(
            TableFile(
                protocol=table.protocol,
                preset=table.preset,
                publishable=table.publishable,
                file=f"{stem}.json",
                seeds=seeds_of(table),
            )
        )
    texts["leaderboard.md"] = to_markdown(tables, (), titles)
    texts["index.html"] = release_page(tables, name, day, sorted(texts), titles)
    manifest = _manifest(tables, parts, name, day, texts, git_state(site))
    text = manifest.to_json()
    identifier = _sum(text)
    texts[MANIFEST] = text
    texts[CITATION] = citation(manifest, identifier)
    texts[BIBTEX] = bibtex(manifest, identifier)
    sums = (f"{_sum(text)}  {file}\n" for file, text in sorted(texts.items()))
    return {**texts, SUMS: "".join(sums)}


def _manifest(
    tables: Sequence[Table],
    parts: Sequence[TableFile],
    name: str,
    day: date,
    texts: Mapping[str, str],
    checkout: tuple[str | None, bool | None],
) -> Manifest:
    records = sorted((r for t in tables for r in t.records), key=lambda r: r.key.stem)
    commit, dirty = checkout
    return Manifest(
        name=name,
        date=day.isoformat(),
        suite_version=suite.__version__,
        git_commit=commit,
        git_dirty=dirty,
        url=project_url(),
        datasets={record.dataset.name: record.dataset.sums for record in records},
        tables=tuple(parts),
        records=tuple(
            RecordSums(
                path=f"{record.key.stem}.json",
                digest=record.digest,
                source_hash=record.source_hash,
                arrays_sha256=record.arrays_sha256,
            )
            for record in records
        ),
        files={file: _sum(text) for file, text in texts.items()},
    )


def _sum(text: str) -> str:
    return sha256_of(_bytes(text))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        draft.chmod(0o755)
        for file, text in files.items():
            (draft / file).write_bytes(_bytes(text))
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _all_damages(damaged: Sequence[Damage]) -> str:
    lines = [f"{damage.path}: {damage.reason}" for damage in damaged[:_SHOWN_DAMAGES]]
    more = len(damaged) - len(lines)
    lines += [f"and {more:,} more: see `suite report`"] if more else []
    return (
        f"{len(damaged):,} of the records are damaged, so nothing was released. Restore or remove:"
        + "".join(f"\n  {line}" for line in lines)
    )


def _problems(folder: Path, release: Release) -> Iterator[str]:
    """What is wrong with a release's files; its tables were checked when they were read."""
    known = {**release.manifest.files, MANIFEST: release.identifier}
    for file, expected in sorted(known.items()):
        yield from _wrong_sum(folder / file, expected)
    if not (folder / SUMS).is_file():
        yield f"{SUMS} is missing"
    stated = {**known, **_stated(folder)}
    for file in (CITATION, BIBTEX):
        if (folder / SUMS).is_file():
            yield from _wrong_sum(folder / file, stated.get(file, ""))
        if (folder / file).is_file() and release.identifier.encode() not in _content(folder / file):
            yield f"{file} does not name the identifier {release.identifier}"
    if any(stated[file] != expected for file, expected in known.items()):
        yield f"{SUMS} contradicts {MANIFEST}"
    expected_files = {*known, CITATION, BIBTEX, SUMS}
    for path in sorted(folder.iterdir()):
        if path.name not in expected_files:
            yield f"{path.name} is no part of the release"


def _wrong_sum(path: Path, expected: str) -> Iterable[str]:
    if not path.is_file():
        return (f"{path.name} is missing",)
    return () if sha256_of(_content(path)) == expected else (f"{path.name} was changed",)


def _stated(folder: Path) -> dict[str, str]:
    """The sums in `SHA256SUMS`, by file."""
    text = _content(folder / SUMS).decode("utf-8", "replace")
    lines = (line.partition("  ") for line in text.splitlines())
    return {file: total for total, _, file in lines}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _state(record: RecordSums, results: Path) -> str:
    path = results / record.path
    if not path.resolve().is_relative_to(results.resolve()) or not path.is_file():
        return "missing"
    try:
        found = read_run(path, results).record
    except RecordError:
        return "missing"
    return "unchanged" if found.digest == record.digest else "replaced"
