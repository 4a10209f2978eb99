"""Whether times, counts and histories are such as a run can have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from suite.audit.commits import commit_time
from suite.audit.finding import Fault, shown
from suite.audit.machine import machine_faults

if TYPE_CHECKING:
    from suite.records.record import Record

# Processor time is counted in ticks, and children's when they end: short runs are inexact.
_CPU_FACTOR, _CPU_SECONDS = 1.1, 1.0
_THREAD_FACTOR = 1.5
# A lane that was stopped, or starved by others, has wall time without processor time.
_LEAST_BUSY, _IDLE_SECONDS = 0.01, 10.0
_LEAST_SECONDS = 1e-6  # clocks tick oftener
_CLOCK = timedelta(days=1)
_MEASURED = ("fit_wall_seconds", "fit_cpu_seconds", "predict_wall_seconds", "peak_memory_mib",
             "engine", "parameter_count", "arrays_sha256")  # fmt: skip
_RESULTS = ("arrays_sha256", "log_loss", "model_bytes", "multiply_adds", "parameter_count",
            "predict_wall_seconds")  # fmt: skip
# Processor time besides the fit: importing and compiling, and predictions of test and validation
# images and of probabilities, about three times what is measured of the first.
_OTHER_SECONDS, _OTHER_PREDICTIONS = 60.0, 6.0
_LIMIT_SECONDS = 60.0  # a guard that sleeps, or is starved, ends a run so much later


def figure_faults(record: Record, now: datetime) -> Iterator[Fault]:
    """What can't be, or is unlikely, among a record's figures.

    Args:
        record: The record of a run of the suite.
        now: The time, with its zone.
    """
    yield from _status_faults(record)
    yield from machine_faults(record)
    yield from _time_faults(record)
    yield from _other_faults(record)
    yield from _end_faults(record, now)
    yield from start_faults(record, now)
    yield from _count_faults(record)
    yield from _size_faults(record)
    yield from _history_faults(record)


def _status_faults(record: Record) -> Iterator[Fault]:
    if record.status == "ok":
        if record.error is not None:
            yield Fault(field="error", expected="none, since status is ok", found="one")
        for name in _MEASURED:
            if getattr(record, name) is None:
                yield Fault(field=name, expected="a value, since status is ok", found="none")
        return
    if record.error is None:
        yield Fault(field="error", expected=f"a reason for status {record.status}", found="none")
    for name in _RESULTS:
        if getattr(record, name) is not None:
            expected = f"none, since status is {record.status}"
            yield Fault(field=name, expected=expected, found="one")


def _time_faults(record: Record) -> Iterator[Fault]:
    for name in ("fit_wall_seconds", "predict_wall_seconds"):
        value = getattr(record, name)
        if value is not None and value < _LEAST_SECONDS:
            yield Fault(field=name, expected=f"{_LEAST_SECONDS:f} or more", found=shown(value))
    limit = record.time_limit_seconds
    if limit is not None and (record.fit_wall_seconds or 0.0) > limit + _LIMIT_SECONDS:
        yield Fault(
            field="fit_wall_seconds",
            expected=f"at most time_limit_seconds, {limit:g}",
            found=f"{record.fit_wall_seconds:.1f}",
        )
    cores, threads = record.environment.cores, record.threads
    wall, cpu = record.fit_wall_seconds, record.fit_cpu_seconds
    if wall is None or cpu is None or cores < 1:
        return
    if cpu > min(cores, 10**6) * wall * _CPU_FACTOR + _CPU_SECONDS:
        yield Fault(
            field="fit_cpu_seconds",
            expected=f"at most fit_wall_seconds x cores, {wall:.1f} x {cores}",
            found=f"{cpu:.1f}",
        )
    elif cpu > min(threads, cores) * wall * _THREAD_FACTOR + _CPU_SECONDS:
        yield Fault(
            field="fit_cpu_seconds",
            expected=f"about fit_wall_seconds x threads at most, {wall:.1f} x {threads}",
            found=f"{cpu:.1f}: more threads were busy than the run was allowed",
            severity="warning",
        )
    elif wall > _IDLE_SECONDS and cpu < _LEAST_BUSY * wall:
        yield Fault(
            field="fit_cpu_seconds",
            expected=f"{_LEAST_BUSY:.0%} of fit_wall_seconds, {wall:.1f}, or more",
            found=f"{cpu:.1f}",
            severity="warning" if cpu else "error",
        )


def _other_faults(record: Record) -> Iterator[Fault]:
    """Whether training may have gone on outside of `fit`, where its clock does not see it."""
    other, predict = record.other_cpu_seconds, record.predict_wall_seconds or 0.0
    most = _OTHER_SECONDS + _OTHER_PREDICTIONS * predict * record.threads
    if other is not None and other > most:
        yield Fault(
            field="other_cpu_seconds",
            expected=f"at most {most:.0f}, by the time of predicting",
            found=f"{other:.0f}: does it learn outside of fit?",
            severity="warning",
        )


def _end_faults(record: Record, now: datetime) -> Iterator[Fault]:
    """Whether there was time for a run since it began."""
    try:
        left = (now - datetime.fromisoformat(record.started_at) + _CLOCK).total_seconds()
    except (ValueError, OverflowError, TypeError):
        return  # what is wrong with the start is told of it
    times = {n: getattr(record, n) or 0.0 for n in ("fit_wall_seconds", "predict_wall_seconds")}
    if sum(times.values()) > left > 0:
        longest = max(times, key=lambda name: times[name])
        yield Fault(
            field=longest,
            expected=f"at most {left:.0f} with all else, the time since started_at",
            found=f"{times[longest]:.4g}",
        )


def start_faults(record: Record, now: datetime) -> Iterator[Fault]:
    """Whether a run can have begun when its record says; arguments as for `figure_faults`."""
    expected = "a time in ISO 8601 with its zone, such as 2026-01-31T12:00:00+00:00"
    try:
        started = datetime.fromisoformat(record.started_at)
        zoned = started.utcoffset() is not None
        late = zoned and started > now + _CLOCK
    except (ValueError, OverflowError):
        yield Fault(field="started_at", expected=expected, found=shown(record.started_at))
        return
    if not zoned:
        yield Fault(field="started_at", expected=expected, found=shown(record.started_at))
    elif late:
        expected = f"a time that has come ({now.isoformat(timespec='seconds')})"
        yield Fault(field="started_at", expected=expected, found=shown(record.started_at))
    elif record.origin is None:
        yield from _commit_faults(record, started)


def _commit_faults(record: Record, started: datetime) -> Iterator[Fault]:
    commit = record.environment.git_commit
    if commit is None:
        return
    if len(commit) != 40 or not set(commit) <= set("0123456789abcdef"):
        field = "environment.git_commit"
        yield Fault(field=field, expected="40 hex digits", found=shown(commit))
        return
    made = commit_time(commit)
    if made is not None and started < made - _CLOCK:
        yield Fault(
            field="started_at",
            expected=f"a time after its commit was made, {made.isoformat()}",
            found=shown(record.started_at),
            severity="warning",
        )


def _count_faults(record: Record) -> Iterator[Fault]:
    count = record.parameter_count
    if count is None:
        return
    most = record.environment.memory_mib * 2**20
    if not 1 <= count.total <= most:
        yield Fault(
            field="parameter_count.total",
            expected="1 or more, and no more numbers than the machine has bytes of memory",
            found=shown(count.total),
        )
    if count.trainable is not None and count.trainable > count.total:
        yield Fault(
            field="parameter_count.trainable",
            expected=f"at most the total, {count.total}",
            found=shown(count.trainable),
        )


def _size_faults(record: Record) -> Iterator[Fault]:
    size, most = record.model_bytes, record.environment.memory_mib * 2**20
    if size is not None and not 1 <= size <= most:
        expected = "1 or more, and no more than the machine's memory"
        yield Fault(field="model_bytes", expected=expected, found=shown(size))


def _history_faults(record: Record) -> Iterator[Fault]:
    rows = record.history
    if not rows:
        if record.status == "ok" and (record.engine or "").startswith("keras"):
            expected = "a row an epoch, since Keras trained"
            yield Fault(field="history", expected=expected, found="none")
        return
    epochs = [row.get("epoch") for row in rows]
    if epochs != list(range(1, len(rows) + 1)):
        expected = f"epochs 1 to {len(rows)} in their order"
        yield Fault(field="history", expected=expected, found=shown(epochs))
    for number, row in enumerate(rows, start=1):
        for name, value in row.items():
            if name.endswith("accuracy") and not 0 <= value <= 1:
                place = f"history.{number}.{shown(name)}"
                yield Fault(field=place, expected="a fraction of 1", found=shown(value))
            if name.endswith("loss") and value < 0:
                place = f"history.{number}.{shown(name)}"
                yield Fault(field=place, expected="0 or more", found=shown(value))
    yield from _epoch_time_faults(record)
    planned = {**record.parameters, **record.preset_changes}.get("epochs")
    if not isinstance(planned, int) or isinstance(planned, bool) or planned == len(rows):
        return
    if len(rows) > planned or record.status == "ok":
        few = len(rows) < planned
        yield Fault(
            field="history",
            expected=f"{planned} rows, one an epoch" + (", unless it stopped early" if few else ""),
            found=f"{len(rows)}",
            severity="warning" if few else "error",
        )


def _epoch_time_faults(record: Record) -> Iterator[Fault]:
    """Whether the processor time at the ends of the epochs grows, up to that of the whole fit."""
    times = [row["cpu_seconds"] for row in record.history or () if "cpu_seconds" in row]
    if not times:
        return
    if times != sorted(times) or times[0] < 0:
        expected = "figures that do not fall: the processor time since fit began"
        yield Fault(field="history.cpu_seconds", expected=expected, found=shown(times))
    whole = record.fit_cpu_seconds
    if whole is not None and times[-1] > whole * _CPU_FACTOR + _CPU_SECONDS:
        yield Fault(
            field="history.cpu_seconds",
            expected=f"at most fit_cpu_seconds, {whole:.1f}",
            found=f"{times[-1]:.1f}",
        )
