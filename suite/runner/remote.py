"""The part of a sweep on a Dask cluster that runs on its workers and its scheduler."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from distributed import Scheduler, Worker, get_worker
from distributed.diagnostics.plugin import SchedulerPlugin, WorkerPlugin

from suite import __version__
from suite.data.images import find_images
from suite.data.known import DATASETS, DatasetInfo
from suite.data.sources import label_files
from suite.errors import RunnerError
from suite.records.machine import Machine, this_machine, total_memory, usable_cores
from suite.registry import install_command, missing_of, module_path
from suite.runner.isolate import IsolatedRun
from suite.runner.local import POLL_SECONDS, RETRIES, lane_cores, start_run
from suite.runner.outcome import Told
from suite.runner.plan import Job
from suite.runner.servers import Servers, uses_gpu
from suite.runner.task import Task
from suite.source_hash import source_hash


class SweepClosedError(Exception):
    """The worker leaves the sweep, or the sweep is over: the run came to nothing."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run to be done on a worker.

    Attributes:
        token: Names this attempt in messages.
        job: What is asked.
        task: What the run's process is told, with paths as they are for the caller.
        dataset: What the images are of.
        source: The plugin file, where it belongs to no package.
        lane: Which of the worker's lanes the run is in, from 0.
    """

    token: str
    job: Job
    task: Task
    dataset: DatasetInfo
    source: bytes | None
    lane: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of an order.

    Attributes:
        told: All that came back from the run; None where the worker has no images to run it on.
        machine: Where it was done.
    """

    told: Told | None
    machine: Machine


def source_of(job: Job) -> bytes | None:
    """The plugin file of a job, where it belongs to no package and so has to be sent.

    Raises:
        RunnerError: It can't be read.
    """
    if job.plugin_module is not None:
        return None
    try:
        return job.plugin_path.read_bytes()
    except OSError as error:
        raise RunnerError(f"{job.plugin_path}: can't be read ({error.strerror})") from error


def do_order(sweep: str, order: Order) -> Answer:
    """Do a run on the Dask worker that calls this.

    Args:
        sweep: Name of the sweep.
        order: The run.

    Raises:
        SweepClosedError: The sweep is over, or the worker is.
        SuiteError: The worker can't do this run: it has other code or lacks a library, say.
    """
    side = get_worker().plugins.get(sweep)
    if not isinstance(side, WorkerSide):
        raise SweepClosedError
    return side.do(order)


