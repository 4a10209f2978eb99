"""Which files a branch adds, changes and removes, and what of them is tried on the base."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

FAMILIES = ("baselines", "cnn")
RECORDS = "results"
# Exceptions to what `suite validate` asks count here when a maintainer has read and merged them.
NOTES = f"{RECORDS}/notes.toml"
NAME = re.compile("[a-z0-9_]{1,60}")
_JUDGES = ("suite", ".ci", ".github")
_REGULAR = ("100644", "100755")


@dataclass(frozen=True)
class Change:
    """A file that differs.

    Attributes:
        path: From the project's folder, with forward slashes.
        status: "A" added, "D" removed, "M" changed, "T" of another kind, as git has it.
        mode: Its mode now, as git has it; zeros for a removed one.
        blob: The name of its content now, as git has it; zeros for a removed one.
    """

    path: str
    status: str
    mode: str = "100644"
    blob: str = ""


@dataclass(frozen=True)
class Touched:
    """What a change touches.

    Attributes:
        models: Files of the plugins that were added or changed, such as "./baselines/knn.py".
        removed: Names of the plugins that were removed.
        helpers: Families whose helpers were touched.
        records: Whether records were.
        refused: Files that can't be tried, and why.
        taken: The files of models, helpers and records, which are tried on the base.
        judging: Paths, besides plugins and records, of what runs or judges other models.
        others: Paths of the other files.
    """

    models: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    records: bool = False
    refused: tuple[str, ...] = ()
    taken: tuple[Change, ...] = ()
    judging: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def git(*arguments: str, given: bytes = b"") -> bytes:
    """What git prints.

    Raises:
        subprocess.CalledProcessError: It refuses.
    """
    return subprocess.run(["git", *arguments], input=given, capture_output=True, check=True).stdout


def changes_between(start: str, branch: str) -> list[Change]:
    """The files that differ between two commits, a moved one as removed and added."""
    listed = git("diff", "--raw", "-z", "--no-renames", "--no-abbrev", start, branch, "--")
    fields = os.fsdecode(listed).split("\0")
    # Such as ":100644 100644 <blob> <blob> M", and the path.
    heads = [field.split() for field in fields[:-1:2]]
    return [
        Change(path, status, mode, blob)
        for (_, mode, _, blob, status), path in zip(heads, fields[1::2], strict=True)
    ]


def touched(changes: Iterable[Change]) -> Touched:
    """Sort files into what has to be tried, and what a maintainer has to read."""
    refused, taken, judging, others = [], [], [], []
    helpers: set[str] = set()
    models: set[PurePosixPath] = set()
    removed: set[PurePosixPath] = set()
    for change in changes:
        kind, path = _kind(change.path), PurePosixPath(change.path)
        if kind in ("helper", "judge"):
            judging.append(change.path)
        if kind in ("judge", "other"):
            others += [change.path] * (kind == "other")
            continue
        refusal = _refusal(change, kind)
        if refusal:
            refused.append(refusal)
            continue
        taken.append(change)
        if kind == "helper":
            # Plugins may import it, whether or not one of the folder does.
            helpers.add(path.parts[0])
        elif kind == "plugin":
            (removed if change.status == "D" else models).add(path)
    names = {path.stem for path in removed} - {path.stem for path in models}
    return Touched(
        models=tuple(sorted(f"./{path}" for path in models)),
        removed=tuple(sorted(filter(NAME.fullmatch, names))),
        helpers=tuple(sorted(helpers)),
        records=any(_kind(change.path) == "record" for change in taken),
        refused=tuple(refused),
        taken=tuple(taken),
        judging=tuple(judging),
        others=tuple(others),
    )


def _kind(path: str) -> Literal["record", "plugin", "helper", "judge", "other"]:
    """What a file is here: a "judge" runs or judges models, and is never taken from a branch."""
    folder, *inner = PurePosixPath(path).parts
    is_private = folder in FAMILIES and path.startswith(f"{folder}/_")
    if folder in FAMILIES and path.endswith(".py"):
        return "helper" if is_private or len(inner) > 1 else "plugin"
    if folder in _JUDGES or path == NOTES or is_private:
        return "judge"
    return "record" if folder == RECORDS and inner else "other"


def _refusal(change: Change, kind: str) -> str:
    """Why a file can't be tried; "" if it can."""
    if change.status == "D":
        return ""
    if change.mode not in _REGULAR:
        return f"{change.path!a}: expected a regular file, not a link"
    if kind == "plugin" and not NAME.fullmatch(PurePosixPath(change.path).stem):
        return (f"{change.path!a}: expected a name of up to 60 letters a-z, digits and _, "
                "such as baselines/my_model.py")  # fmt: skip
    return ""
