"""The caller's side of a sweep on a Dask cluster.

It keeps the lanes: it knows how many runs each worker can take, gives a worker no more than that,
and so keeps the order of the plan. What is done on a worker is in `remote`.
"""

from __future__ import annotations

import queue
import uuid
from collections import Counter, deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from distributed import Client, Future
from distributed.comm import CommClosedError

from suite import __version__
from suite.data.datasets import PARTS, Dataset
from suite.data.images import keep_images
from suite.data.known import info_of
from suite.errors import RunnerError, SuiteError
from suite.records.machine import Machine
from suite.records.record import RunKey
from suite.runner.events import EpochEnded, LanesChanged, RunLost, RunStarted, SweepStarted
from suite.runner.isolate import MEMORY_SHARE, Limits, make_task
from suite.runner.local import POLL_SECONDS, RETRIES, Finished, OnEvent
from suite.runner.outcome import Told, record_of
from suite.runner.plan import Job, SplitOf
from suite.runner.remote import (
    Answer,
    Order,
    SchedulerSide,
    SweepClosedError,
    WorkerSide,
    do_order,
    source_of,
)
from suite.runner.task import Task

# Predictions are below 1 MB; a worker that does not hand them over in this time is stuck.
ANSWER_SECONDS = 60.0
# A message that nobody heeds.
NOTHING: Mapping[str, Any] = {"kind": "nothing", "token": ""}


@dataclass(frozen=True, kw_only=True)
class _Lane:
    """Room for one run: the worker, its machine, and which of the worker's lanes it is."""

    worker: str
    number: int
    memory: int
    machine: Machine


@dataclass(frozen=True, kw_only=True)
class _Run:
    """An attempt at a run."""

    lane: int
    job: Job
    task: Task
    future: Future[Answer]


