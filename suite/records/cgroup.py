"""Limits that control groups set (Linux): those of containers and of batch systems."""

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
    groups = []
    for folder, is_first_version in _folders("memory", root, own):
        names = (
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            if is_first_version
            else ("memory.max", "memory.current", "inactive_file")
        )
        try:
            limit, used = (int((folder / name).read_text("ascii")) for name in names[:2])
            rows = (folder / "memory.stat").read_text("ascii").splitlines()
            idle = sum(int(row.split()[1]) for row in rows if row.split()[0] == names[2])
        except (OSError, ValueError):  # no limit ("max"), or no such group in here
            continue
        groups.append(GroupMemory(limit, max(used - idle, 0)))
    return groups


def cpu_quota(root: Path = ROOT, own: Path = OWN) -> float | None:
    """Processors' worth of time that this process and its like may take; None without a limit.

    Args:
        root: Where the control groups are mounted.
        own: The file that names those of this process.
    """
    quotas = []
    for folder, is_first_version in _folders("cpu", root, own):
        names = ("cpu.cfs_quota_us", "cpu.cfs_period_us") if is_first_version else ("cpu.max",)
        try:
            words = " ".join((folder / name).read_text("ascii") for name in names).split()
            quota, period = map(int, words)
        except (OSError, ValueError):
            continue
        if quota > 0 and period > 0:  # -1: no limit
            quotas.append(quota / period)
    return min(quotas, default=None)


def _folders(controller: str, root: Path, own: Path) -> Iterator[tuple[Path, bool]]:
    """Folders of the groups that this process is in, and whether they are of version 1.

    They come from the top down. A container often sees its own group at the top, though the path
    is the one outside of it.
    """
    try:
        lines = own.read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        folder = root / controller if controllers else root
        for part in PurePosixPath(path).parts:
            folder = folder / part.strip("/")
            yield folder, bool(controllers)
