"""One run in a process of its own, seen from the suite."""

from __future__ import annotations

import os
import pickle
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from suite.data.datasets import Dataset
from suite.errors import RunnerError
from suite.models_io.saved import Written
from suite.protocol.seeds import model_seed
from suite.protocol.splits import Split
from suite.runner.epochs import Epochs, History
from suite.runner.forkserver import ForkServer
from suite.runner.messages import fault_of
from suite.runner.outcome import Arrays, Facts, Told
from suite.runner.outputs import InvalidOutputError
from suite.runner.plan import Job
from suite.runner.servers import uses_gpu
from suite.runner.task import Task, unpack

# A guard that has not ended its run so long after the time limit is itself stopped or stuck.
GRACE_SECONDS = 10.0
# Of a machine's memory; the system, the suite and what the libraries share need the rest.
MEMORY_SHARE = 0.8
# Of work other than a run: far more than there are.
MOST_STEPS = 100
UNSAVED = (
    "the run's process crashed or reached a limit of the run while it saved the model, "
    "after the result"
)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a run may take before it is ended.

    Attributes:
        seconds: Wall time of the run; None for no limit.
        bytes: Memory of its process tree (PSS); None for no limit.
        require_sandbox: Whether it may be begun only where the machine gives a sandbox.
        closed: Files and folders that it may not read, besides the datasets' labels.
    """

    seconds: float | None = None
    bytes: int | None = None
    require_sandbox: bool = False
    closed: tuple[Path, ...] = ()


class IsolatedRun:
    """A run under way; `connection` becomes readable when there is something to `receive`.

    Attributes:
        steps: What work other than a run has told so far, in order.
    """

    def __init__(self, server: ForkServer, task: Task) -> None:
        self.task = task
        self.steps: list[tuple[Facts, Arrays]] = []
        self._epochs = Epochs(task.params, task.plugin_path)
        self._history = History()
        self._fault = ""
        self._answer: tuple[Facts, Arrays] | None = None
        self._ending: Facts | None = None
        self._model: Facts = {}
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")
        self._started = time.monotonic()
        self.guard: int | None = None
        self.finished = False
        self._overdue = False
        self.connection = server.fork()
        # A guard that is killed before it reads this is noticed when its answer is waited for.
        with suppress(OSError):
            self.connection.send_bytes(pickle.dumps(task))

    def receive(self, on_epoch: Callable[[int, int, dict[str, float]], None]) -> None:
        """Take one message; afterwards `finished` says whether it was the last."""
        try:
            facts, arrays = unpack(self.connection.recv_bytes())
        except (EOFError, OSError):
            self.finished = True
            return
        except ValueError as error:
            self._fault = self._fault or str(error)
            return
        kind = facts["kind"]
        bare = kind == "result" and self.task.work is not None
        fault = "" if bare else fault_of(facts)
        if fault:
            self._fault = self._fault or fault
        elif kind == "hello" and self.guard is None:
            self.guard = facts["pid"]
        elif kind == "epoch":
            self._hear(facts, on_epoch)
        elif kind == "step" and self.task.work is not None and len(self.steps) < MOST_STEPS:
            self.steps.append((facts, arrays))
        elif kind in {"result", "error"}:
            self._answer = (facts, arrays)
        elif kind == "model":
            self._model = facts
        elif kind == "end":
            self._ending = facts
            self.finished = True

    def _hear(self, facts: Facts, on_epoch: Callable[[int, int, dict[str, float]], None]) -> None:
        epoch, epochs = facts["epoch"], facts["epochs"]
        try:
            metrics = self._epochs.checked(epoch, epochs, facts["metrics"])
        except InvalidOutputError as error:  # the worker has checked it: this is not its message
            self._fault = self._fault or str(error)
            return
        self._history.add(epoch, metrics, facts["cpu_seconds"])
        on_epoch(epoch, epochs, metrics)

    def end_if_overdue(self) -> None:
        """Kill the guard if it does not keep the time limit (it was stopped, say).

        The kernel then ends the worker, and the connection closes.
        """
        limit = self.task.limit_seconds
        if limit is None or time.monotonic() - self._started < limit + GRACE_SECONDS:
            return
        if self.guard is not None:
            self._overdue = True
            with suppress(ProcessLookupError):
                os.kill(self.guard, signal.SIGKILL)

    @property
    def lost_guard(self) -> bool:
        """Whether the run ended without a word from its guard."""
        return self.finished and self._ending is None

    @property
    def never_began(self) -> bool:
        """Whether nothing was ever heard of the run: its fork server was killed under it."""
        return self.finished and self.guard is None

    def check_held(self) -> None:
        """Refuse to go on where what must be closed to models could be read: nothing was trained.

        Raises:
            RunnerError: The run's process could read it, before the plugin was loaded.
        """
        path = (self._ending or {}).get("readable")
        if path:
            raise RunnerError(
                f"{path} can be read by models, though it must not: it lies in a folder that they "
                "import from, or is linked from there. Move it or that folder elsewhere"
            )

    @property
    def told(self) -> Told:
        """All that came back from the run so far."""
        return Told(
            started_at=self._started_at,
            history=self._history.rows,
            fault=self._fault,
            answer=self._answer,
            ending=self._ending,
            model_bytes=self._model.get("model_bytes"),
            multiply_adds=self._model.get("multiply_adds"),
            overdue=self._overdue,
        )

    @property
    def written(self) -> Written | None:
        """What became of the fitted model; None where it was not to be saved."""
        if self.task.model_folder is None:
            return None
        facts = self._model or {"reason": UNSAVED}
        texts = {name: str(facts.get(name, "")) for name in ("format", "view", "reason")}
        offered = facts.get("probabilities") is True
        return Written(folder=self.task.model_folder, probabilities=offered, **texts)

    def abandon(self) -> None:
        """Let go of the run: its guard ends it when the connection closes."""
        self.connection.close()


def make_task(
    job: Job,
    dataset: Dataset,
    split: Split,
    limits: Limits,
    cores: tuple[int, ...],
    model_folder: Path | None = None,
) -> Task:
    """What the run's process is told; labels of the images that are scored are not in it.

    Those of the validation images are for models that ask for them.
    """
    labels = np.asarray(dataset.labels("train"))
    of_validation = split.validation if job.uses_validation else split.validation[:0]
    return Task(
        plugin_path=job.plugin_path,
        plugin_module=job.plugin_module,
        params=job.used_parameters,
        seed=model_seed(job.key.seed, job.key.fold),
        threads=job.threads,
        precision=job.precision,
        cores=cores,
        train_file=dataset.images_path("train"),
        train=split.train,
        train_labels=labels[split.train],
        validation=split.validation,
        validation_labels=labels[of_validation],
        test_file=dataset.images_path("train" if split.scores_training_images else "test"),
        test=split.test,
        limit_seconds=limits.seconds,
        limit_bytes=limits.bytes,
        source_hash=job.source_hash,
        model_folder=model_folder,
        closed=(*dataset.label_files, *limits.closed),
        require_sandbox=limits.require_sandbox,
        card=uses_gpu(job),
    )
