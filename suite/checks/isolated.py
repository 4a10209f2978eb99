"""Trials of plugins in processes of their own, with the limits that runs have."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from threading import Event, Lock
from typing import Any

import numpy as np

from suite.checks.evidence import Step, Steps
from suite.checks.importing import Import
from suite.checks.traces import closed_places
from suite.checks.trial import ESSENTIAL, Trial
from suite.data.datasets import Dataset
from suite.protocol.splits import Split
from suite.records.machine import total_memory
from suite.runner.confine import thread_environment
from suite.runner.forkserver import ForkServer
from suite.runner.isolate import MEMORY_SHARE, IsolatedRun, Limits, make_task
from suite.runner.local import POLL_SECONDS, RETRIES, lane_cores, start_run
from suite.runner.outcome import cut_short
from suite.runner.plan import Job
from suite.runner.servers import Servers, uses_gpu
from suite.runner.task import Task, Work

_NOTHING = np.empty(0, dtype=np.int32)


class StoppedError(Exception):
    """The checks are given up; not an error of a plugin."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What all trials are about.

    Attributes:
        dataset: The images.
        split: Those to fit and those to predict.
        timeout: Limit of each process in seconds.
        lanes: How many trials are done at a time.
    """

    dataset: Dataset
    split: Split
    timeout: float
    lanes: int

    @property
    def limits(self) -> Limits:
        """Of each process."""
        return Limits(seconds=self.timeout, bytes=int(total_memory() * MEMORY_SHARE / self.lanes))


class Trials:
    """Starts processes and waits for them; may be used by several threads, each with a lane."""

    def __init__(self, ground: Ground, jobs: tuple[Job, ...]) -> None:
        """Nothing is started yet.

        Args:
            ground: What the trials are about.
            jobs: All that will be tried.

        Raises:
            DataError: `$SUITE_DATA_DIR` is no folder.
        """
        self._ground = ground
        self._closed = closed_places()
        self._cores = lane_cores(ground.lanes, 1)
        self._bare = ForkServer([], thread_environment(1))
        self._servers = Servers(jobs) if jobs else None
        self._lock = Lock()
        self._stopped = Event()

    def stop(self) -> None:
        """Have the trials under way end, and those that would begin raise `StoppedError`."""
        self._stopped.set()

    def close(self) -> None:
        """End all processes."""
        self.stop()
        with self._lock:
            self._bare.close()
            if self._servers:
                self._servers.close()

    def imported(self, path: Path, module: str | None) -> Step:
        """Import a plugin file.

        Args:
            path: The file.
            module: Its dotted name, where it belongs to a package.
        """
        task = Task(
            plugin_path=path, plugin_module=module, params={}, seed=0, threads=1,
            precision="float32", cores=(), train_file=path, train=_NOTHING,
            train_labels=_NOTHING.astype(np.uint8), validation=_NOTHING,
            validation_labels=_NOTHING.astype(np.uint8), test_file=path, test=_NOTHING,
            limit_seconds=self._ground.timeout, limit_bytes=self._ground.limits.bytes,
        )  # fmt: skip
        start = partial(IsolatedRun, self._bare)
        return self._steps(task, Import, start, self._bare, ("import",))["import"]

    def tried(
        self,
        lane: int,
        job: Job,
        steps: tuple[str, ...],
        *,
        seed: int,
        global_seed: int = 0,
        changes: Mapping[str, Any] | None = None,
    ) -> Steps:
        """Try a model, again without it where a step ends the process.

        Args:
            lane: The lane that it is done in.
            job: The model and its parameters.
            steps: Names of steps, `ESSENTIAL` first.
            seed: What `build` gets.
            global_seed: Seeds the generators that all code of a process shares.
            changes: Parameters that have other values.

        Returns:
            The steps that were begun.

        Raises:
            StoppedError: `stop` was called.
            RunnerError: No process can be started.
        """
        assert self._servers is not None
        server = self._servers.of(job)
        cores = () if uses_gpu(job) else self._cores[lane]
        ground = self._ground
        task = make_task(job, ground.dataset, ground.split, ground.limits, cores)
        task = replace(
            task,
            params={**task.params, **(changes or {})},
            seed=seed,
            # A trial works in another folder.
            train_file=task.train_file.resolve(),
            test_file=task.test_file.resolve(),
        )
        found: dict[str, Step] = {}
        todo = steps
        while todo:
            trial = partial(
                Trial, steps=todo, global_seed=global_seed, params=dict(job.parameters),
                closed=self._closed,
            )  # fmt: skip
            told = self._steps(task, trial, partial(start_run, server, job), server, todo)
            found = {**told, **found}
            ended = [name for name in told if told[name].status == "ended"]
            if not ended or ended[0] in ESSENTIAL:
                break
            rest = todo[todo.index(ended[0]) + 1 :]
            todo = (*ESSENTIAL, *rest) if rest else ()
        return found

    def _steps(
        self,
        task: Task,
        work: Callable[..., Work],
        start: Callable[[Task], IsolatedRun],
        server: ForkServer,
        names: tuple[str, ...],
    ) -> dict[str, Step]:
        """Do some work and read its steps; the one in which the process ended is the last."""
        for _ in range(RETRIES + 1):
            with tempfile.TemporaryDirectory(
                prefix="suite-check-", ignore_cleanup_errors=True
            ) as folder:
                own = replace(task, work=work(folder=Path(folder).resolve()))
                run = self._waited_for(own, start, server)
            if not run.never_began:
                break
        told = {str(facts["name"]): _step(facts, arrays) for facts, arrays in run.steps}
        broken = any(not step.ok and name in ESSENTIAL for name, step in told.items())
        missing = next((name for name in names if name not in told), None)
        if missing and not broken:
            told[missing] = _ended(task, run)
        return told

    def _waited_for(
        self, task: Task, start: Callable[[Task], IsolatedRun], server: ForkServer
    ) -> IsolatedRun:
        with self._lock:
            if self._stopped.is_set():
                raise StoppedError
            run = start(task)
        try:
            while not run.finished:
                if self._stopped.is_set():
                    raise StoppedError
                if wait([run.connection], timeout=POLL_SECONDS):
                    run.receive(lambda *news: None)
                else:
                    run.end_if_overdue()
        finally:
            run.abandon()
        if run.lost_guard:
            with self._lock:
                server.end_orphans()
        return run


def _step(facts: Mapping[str, Any], arrays: Mapping[str, Any]) -> Step:
    return Step(
        status=str(facts["status"]),
        message=str(facts.get("message", "")),
        line=facts.get("line"),
        facts=facts,
        arrays=arrays,
    )


def _ended(task: Task, run: IsolatedRun) -> Step:
    """The step in which a process ended, with the line where it crashed if Python tells it."""
    told = run.told
    answered = told.ending is not None and told.ending["reason"] == "answered"
    if answered and told.answer is not None:
        message, output = str(told.answer[0].get("message", "it sent no result")), ""
    else:
        _, error = cut_short(task, told)
        message, output = error.message, error.traceback or ""
    crash = re.search(rf'File "{re.escape(str(task.plugin_path))}", line (\d+)', output)
    return Step(status="ended", message=message, line=int(crash[1]) if crash else None)