class WorkerSide(WorkerPlugin):  # type: ignore[misc]
    """Keeps a worker's fork servers for as long as the sweep or the worker lives.

    Messages to the caller are events of the topic that has the sweep's name.
    """

    def __init__(self, sweep: str, jobs: Sequence[Job]) -> None:
        """Nothing is started yet.

        Args:
            sweep: Name of the sweep.
            jobs: What will be run; one job for each set of needs is enough.
        """
        self._sweep = sweep
        self._jobs = tuple(jobs)

    async def setup(self, worker: Worker) -> None:
        """Join the sweep."""
        self._worker = worker
        self._lock = threading.Lock()
        self._closed = False
        self._servers = Servers(self._jobs)
        self._scratch = tempfile.TemporaryDirectory(prefix="suite-")
        self._images: dict[str, dict[str, Path]] = {}
        threads = worker.state.nthreads
        memory = worker.memory_manager.memory_limit
        if memory is None:
            memory = total_memory() * min(threads / len(usable_cores()), 1.0)
        hello = {
            "kind": "hello",
            "worker": worker.address,
            "threads": threads,
            "memory_bytes": int(memory),
            "version": __version__,
            "machine": asdict(await asyncio.to_thread(this_machine)),
        }
        worker.log_event(self._sweep, hello)

    async def teardown(self, worker: Worker) -> None:
        """End the runs under way on this worker, and all that they started."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._closed = True
        with self._lock:  # a run that is being started is also ended
            self._servers.close()
            self._scratch.cleanup()

    def do(self, order: Order) -> Answer:
        """Do a run; see `do_order`."""
        images = self._images_of(order.dataset)
        if images is None:
            return Answer(told=None, machine=this_machine())
        task = replace(
            order.task,
            plugin_path=self._plugin(order),
            cores=self._cores(order),
            train_file=images[order.task.train_file.name.partition("-")[0]],
            test_file=images[order.task.test_file.name.partition("-")[0]],
            closed=tuple(path for info in DATASETS.values() for path in label_files(info)),
            card=uses_gpu(order.job),
        )
        for _ in range(RETRIES + 1):
            run = self._run(order, task)
            if not run.never_began:
                break
        run.check_held()
        return Answer(told=run.told, machine=this_machine(order.job.requires))

    def _run(self, order: Order, task: Task) -> IsolatedRun:
        """One attempt, from its start to its end."""

        def tell(epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
            message = {"kind": "epoch", "token": order.token, "epoch": epoch, "epochs": epochs}
            self._worker.log_event(self._sweep, {**message, "metrics": dict(metrics)})

        with self._lock:
            if self._closed:
                raise SweepClosedError
            server = self._servers.of(order.job)
            run = start_run(server, order.job, task)
        try:
            while not run.finished and not self._closed:
                if wait([run.connection], timeout=POLL_SECONDS):
                    run.receive(tell)
                else:
                    run.end_if_overdue()
        finally:
            run.abandon()
        with self._lock:
            if self._closed:
                raise SweepClosedError
            if run.lost_guard:
                server.end_orphans()
        return run

    def _images_of(self, dataset: DatasetInfo) -> dict[str, Path] | None:
        with self._lock:
            if dataset.name not in self._images:
                found = find_images(dataset)
                if found is None:
                    return None
                self._images[dataset.name] = found
            return self._images[dataset.name]

    def _plugin(self, order: Order) -> Path:
        """The plugin file on this machine, once it is sure to be the caller's."""
        job = order.job
        if order.source is None:
            assert job.plugin_module is not None
            path = module_path(job.plugin_module)
        else:
            path = Path(self._scratch.name, order.token, job.plugin_path.name)
            path.parent.mkdir()
            path.write_bytes(order.source)
        if not path.is_file() or source_hash(path, job.plugin_module) != job.source_hash:
            raise RunnerError(
                f"{job.label}: expected the code of {job.plugin_path}, found other code or none "
                f"at {path}; install the same version of the suite and its plugins everywhere"
            )
        missing = missing_of(job.requires)
        if missing:
            raise RunnerError(f"{job.label} is not installed there: {install_command(missing)}")
        return path

    def _cores(self, order: Order) -> tuple[int, ...]:
        """Cores of the run's own, where the worker has a thread for each core that it may use.

        A worker of fewer threads may share its cores with other workers, which nobody tells it of.
        """
        threads = self._worker.state.nthreads
        if threads != len(usable_cores()) or uses_gpu(order.job):
            return ()
        return lane_cores(threads // order.job.threads, order.job.threads)[order.lane]


class SchedulerSide(SchedulerPlugin):  # type: ignore[misc]
    """Tells the caller of workers that left, and ends the sweep on all workers when it is gone."""

    def __init__(self, sweep: str, client: str) -> None:
        """Watch over a sweep.

        Args:
            sweep: Its name.
            client: Identity of the caller's client.
        """
        self._sweep = sweep
        self._client = client

    def remove_worker(
        self, scheduler: Scheduler, worker: str, *, stimulus_id: str, **kwargs: Any
    ) -> None:
        """A worker left or was lost."""
        scheduler.log_event(self._sweep, {"kind": "lost", "worker": worker})

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        """A client left; if it is the caller, however it ended, so does the sweep."""
        if client == self._client:
            self._ending = asyncio.ensure_future(self._end(scheduler))

    async def _end(self, scheduler: Scheduler) -> None:
        scheduler.remove_plugin(name=self._sweep)
        # The caller has done it already where it could; workers may be leaving, too.
        with suppress(Exception):
            await scheduler.unregister_worker_plugin(None, name=self._sweep)
