"""Runs jobs in lanes on this machine."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

from suite.data.datasets import Dataset
from suite.errors import RunnerError
from suite.records.machine import usable_cores
from suite.records.record import Record, RunArrays, RunKey
from suite.runner.confine import thread_environment
from suite.runner.events import EpochEnded, Event, RunStarted, SweepStarted
from suite.runner.forkserver import ForkServer
from suite.runner.isolate import IsolatedRun, Limits
from suite.runner.plan import Job, SplitOf

OnEvent = Callable[[Event], None]
POLL_SECONDS = 0.5
# A run whose fork server was killed before it could begin is begun anew.
RETRIES = 2


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A run that ended, whatever came of it.

    Attributes:
        lane: The lane that it was done in.
        job: What was asked.
        record: What came of it.
        arrays: What it predicted; None where it gave no result.
    """

    lane: int
    job: Job
    record: Record
    arrays: RunArrays | None


def run_local(
    jobs: Sequence[Job],
    datasets: Mapping[str, Dataset],
    split_of: SplitOf,
    *,
    lanes: int,
    limits: Limits,
    on_event: OnEvent = lambda event: None,
) -> Generator[Finished, None, None]:
    """Do runs side by side and yield each as it ends.

    Closing the generator, or an exception in the caller, ends the runs under way and every process
    that they started.

    Args:
        jobs: The runs, in the order in which they are taken; all of one number of threads.
        datasets: The datasets by name.
        split_of: The split for (dataset, seed, fold).
        lanes: How many runs at a time.
        limits: Of each run.
        on_event: Told of the progress.

    Yields:
        Each run that ended. That it did is for the caller to tell, once it has stored the record.

    Raises:
        RunnerError: No process can be started.
    """
    if not jobs:
        return
    cores = lane_cores(lanes, jobs[0].threads)
    servers = _servers(jobs)
    waiting = deque(jobs)
    live: dict[int, IsolatedRun] = {}  # by lane
    again: Counter[RunKey] = Counter()
    on_event(SweepStarted(jobs=tuple(jobs), lanes=lanes))
    try:
        while waiting or live:
            while waiting and len(live) < lanes:
                lane = next(number for number in range(lanes) if number not in live)
                job = waiting.popleft()
                live[lane] = _start(
                    servers[_is_bare(job)], job, datasets, split_of, limits, cores[lane]
                )
                on_event(RunStarted(lane=lane, job=job))
            ready = wait([run.connection for run in live.values()], timeout=POLL_SECONDS)
            for lane, run in list(live.items()):
                if run.connection in ready:
                    run.receive(_epoch_teller(on_event, lane, run.job))
                else:
                    run.end_if_overdue()
                if not run.finished:
                    continue
                run.abandon()
                del live[lane]
                if run.never_began and again[run.job.key] < RETRIES:
                    again[run.job.key] += 1
                    waiting.appendleft(run.job)
                    continue
                if run.lost_guard:
                    servers[_is_bare(run.job)].end_orphans()
                record, arrays = run.outcome()
                yield Finished(lane=lane, job=run.job, record=record, arrays=arrays)
    finally:
        for run in live.values():
            run.abandon()
        for server in servers.values():
            server.close()


def _start(
    server: ForkServer,
    job: Job,
    datasets: Mapping[str, Dataset],
    split_of: SplitOf,
    limits: Limits,
    cores: tuple[int, ...],
) -> IsolatedRun:
    split = split_of(job.key.dataset, job.key.seed, job.key.fold)
    try:
        return IsolatedRun(server, job, datasets[job.key.dataset], split, limits, cores)
    except OSError as error:
        raise RunnerError(
            f"can't start a process for {job.label}: {error.strerror}; "
            "free memory or process numbers, or use fewer --jobs"
        ) from error


def _epoch_teller(
    on_event: OnEvent, lane: int, job: Job
) -> Callable[[int, int, Mapping[str, float]], None]:
    def tell(epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
        on_event(EpochEnded(lane=lane, job=job, epoch=epoch, epochs=epochs, metrics=metrics))

    return tell


def lane_cores(lanes: int, threads: int) -> list[tuple[int, ...]]:
    """The cores of each lane: its own where there are enough, else none (not pinned)."""
    cores = usable_cores()
    if lanes * threads > len(cores):
        return [()] * lanes
    return [tuple(cores[lane * threads : (lane + 1) * threads]) for lane in range(lanes)]


def _is_bare(job: Job) -> bool:
    """Whether a run must be forked from a process that has loaded no library.

    JAX starts threads when it is imported, and a graphics card's driver does not survive a fork.
    """
    return job.backend == "jax" or (job.backend is not None and _has_gpu())


def _has_gpu() -> bool:
    return any(Path(device).exists() for device in ("/dev/nvidiactl", "/dev/kfd"))


def _servers(jobs: Sequence[Job]) -> dict[bool, ForkServer]:
    """The fork servers, with libraries loaded and bare; each starts with its first run."""
    environment = {
        **thread_environment(jobs[0].threads),
        "PYTHONHASHSEED": "0",
        # Several runs share a graphics card: none may take all its memory at the start.
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
    }
    backends = [job.backend for job in jobs if job.backend is not None]
    if backends:
        environment["KERAS_BACKEND"] = backends[0]
    loaded = [name for job in jobs if not _is_bare(job) for name in _preloads(job)]
    return {
        False: ForkServer(list(dict.fromkeys(loaded)), environment),
        True: ForkServer([], environment),
    }


def _preloads(job: Job) -> list[str]:
    """Import names worth loading once for all; Keras loads its backend itself."""
    return [name for name in job.requires if "|" not in name]
