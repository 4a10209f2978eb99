"""What git knows: a plugin's code at a commit, records as they were committed, times of commits.

Only the suite's own checkout is asked, by its path: a folder that is checked may bring a `.git`
whose settings name programs to run. For the same reason only plumbing is used, which shows no
signatures and converts nothing.
"""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from suite.errors import PluginError
from suite.source_hash import FAMILY_PACKAGES, PROJECT_ROOT, source_hash

_SECONDS = 30
# Anything else that a record may hold could be an option or an expression to git.
_COMMIT = re.compile("HEAD|[0-9a-f]{40}")
_VERSIONS = 5


def _git(*arguments: str, told: bytes = b"") -> bytes | None:
    """What git prints of the suite's own checkout; None without git or one, or where it refuses."""
    folder = PROJECT_ROOT / ".git"
    if not folder.exists():
        return None
    own = [f"--git-dir={folder}", f"--work-tree={PROJECT_ROOT}", "--literal-pathspecs"]
    quiet = ["-c", "core.fsmonitor=false", "-c", "log.showSignature=false"]
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *own, *quiet, *arguments],  # noqa: S607
            capture_output=True, check=True, timeout=_SECONDS, input=told, cwd=PROJECT_ROOT,
        )  # fmt: skip
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout


def _place(path: Path) -> str | None:
    """A path from the top of the suite's own checkout, as git spells it; None for one elsewhere."""
    root, own = PROJECT_ROOT.resolve(), path.resolve()
    return own.relative_to(root).as_posix() if own.is_relative_to(root) else None


def committed_versions(path: Path) -> Iterator[bytes]:
    """A file as the commits have it that changed it last, the newest first.

    Nothing is known of a file outside the suite's own checkout.
    """
    place = _place(path)
    if place is None:
        return
    told = _git("rev-list", f"--max-count={_VERSIONS}", "HEAD", "--", place)
    for commit in (told or b"").decode().split():
        content = _git("cat-file", "blob", f"{commit}:{place}")
        if content is not None:
            yield content


def committed_files(folder: Path) -> dict[str, str]:
    """The files below a folder of the suite's own checkout as its last commit has them.

    Returns:
        The name of each file's content (`content_name`) by its path from the folder; nothing of a
        folder outside the checkout.
    """
    place = _place(folder)
    if place is None:
        return {}
    told = _git("ls-tree", "-r", "-z", f"HEAD:{place}" if place != "." else "HEAD") or b""
    files = {}
    for line in told.decode("utf-8", "surrogateescape").split("\0"):
        facts, _, path = line.partition("\t")
        if facts.startswith("100"):  # a plain file
            files[path] = facts.split()[2]
    return files


def content_name(content: bytes, like: str) -> str:
    """What git calls a content.

    Args:
        content: The content of a file.
        like: Another name, which tells by its length how the repository makes them.
    """
    blob = b"blob %d\0" % len(content) + content
    if len(like) == 64:
        return hashlib.sha256(blob).hexdigest()
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


def committed_contents(names: Sequence[str]) -> dict[str, bytes]:
    """Contents by the names that `committed_files` gives, in one call of git."""
    rest = _git("cat-file", "--batch", told="\n".join(names).encode()) if names else b""
    contents = {}
    while rest:  # "<name> blob <size>\n<content>\n", or "<name> missing\n"
        line, _, rest = rest.partition(b"\n")
        facts = line.decode().split()
        if len(facts) == 3:
            size = int(facts[2])
            contents[facts[0]], rest = rest[:size], rest[size + 1 :]
    return contents


@cache
def commit_time(commit: str) -> datetime | None:
    """When a commit was made; None where it is not in this checkout.

    Args:
        commit: 40 hex digits, or "HEAD"; of anything else nothing is known.
    """
    if not _COMMIT.fullmatch(commit):
        return None
    told = _git("rev-list", "--max-count=1", "--timestamp", f"{commit}^{{commit}}", "--")
    return datetime.fromtimestamp(int(told.split()[0]), UTC) if told else None


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
