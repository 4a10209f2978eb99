"""Facts about the machine and the software, for the record of each run."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import psutil

from suite.records.cgroup import memory_groups

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


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine and its software, as the records of runs on it name them.

    Attributes:
        processor: As the system names it.
        cores: Cores that this process may use.
        memory_mib: Physical memory, or the control group's limit where that is less.
        system: Operating system and version.
        python: Version of Python.
        packages: Versions of the installed packages that can change a result or a time.
        git_commit: Commit of the suite's checkout; None without one.
        git_dirty: Whether the checkout has other changes; None without one.
    """

    processor: str
    cores: int
    memory_mib: int
    system: str
    python: str
    packages: Mapping[str, str]
    git_commit: str | None
    git_dirty: bool | None


def this_machine() -> Machine:
    """The machine that this process runs on, now: cores and memory may change while it runs."""
    commit, dirty = git_state()
    return Machine(
        processor=processor_name(),
        cores=len(usable_cores()),
        memory_mib=total_memory() // 2**20,
        system=system_name(),
        python=python_version(),
        packages=package_versions(),
        git_commit=commit,
        git_dirty=dirty,
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
    """Physical memory in bytes, or a control group's limit where that is less."""
    total = int(psutil.virtual_memory().total)
    return min([total, *(group.limit for group in memory_groups())])


def free_memory() -> int:
    """Memory in bytes that this process's children can take, within its control groups."""
    free = int(psutil.virtual_memory().available)
    return min([free, *(group.limit - group.used for group in memory_groups())])


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
