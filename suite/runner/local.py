"""Runs jobs in lanes on this machine."""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

from suite.data.datasets import Dataset
from suite.errors import RunnerError
from suite.models_io.saved import Written
from suite.records.arrays import RunArrays
from suite.records.machine import calibration, free_memory, this_machine, usable_cores
from suite.records.record import Record, RunKey
from suite.runner.budget import Budget
from suite.runner.events import EpochEnded, Event, RunStarted, SweepStarted
from suite.runner.forkserver import ForkServer
from suite.runner.isolate import IsolatedRun, Limits, make_task
from suite.runner.outcome import record_of
from suite.runner.plan import Job, SplitOf
from suite.runner.sandbox import require
from suite.runner.servers import Servers, uses_gpu
from suite.runner.task import Task

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
        written: What became of the fitted model; None where it was not to be saved.
    """

    lane: int
    job: Job
    record: Record
    arrays: RunArrays | None
    written: Written | None = None


def run_local(
    jobs: Sequence[Job],
    datasets: Mapping[str, Dataset],
    split_of: SplitOf,
    *,
    lanes: int,
    limits: Limits,
    on_event: OnEvent = lambda event: None,
    models: Path | None = None,
    free: Callable[[], int] = free_memory,
) -> Generator[Finished, None, None]:
    """Do runs side by side and yield each as it ends.

    A lane waits while the memory that its run is expected to need is not free; see `Budget`.
    Closing the generator, or an exception in the caller, ends the runs under way and every process
    that they started.

    Args:
        jobs: The runs, in the order in which they are taken; all of one number of threads.
        datasets: The datasets by name.
        split_of: The split of a run.
        lanes: How many runs at a time.
        limits: Of each run.
        on_event: Told of the progress.
        models: Folder below which fitted models are written; None if they are not kept.
        free: Tells how much memory is free on this machine, in bytes.

    Yields:
        Each run that ended. That it did is for the caller to tell, once it has stored the record.

    Raises:
        RunnerError: No process can be started, or models could read what must be closed to them.
    """
    if not jobs:
        return
    cores = lane_cores(lanes, jobs[0].threads)
    servers = Servers(jobs, saving=models is not None)
    waiting, budget = deque(jobs), Budget(limits.bytes, free, on_event)
    live: dict[int, tuple[Job, IsolatedRun]] = {}  # by lane
    again: Counter[RunKey] = Counter()
    on_event(SweepStarted(jobs=tuple(jobs), lanes=lanes))
    calibration()  # while nothing else runs
    try:
        while waiting or live:
            while waiting and len(live) < lanes:
                job = budget.choose(waiting, [(job, run.guard) for job, run in live.values()])
                if job is None:
                    break
                lane = next(number for number in range(lanes) if number not in live)
                split = split_of(job.key)
                own = () if uses_gpu(job) else cores[lane]
                data, folder = datasets[job.key.dataset], _new_folder(models)
                task = make_task(job, data, split, limits, own, folder)
                live[lane] = job, start_run(servers.of(job), job, task)
                on_event(RunStarted(lane=lane, job=job))
            ready = wait([run.connection for _, run in live.values()], timeout=POLL_SECONDS)
            for lane, (job, run) in list(live.items()):
                if run.connection in ready:
                    run.receive(_epoch_teller(on_event, lane, job))
                else:
                    run.end_if_overdue()
                if not run.finished:
                    continue
                run.abandon()
                run.check_held()
                del live[lane]
                if run.never_began and again[job.key] < RETRIES:
                    again[job.key] += 1
                    waiting.appendleft(job)
                    continue
                if run.lost_guard:
                    servers.of(job).end_orphans()
                record, arrays = record_of(
                    job,
                    run.task,
                    run.told,
                    dataset=datasets[job.key.dataset],
                    split=split_of(job.key),
                    machine=this_machine(job.requires),
                )
                budget.learn(record)
                yield Finished(
                    lane=lane, job=job, record=record, arrays=arrays, written=run.written
                )
    finally:
        for _, run in live.values():
            run.abandon()
        servers.close()


def _new_folder(parent: Path | None) -> Path | None:
    if parent is None:
        return None
    return Path(tempfile.mkdtemp(prefix="model-", dir=parent)).resolve()  # runs work elsewhere


def start_run(server: ForkServer, job: Job, task: Task) -> IsolatedRun:
    """Begin a run.

    Raises:
        RunnerError: No process can be started.
        UsageError: A sandbox is required, and this machine gives none.
    """
    if task.require_sandbox:
        require()
    try:
        return IsolatedRun(server, task)
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
