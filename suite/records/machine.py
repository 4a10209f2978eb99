"""Facts about the machine and the software, for the record of each run."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from statistics import median

import numpy as np
import psutil

from suite.records.cgroup import cpu_quota, memory_groups

CPUINFO = Path("/proc/cpuinfo")
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
        processor_model: What tells it from others of that name; None where the system does not say.
        cores: Cores that this process may use.
        cpu_quota: Processors' worth of time that control groups allow; None without a limit.
        memory_mib: Physical memory, or the control group's limit where that is less.
        system: Operating system and version.
        python: Version of Python.
        packages: Versions of the installed packages that can change a result or a time.
        calibration: How fast one of its cores was when this process first asked, by the names of
            `suite.records.record.Calibration`.
        git_commit: Commit of the suite's checkout; None without one.
        git_dirty: Whether the checkout has other changes; None without one.
    """

    processor: str
    processor_model: str | None
    cores: int
    cpu_quota: float | None
    memory_mib: int
    system: str
    python: str
    packages: Mapping[str, str]
    calibration: Mapping[str, float]
    git_commit: str | None
    git_dirty: bool | None


def this_machine(requires: Iterable[str] = ()) -> Machine:
    """The machine that this process runs on, now: cores and memory may change while it runs.

    Args:
        requires: Import names that a model requires ("jax|torch": one of them).
    """
    commit, dirty = git_state()
    return Machine(
        processor=processor_name(),
        processor_model=processor_model(),
        cores=len(usable_cores()),
        cpu_quota=cpu_quota(),
        memory_mib=total_memory() // 2**20,
        system=system_name(),
        python=python_version(),
        packages=package_versions(tuple(requires)),
        calibration=calibration(),
        git_commit=commit,
        git_dirty=dirty,
    )


@cache
def processor_name() -> str:
    """The processor as the system names it, such as "AMD EPYC 9B14"."""
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


# Names in /proc/cpuinfo, and what they are called here: x86, ARM, RISC-V, POWER, s390.
_MODEL_FIELDS = {
    "vendor_id": "", "cpu family": "family", "model": "model", "stepping": "stepping",
    "CPU implementer": "implementer", "CPU variant": "variant", "CPU part": "part",
    "CPU revision": "revision", "uarch": "", "mvendorid": "vendor", "marchid": "architecture",
    "mimpid": "implementation", "cpu": "", "revision": "revision", "machine": "machine",
}  # fmt: skip


@cache
def processor_model() -> str | None:
    """What tells a processor from others of its name: "AuthenticAMD family 25 model 17 stepping 1".

    None where the system does not say.
    """
    known = _cpuinfo()
    words = [f"{short} {known[name]}".strip() for name, short in _MODEL_FIELDS.items()
             if known.get(name)]  # fmt: skip
    return " ".join(words)[:200] or None


@cache
def _cpuinfo() -> dict[str, str]:
    """What the system says of the first processor (Linux), and of all of them."""
    try:
        text = CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in reversed(list(pairs))}


@cache
def calibration() -> dict[str, float]:
    """How fast one core is, by 0.2 s of work on it; measured once a process.

    The names are those of `suite.records.record.Calibration`.
    """
    from threadpoolctl import threadpool_limits

    side, rng = 1024, np.random.default_rng(0)
    left, right = (rng.random((side, side), dtype=np.float32) for _ in range(2))
    product = np.empty_like(left)
    source, target = np.ones(2**25, np.uint8), np.empty(2**25, np.uint8)
    with threadpool_limits(limits=1):
        product_seconds = _median_seconds(lambda: np.matmul(left, right, out=product))
        copy_seconds = _median_seconds(lambda: np.copyto(target, source))
    return {
        "matrix_product_gflops": round(2 * side**3 / product_seconds / 1e9, 2),
        "memory_copy_gib_per_second": round(len(source) / copy_seconds / 2**30, 2),
    }


def _median_seconds(work: Callable[[], object]) -> float:
    """Median processor time of five calls, after one that warms up.

    Like the times of runs, and so that other programs count for little.
    """
    work()
    times = []
    for _ in range(5):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return median(times)


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
def package_versions(requires: tuple[str, ...] = ()) -> dict[str, str]:
    """Versions of the installed packages out of `PACKAGES` and of those required.

    Args:
        requires: Import names ("jax|torch": one of them).

    Returns:
        Versions by distribution name, sorted.
    """
    versions = {}
    for name in sorted({*PACKAGES, *distributions_of(requires)}):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def distributions_of(requires: Iterable[str]) -> set[str]:
    """Names of the installed distributions that hold some modules.

    Args:
        requires: Import names ("jax|torch": one of them).
    """
    holders = _holders()
    tops = {name.partition(".")[0] for names in requires for name in names.split("|")}
    return {name.replace("_", "-") for top in tops for name in holders.get(top, ())}


@cache
def _holders() -> Mapping[str, list[str]]:
    """The distributions that hold each top-level module."""
    return metadata.packages_distributions()


@cache
def git_state(site: Path | None = None) -> tuple[str | None, bool | None]:
    """Commit of the checkout that this file is in and whether it is dirty; Nones without one.

    Records and pages are left out of "dirty": every sweep and every report changes them.

    Args:
        site: Another folder of pages.
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
        made = ["results", "docs", "site", "README.md"]
        if site is not None and root in site.resolve().parents:
            made.append(site.resolve().relative_to(root).as_posix())
        besides = [f":(top,exclude,literal){name}" for name in made]
        changes = git("status", "--porcelain", "--", ".", *besides)
    except (OSError, subprocess.SubprocessError):
        return None, None
    return commit, bool(changes)


def system_name() -> str:
    """Operating system and its version, such as "Linux 6.1.0"."""
    return f"{platform.system()} {platform.release()}"


def python_version() -> str:
    """Version of Python, such as "3.11.7"."""
    return platform.python_version()