class Dispatch:
    """State of a sweep; everything that happens elsewhere reaches it through `_inbox`."""

    def __init__(
        self,
        client: Client,
        jobs: Sequence[Job],
        datasets: Mapping[str, Dataset],
        split_of: SplitOf,
        limits: Limits,
        on_event: OnEvent,
    ) -> None:
        self._client = client
        self._jobs = tuple(jobs)
        self._datasets = datasets
        self._split_of = split_of
        self._limits = limits
        self._on_event = on_event
        self._name = f"suite-{uuid.uuid4().hex}"
        self._address = client.scheduler.address
        self._inbox: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self._waiting = deque(jobs)
        self._lanes: dict[int, _Lane] = {}
        self._live: dict[str, _Run] = {}
        self._losses: Counter[RunKey] = Counter()
        self._sent: set[tuple[str, str]] = set()
        self._ended: deque[Finished] = deque()

    def open(self) -> None:
        """Have the workers join the sweep, those that start later too."""
        needs = {(job.backend, job.requires): job for job in self._jobs}
        self._client.subscribe_topic(self._name, lambda event: self._inbox.put(event[1]))
        try:
            self._await_messages()
            for plugin in (
                SchedulerSide(self._name, self._client.id),
                WorkerSide(self._name, list(needs.values())),
            ):
                self._client.register_plugin(plugin, name=self._name)
        except (CommClosedError, TimeoutError):
            raise
        except Exception as error:
            raise RunnerError(
                f"the scheduler or a worker at {self._address} can't join: "
                f"{type(error).__name__}: {error}; install the same version of the suite there"
            ) from error
        # So that the number of lanes is known at the start; to hear of a worker twice is harmless.
        for _, message in self._client.get_events(self._name):
            self._hear(message)

    def _await_messages(self) -> None:
        """Wait until what is told under the sweep's name arrives here.

        The subscription goes by a connection of its own. A worker that joined before it might not
        be heard of, and a sweep without another would wait for ever.
        """
        for _ in range(int(ANSWER_SECONDS / POLL_SECONDS)):
            self._client.log_event(self._name, NOTHING)
            with suppress(queue.Empty):
                self._inbox.get(timeout=POLL_SECONDS)
                return
        raise TimeoutError

    def runs(self) -> Generator[Finished, None, None]:
        """Do the runs."""
        lanes = len(self._lanes)
        self._on_event(SweepStarted(jobs=self._jobs, lanes=lanes))
        while self._waiting or self._live:
            self._fill()
            message = NOTHING
            with suppress(queue.Empty):
                message = self._inbox.get(timeout=POLL_SECONDS)
            if not self.connected:
                raise self.lost_scheduler()
            self._hear(message)
            while self._ended:
                yield self._ended.popleft()
            if lanes != (lanes := len(self._lanes)):
                self._on_event(LanesChanged(lanes=lanes))

    def close(self) -> None:
        """End what is under way on the workers, and leave the cluster."""
        if self.connected:
            with suppress(Exception):  # the scheduler does the same when it finds the caller gone
                self._client.cancel([run.future for run in self._live.values()], force=True)
                self._client.unregister_worker_plugin(self._name)
                self._client.unregister_scheduler_plugin(self._name)
        with suppress(Exception):
            self._client.close()

    @property
    def connected(self) -> bool:
        """Whether the scheduler is there, as far as is known."""
        return bool(self._client.status == "running")

    def lost_scheduler(self) -> RunnerError:
        """What to say when the scheduler is gone."""
        return RunnerError(
            f"the scheduler at {self._address} was lost; the runs that ended are recorded, and "
            "the same command goes on from there once a scheduler runs"
        )

    def _fill(self) -> None:
        """Give every free lane a run, machines before second lanes of one machine."""
        taken = {run.lane for run in self._live.values()}
        free = sorted(set(self._lanes) - taken, key=lambda n: (self._lanes[n].number, n))
        for lane in free[: len(self._waiting)]:
            job = self._waiting.popleft()
            self._submit(lane, job)
            self._on_event(RunStarted(lane=lane, job=job))

    def _submit(self, number: int, job: Job) -> None:
        lane = self._lanes[number]
        split = self._split_of(job.key)
        limits = replace(self._limits, bytes=self._limits.bytes or lane.memory)
        task = make_task(job, self._datasets[job.key.dataset], split, limits, ())
        token = uuid.uuid4().hex
        order = Order(token=token, job=job, task=task, dataset=info_of(job.key.dataset),
                      source=source_of(job), lane=lane.number)  # fmt: skip
        future = self._client.submit(
            do_order, self._name, order, key=f"suite-run-{token}", pure=False, workers=[lane.worker]
        )
        self._live[token] = _Run(lane=number, job=job, task=task, future=future)
        future.add_done_callback(lambda _: self._inbox.put({"kind": "done", "token": token}))

    def _hear(self, message: Mapping[str, Any]) -> None:
        """Heed what a worker or the scheduler tells, or a future."""
        kind = message["kind"]
        if kind == "hello":
            self._join(message)
        elif kind == "lost":
            self._leave(message["worker"])
        elif message["token"] in self._live:  # else of an attempt that was given up
            if kind == "done":
                self._take(message["token"])
            else:
                run = self._live[message["token"]]
                shown = {name: message[name] for name in ("epoch", "epochs", "metrics")}
                self._on_event(EpochEnded(lane=run.lane, job=run.job, **shown))

    def _join(self, hello: Mapping[str, Any]) -> None:
        worker = hello["worker"]
        if any(lane.worker == worker for lane in self._lanes.values()):
            return
        if hello["version"] != __version__:
            raise RunnerError(
                f"the worker {worker} has version {hello['version']} of the suite, expected "
                f"{__version__}; install the same version there"
            )
        count = hello["threads"] // self._jobs[0].threads
        for number in range(count):
            lane = next(n for n in range(len(self._lanes) + 1) if n not in self._lanes)
            self._lanes[lane] = _Lane(
                worker=worker,
                number=number,
                memory=int(hello["memory_bytes"] * MEMORY_SHARE / count),
                machine=Machine(**hello["machine"]),
            )

    def _leave(self, worker: str) -> None:
        gone = {number for number, lane in self._lanes.items() if lane.worker == worker}
        for token, run in list(self._live.items()):
            if run.lane in gone:
                self._lose(token, f"the worker {worker} was lost")
        for number in gone:
            del self._lanes[number]

    def _take(self, token: str) -> None:
        """See what came of an attempt."""
        run = self._live[token]
        lane = self._lanes[run.lane]
        if run.future.status == "error":
            self._refuse(token, lane, run.future.exception())
            return
        try:
            answer = run.future.result(timeout=ANSWER_SECONDS)
        except Exception as error:  # a broken connection: to the worker, or to the scheduler
            self._lose(token, f"the worker {lane.worker} did not hand over its result: {error!r}")
            return
        del self._live[token]
        if answer.told is None:
            self._send_images(run.job.key.dataset, lane.worker)
            self._submit(run.lane, run.job)
        else:
            self._finish(run, answer.told, answer.machine)

    def _refuse(self, token: str, lane: _Lane, error: BaseException | None) -> None:
        if isinstance(error, SweepClosedError):
            self._lose(token, f"the worker {lane.worker} was shut down")
            return
        told = error if isinstance(error, SuiteError) else repr(error)
        raise RunnerError(f"on the worker {lane.worker}: {told}") from error

    def _lose(self, token: str, reason: str) -> None:
        """Have a run done again, or give it up where it was lost too often."""
        run = self._live.pop(token)
        run.future.cancel()
        self._losses[run.job.key] += 1
        losses = self._losses[run.job.key]
        if losses > RETRIES:
            told = Told(
                started_at=datetime.now(UTC).isoformat(timespec="seconds"),
                history=(),
                answer=None,
                ending=None,
                lost=f"{reason} during the run, {losses} times in all; it may have taken "
                "more than the machine has",
            )
            self._finish(run, told, self._lanes[run.lane].machine)
            return
        self._waiting.appendleft(run.job)
        self._on_event(RunLost(lane=run.lane, job=run.job, reason=reason))

    def _finish(self, run: _Run, told: Told, machine: Machine) -> None:
        job = run.job
        dataset, split = self._datasets[job.key.dataset], self._split_of(job.key)
        record, arrays = record_of(job, run.task, told, dataset=dataset, split=split,
                                   machine=machine)  # fmt: skip
        self._ended.append(Finished(lane=run.lane, job=job, record=record, arrays=arrays))

    def _send_images(self, dataset: str, worker: str) -> None:
        """Send a worker the images of a dataset that it could not find; labels stay here."""
        if (dataset, worker) in self._sent:
            return
        self._sent.add((dataset, worker))
        images = {part: np.array(self._datasets[dataset].images(part)) for part in PARTS}
        try:
            self._client.run(keep_images, info_of(dataset), images, workers=[worker])
        except SuiteError as error:
            raise RunnerError(f"on the worker {worker}: {error}") from error
