"""Puts a report's files into its folder, beside what else lies there.

`run` asks here before it trains, so that nothing heavy is imported.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path

from suite.errors import UsageError

# In the head of every page that the suite wrote (`templates/base.html.jinja`).
MARK = b'<meta name="generator" content="fashion-mnist-suite">'
_MARK_WITHIN = 2_000  # bytes
# Data files of the first table; those of others have its protocol and preset behind it.
STEM = "leaderboard"
_DATA = re.compile(rf"{STEM}-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+(-n[0-9]+)?\.(json|csv|parquet)")
# Folder of the records' copies.
COPIES = "models/records"
_COPY = re.compile(r"seed-[0-9]+(-fold-[0-9]+)?\.json")

Content = str | bytes


def put(
    site: Path,
    contents: Mapping[str, Content],
    more: Iterable[tuple[str, Content]],
    pages: Iterable[str],
) -> None:
    """Write files, and remove pages and data files of an older report that are none of this one.

    Nothing that the suite did not write is overwritten, if it is a page, or removed.

    Args:
        site: The folder; made if it does not exist.
        contents: Files by path from the folder.
        more: Further files, made one after another.
        pages: Names of pages that a report may have, and `models/` in which it has its own.

    Raises:
        UsageError: A page of somebody else's is in the way, or the disk refuses.
    """
    try:
        for name in contents:
            _check(site / name)
        written = set()
        for name, content in chain(contents.items(), more):
            path = site / name
            if name not in contents:
                _check(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, content)
            written.add(path)
        old = [site / name for name in pages]
        old += [path for path in site.glob(f"{STEM}-*") if _DATA.fullmatch(path.name)]
        old += (site / "models").glob("*.html")
        old += [path for path in (site / COPIES).rglob("*") if _COPY.fullmatch(path.name)]
        for path in old:
            if path not in written and path.is_file() and _is_ours(path):
                path.unlink()
    except OSError as error:
        raise UsageError(_cant_write(site, error)) from error


def check_site(site: Path, results: Path) -> None:
    """Refuse a folder that a report could not be written to, before it is made.

    Args:
        site: The folder; made if it does not exist.
        results: The results folder, which holds records and nothing else.

    Raises:
        UsageError: The folder is in the results folder, can't be written, or holds somebody else's
            page.
    """
    inner, outer = Path(os.path.realpath(site)), Path(os.path.realpath(results))
    copies = inner / COPIES
    if inner == outer or outer in inner.parents or outer == copies or copies in outer.parents:
        raise UsageError(
            f"--site {site} and the results folder {results} lie within each other, and records "
            "need a folder for themselves; choose another --site"
        )
    try:
        site.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=site):
            pass
        _check(site / "index.html")
    except OSError as error:
        raise UsageError(_cant_write(site, error)) from error


def _cant_write(site: Path, error: OSError) -> str:
    reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror
    return f"can't write the report to {site}: {reason}; choose another --site"


def _check(path: Path) -> None:
    if path.exists() and not _is_ours(path):
        raise UsageError(
            f"{path} is there already and is no page of the suite's; it would be lost. "
            "Choose another --site, or move it away"
        )


def _is_ours(path: Path) -> bool:
    """Whether the suite wrote a file; of files other than pages that is taken for granted."""
    if path.suffix != ".html":
        return True
    with path.open("rb") as file:
        return MARK in file.read(_MARK_WITHIN)


def _write(path: Path, content: Content) -> None:
    """Write a file whole or not at all: a reader never sees half a page."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode("utf-8", "replace") if isinstance(content, str) else content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
