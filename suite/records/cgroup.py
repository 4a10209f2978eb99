"""Limits of memory that control groups set (Linux): those of containers and of batch systems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class GroupMemory:
    """Memory of a control group in bytes.

    Attributes:
        limit: What its processes may take together.
        used: What they take, without file pages that were not used lately: those go first when
            memory is short.
    """

    limit: int
    used: int


def memory_groups(root: Path = ROOT, own: Path = OWN) -> list[GroupMemory]:
    """The groups with a limit that this process is in; each of them binds.

    Args:
        root: Where the control groups are mounted.
        own: The file that names those of this process.
    """
    try:
        lines = own.read_text("utf-8").splitlines()
    except OSError:
        return []
    return [group for line in lines for group in _groups_of(root, line)]


def _groups_of(root: Path, line: str) -> Iterator[GroupMemory]:
    """The groups with a limit of a line "number:controllers:path", from the top down.

    A container often sees its own group at the top, though the path is the one outside of it.
    """
    _, controllers, path = line.split(":", 2)
    if controllers and "memory" not in controllers.split(","):
        return
    names = (
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        if controllers
        else ("memory.max", "memory.current", "inactive_file")
    )
    folder = root / "memory" if controllers else root
    for part in PurePosixPath(path).parts:
        folder = folder / part.strip("/")
        try:
            limit, used = (int((folder / name).read_text("ascii")) for name in names[:2])
            rows = (folder / "memory.stat").read_text("ascii").splitlines()
            idle = sum(int(row.split()[1]) for row in rows if row.split()[0] == names[2])
        except (OSError, ValueError):  # no limit ("max"), or no such group in here
            continue
        yield GroupMemory(limit, max(used - idle, 0))
