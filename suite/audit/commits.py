"""What git knows: a plugin's code at a commit, a record as it was committed, times of commits."""

from __future__ import annotations

import io
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from suite.errors import PluginError
from suite.source_hash import FAMILY_PACKAGES, PROJECT_ROOT, source_hash

_SECONDS = 30
# Anything else that a record may hold could be an option or an expression to git.
_COMMIT = re.compile("HEAD|[0-9a-f]{40}")
_VERSIONS = 5


def _git(*arguments: str, at: Path = PROJECT_ROOT) -> bytes | None:
    """What git prints; None without git, without a checkout, or where it refuses."""
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(at), *arguments],  # noqa: S607
            capture_output=True, check=True, timeout=_SECONDS,
        )  # fmt: skip
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout


def committed_versions(path: Path) -> Iterator[bytes]:
    """A file as the commits have it that changed it last, the newest first."""
    told = _git("log", f"-n{_VERSIONS}", "--format=%H", "--", path.name, at=path.parent)
    for commit in (told or b"").decode().split():
        content = _git("show", f"{commit}:./{path.name}", at=path.parent)
        if content is not None:
            yield content


@cache
def commit_time(commit: str) -> datetime | None:
    """When a commit was made; None where it is not in this checkout.

    Args:
        commit: 40 hex digits, or "HEAD"; of anything else nothing is known.
    """
    if not _COMMIT.fullmatch(commit) or not (PROJECT_ROOT / ".git").exists():
        return None
    told = _git("show", "--no-patch", "--format=%ct", f"{commit}^{{commit}}")
    return datetime.fromtimestamp(int(told), UTC) if told else None


@cache
def source_hash_at(commit: str, module: str) -> str | None:
    """`source_hash` of a plugin at a commit.

    Nothing of that commit is executed: its files are parsed.

    Args:
        commit: 40 hex digits; a commit for which `commit_time` is known.
        module: The plugin's dotted name, in one of the suite's own packages.

    Returns:
        64 hex digits; "" where the commit does not have the plugin; None where git can't tell.
    """
    packed = _packages_at(commit)
    if packed is None:
        return None
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(name)
        try:
            return source_hash(Path(name, *module.split(".")).with_suffix(".py"), module)
        except PluginError:
            return ""


@cache
def _packages_at(commit: str) -> bytes | None:
    return _git("archive", "--format=zip", commit, *FAMILY_PACKAGES)
