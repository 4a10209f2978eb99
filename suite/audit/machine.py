"""Whether what a record says of machine and software can be, and is text that can be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from suite.audit.finding import Fault, shown
from suite.runner.task import TEXT_LIMIT

if TYPE_CHECKING:
    from suite.records.record import Record

# Linux is built for 8,192 processors at most, and x86-64 addresses 4 PiB.
_MOST_CORES = 2**13
_MOST_MEMORY_MIB = 2**32
_OLDEST_PYTHON = (3, 11)  # no version of the suite ran on an older one
_ALWAYS_THERE = ("numpy", "scikit-learn", "scipy")  # the suite does not start without them
# A processor from 1990 to one of which a core does as much as a server's GPU.
_GFLOPS, _COPIED_GIB = (0.001, 100_000.0), (0.001, 10_000.0)
_SANDBOX = re.compile("landlock [1-9][0-9]{0,2}, seccomp|none: .+")
_LONGEST_TEXT = 256
_LONGEST_ERROR = TEXT_LIMIT + 100  # what was cut has a sign before it


def machine_faults(record: Record) -> Iterator[Fault]:
    """What can't be so of the machine and software of a run of the suite."""
    yield from _size_faults(record)
    yield from _allowed_faults(record)
    yield from _version_faults(record)
    yield from text_faults(record)


def _size_faults(record: Record) -> Iterator[Fault]:
    cores, threads = record.environment.cores, record.threads
    if not 1 <= cores <= _MOST_CORES:
        expected = f"1 to {_MOST_CORES:,}"
        yield Fault(field="environment.cores", expected=expected, found=shown(cores))
    elif threads > cores:
        expected = f"at most {cores}, the machine's cores"
        yield Fault(field="threads", expected=expected, found=shown(threads))
    memory, peak = record.environment.memory_mib, record.peak_memory_mib
    if not 1 <= memory <= _MOST_MEMORY_MIB:
        expected = f"1 to {_MOST_MEMORY_MIB:,}"
        yield Fault(field="environment.memory_mib", expected=expected, found=shown(memory))
    elif peak is not None and peak > memory:
        expected = f"at most {memory}, the machine's memory"
        yield Fault(field="peak_memory_mib", expected=expected, found=f"{peak:.0f}")
    if peak == 0:
        yield Fault(
            field="peak_memory_mib",
            expected="more than 0: a fitted model takes memory",
            found="0",
            severity="warning",  # samples may all have missed a run of a moment
        )


def _allowed_faults(record: Record) -> Iterator[Fault]:
    """What a run was allowed and how fast its machine was, where that is recorded."""
    environment = record.environment
    ranges: dict[str, tuple[float | None, tuple[float, float]]] = {
        "environment.cpu_quota": (environment.cpu_quota, (0.001, _MOST_CORES)),
        "time_limit_seconds": (record.time_limit_seconds, (0.001, float("inf"))),
        "memory_limit_mib": (record.memory_limit_mib, (1, _MOST_MEMORY_MIB)),
    }
    speed, field = environment.calibration, "environment.calibration"
    if speed is not None:
        ranges[f"{field}.matrix_product_gflops"] = speed.matrix_product_gflops, _GFLOPS
        ranges[f"{field}.memory_copy_gib_per_second"] = (
            speed.memory_copy_gib_per_second,
            _COPIED_GIB,
        )
    for field, (value, (least, most)) in ranges.items():
        if value is not None and not least <= value <= most:
            yield Fault(field=field, expected=f"{least:g} to {most:,g}", found=shown(value))
    sandbox = environment.sandbox
    if sandbox is not None and not _SANDBOX.fullmatch(sandbox):
        expected = "such as 'landlock 7, seccomp', or 'none: ' and why"
        yield Fault(field="environment.sandbox", expected=expected, found=shown(repr(sandbox)))


def _version_faults(record: Record) -> Iterator[Fault]:
    python = record.environment.python
    version = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", python)
    if version is None or tuple(map(int, version.groups())) < _OLDEST_PYTHON:
        expected = f"Python {'.'.join(map(str, _OLDEST_PYTHON))} or newer, which the suite needs"
        yield Fault(field="environment.python", expected=expected, found=shown(python))
    packages = record.environment.packages
    missing = [name for name in _ALWAYS_THERE if name not in packages]
    if missing:
        yield Fault(
            field="environment.packages",
            expected=f"{', '.join(_ALWAYS_THERE)} among them: the suite needs them",
            found=f"none called {', '.join(missing)}",
        )
    for name, text in packages.items():
        if not text[:1].isdecimal():
            field = f"environment.packages.{shown(name)}"
            yield Fault(field=field, expected="a version", found=shown(repr(text)))


def text_faults(record: Record) -> Iterator[Fault]:
    """Texts that are longer than the suite writes them, or that a terminal can't show."""
    environment = record.environment.model_dump(exclude={"packages"}, exclude_none=True)
    texts = [(f"environment.{name}", value) for name, value in environment.items()]
    for name, text in record.environment.packages.items():
        texts += [("environment.packages", name), (f"environment.packages.{shown(name)}", text)]
    error = record.error
    texts += [("engine", record.engine), ("error.type", error.type if error else None)]
    for field, text in texts:
        if isinstance(text, str) and (len(text) > _LONGEST_TEXT or not text.isprintable()):
            yield Fault(
                field=field,
                expected=f"at most {_LONGEST_TEXT} characters, on one line",
                found=f"{len(text):,}: {shown(text)}",
            )
    long = {"error.message": error.message, "error.traceback": error.traceback} if error else {}
    for field, text in long.items():
        if len(text) > _LONGEST_ERROR:
            expected = f"at most {_LONGEST_ERROR:,} characters, to which the suite cuts it"
            yield Fault(field=field, expected=expected, found=f"{len(text):,}")
