"""Facts about the machine and the software, for the record of each run."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

import psutil

# What can change a result or a time; a run's record names those that are installed.
PACKAGES = (
    "fashion-mnist-suite",
    "jax",
    "keras",
    "lightgbm",
    "numpy",
    "scikit-learn",
    "scikit-learn-intelex",
    "scipy",
    "tensorflow",
    "tensorflow-cpu",
    "torch",
    "xgboost",
    "xgboost-cpu",
)


@cache
def processor_name() -> str:
    """The processor as the system names it, such as "AMD EPYC 9B14"."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> tuple[int, ...]:
    """Numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def total_memory() -> int:
    """Physical memory in bytes, or the control group's limit where that is less."""
    total = int(psutil.virtual_memory().total)
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(limit).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no control groups here, or "max"
            continue
    return total


@cache
def package_versions() -> dict[str, str]:
    """Versions of the installed packages out of `PACKAGES`, by distribution name."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


@cache
def git_state() -> tuple[str | None, bool | None]:
    """Commit of the checkout that this file is in and whether it is dirty; Nones without one.

    Result folders are left out of "dirty": every sweep changes them.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None, None

    def git(*arguments: str) -> str:
        return subprocess.run(  # noqa: S603
            ["git", "-C", str(root), *arguments],  # noqa: S607
            capture_output=True, text=True, check=True, timeout=10,
        ).stdout.strip()  # fmt: skip

    try:
        commit = git("rev-parse", "HEAD")
        changes = git("status", "--porcelain", "--", ".", ":!results", ":!docs", ":!site")
    except (OSError, subprocess.SubprocessError):
        return None, None
    return commit, bool(changes)


def system_name() -> str:
    """Operating system and its version, such as "Linux 6.1.0"."""
    return f"{platform.system()} {platform.release()}"


def python_version() -> str:
    """Version of Python, such as "3.11.7"."""
    return platform.python_version()
