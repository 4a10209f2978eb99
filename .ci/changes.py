"""Which files a change adds, changes and removes, and what has to be tried for that."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

FAMILIES = ("baselines", "cnn")
RECORDS = "results"
NAME = re.compile("[a-z0-9_]{1,60}")
_REGULAR = ("100644", "100755")


@dataclass(frozen=True)
class Change:
    """A file that differs.

    Attributes:
        path: From the project's folder, with forward slashes.
        status: "A" added, "D" removed, "M" changed, "T" of another kind, as git has it.
        mode: Its mode now, as git has it.
    """

    path: str
    status: str
    mode: str = "100644"


@dataclass(frozen=True)
class Touched:
    """What a change touches.

    Attributes:
        models: Files of the plugins that were added or changed, such as "./baselines/knn.py".
        removed: Names of the plugins that were removed.
        helpers: Families whose helpers were touched.
        records: Whether files below `results/` were.
        refused: Files that can't be tried, and why.
        elsewhere: How many other files were touched.
    """

    models: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    records: bool = False
    refused: tuple[str, ...] = ()
    elsewhere: int = 0


def git(*arguments: str) -> bytes:
    """What git prints.

    Raises:
        subprocess.CalledProcessError: It refuses.
    """
    return subprocess.run(["git", *arguments], capture_output=True, check=True).stdout


def starting_commit(base: str) -> str:
    """The commit where the change starts: the newest one that it shares with its base.

    Raises:
        SystemExit: `base` is no commit here.
    """
    try:
        commit = git("rev-parse", "--verify", "--end-of-options", f"{base}^{{commit}}")
        return git("merge-base", commit.decode().strip(), "HEAD").decode().strip()
    except subprocess.CalledProcessError as error:
        told = os.fsdecode(error.stderr).strip()
        sys.exit(f"error: {base}: expected a commit of this repository: {told}")


def changes_since(commit: str) -> list[Change]:
    """The files that differ between a commit and HEAD, a moved one as removed and added."""
    told = git("diff", "--raw", "-z", "--no-renames", "--no-abbrev", commit, "HEAD", "--")
    fields = os.fsdecode(told).split("\0")
    # Such as ":100644 100644 <sum> <sum> M", and the path.
    heads = [field.split() for field in fields[:-1:2]]
    return [Change(path, head[4], head[1]) for head, path in zip(heads, fields[1::2], strict=True)]


def touched(changes: Iterable[Change]) -> Touched:
    """Sort files into what has to be tried."""
    models, removed, helpers, refused = set(), set(), set(), []
    records, elsewhere = False, 0
    for change in changes:
        path = PurePosixPath(change.path)
        folder, python = path.parts[0], path.suffix == ".py"
        there = change.status != "D"
        if folder in (*FAMILIES, RECORDS) and there and change.mode not in _REGULAR:
            refused.append(f"{change.path!a}: expected a regular file, not a link")
        elif folder == RECORDS:
            records = True
        elif folder not in FAMILIES or not python:
            elsewhere += 1
        elif len(path.parts) > 2 or path.name.startswith("_"):
            # Plugins may import it, whether or not one of the folder does.
            helpers.add(folder)
        elif not NAME.fullmatch(path.stem):
            if there:
                refused.append(f"{change.path!a}: expected a name of up to 60 letters a-z, "
                               "digits and _, such as baselines/my_model.py")  # fmt: skip
        elif there:
            models.add(f"./{path}")
        else:
            removed.add(path.stem)
    removed -= {PurePosixPath(path).stem for path in models}
    return Touched(
        tuple(sorted(models)), tuple(sorted(removed)), tuple(sorted(helpers)),
        records, tuple(refused), elsewhere,
    )  # fmt: skip
