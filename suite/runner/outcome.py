"""From what a run's process told, or failed to tell, to its record."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from suite.data.datasets import Dataset
from suite.protocol.splits import Split
from suite.records.arrays import RunArrays
from suite.records.machine import Machine
from suite.records.record import Count, DatasetFacts, Environment, Record, RunError, make_record
from suite.runner.memory import MIB
from suite.runner.messages import first_fault
from suite.runner.outputs import (
    check_count,
    check_predictions,
    check_probabilities,
    confidence_of,
    log_loss,
)
from suite.runner.plan import Job
from suite.runner.task import Task, clip

if TYPE_CHECKING:
    from numpy.typing import NDArray

Facts = Mapping[str, Any]
Arrays = Mapping[str, "NDArray[Any]"]


@dataclass(frozen=True, kw_only=True)
class Told:
    """All that came back from a run.

    Attributes:
        started_at: ISO 8601, UTC.
        history: A row for each epoch.
        answer: Facts and arrays of the worker's last message, if it sent one.
        ending: The guard's last message; None where the guard was killed.
        model_bytes: Size of the fitted model, if its process came to tell it.
        multiply_adds: What a network computes for one image, likewise.
        overdue: Whether it was the suite that killed the guard, which let the time limit pass.
        lost: Why nothing came back, where the machines that did the run were lost.
        fault: What was wrong with the first message that the suite's own code did not send.
    """

    started_at: str
    history: Sequence[Mapping[str, float | int]]
    answer: tuple[Facts, Arrays] | None
    ending: Facts | None
    model_bytes: int | None = None
    multiply_adds: int | None = None
    overdue: bool = False
    lost: str = ""
    fault: str = ""


def record_of(
    job: Job,
    task: Task,
    told: Told,
    *,
    dataset: Dataset,
    split: Split,
    machine: Machine,
) -> tuple[Record, RunArrays | None]:
    """The record of a run, and its arrays if it predicted.

    Args:
        job: What was asked.
        task: What the process was told.
        told: What came back.
        dataset: What the images and labels come from.
        split: Which of them the run was about.
        machine: Where the run was done.
    """
    facts = told.answer[0] if told.answer else {}
    asked = _asked(job, task, dataset, told)
    try:
        found, arrays = _found(task, told, dataset, split)
        environment = _environment(job, facts, told, machine)
        return make_record(**asked, **found, environment=environment), arrays
    except Exception as wrong:  # whatever a plugin's process told that a record can't hold
        environment = _environment(job, {}, told, machine)
        return make_record(**asked, **_invalid(wrong), environment=environment), None


def _asked(job: Job, task: Task, dataset: Dataset, told: Told) -> dict[str, Any]:
    """The fields of a record that are known whatever came of the run."""
    return {
        "model": job.key.model,
        "variant": job.key.variant,
        "parameters": dict(job.parameters),
        "preset_changes": dict(job.preset_changes),
        "source_hash": job.source_hash,
        "dataset": DatasetFacts(name=job.key.dataset, sums=dict(dataset.sums)),
        "protocol": job.key.protocol,
        "preset": job.key.preset,
        "split_hash": job.split_hash,
        "train_images": job.train_images,
        "seed": job.key.seed,
        "fold": job.key.fold,
        "threads": job.threads,
        "time_limit_seconds": task.limit_seconds,
        "memory_limit_mib": None if task.limit_bytes is None else task.limit_bytes // MIB,
        "started_at": told.started_at,
    }


def _found(
    task: Task, told: Told, dataset: Dataset, split: Split
) -> tuple[dict[str, Any], RunArrays | None]:
    """The fields that say what came of the run, and its arrays if it predicted."""
    history = {"history": tuple(told.history) or None}
    answered = told.ending is not None and told.ending["reason"] == "answered"
    if told.ending is None or not answered or (told.answer is None and not told.fault):
        status, error = cut_short(task, told)
        return {**history, "status": status, "error": error}, None
    if told.fault or told.answer is None:
        return {**history, **_invalid(_OddMessageError(told.fault))}, None
    facts, received = told.answer
    if facts["kind"] == "error":
        trace = f"{facts['traceback']}\n{told.ending['output']}".strip()
        error = RunError(
            type=clip(facts["type"], 200), message=clip(facts["message"]), traceback=clip(trace)
        )
        return {**history, "status": facts["status"], "error": error}, None
    labels = dataset.labels("train" if split.scores_training_images else "test")
    try:
        measured, arrays = _measured(facts, told.ending, received, task, labels[split.test])
    except Exception as wrong:
        return {**history, **_invalid(wrong)}, None
    measured["peak_memory_mib"] = max(told.ending["peak_memory_bytes"], 0) / MIB
    measured["model_bytes"] = told.model_bytes
    measured["multiply_adds"] = told.multiply_adds
    measured["other_cpu_seconds"] = told.ending["other_cpu_seconds"]
    measured["arrays_sha256"] = arrays.sha256()
    return {**history, "status": "ok", **measured}, arrays


class _OddMessageError(Exception):
    """A message that only a plugin can have sent, beside those of the suite."""

    def __str__(self) -> str:
        return (f"its process sent {super().__str__()}; the suite sends none such. "
                "A plugin has to leave the pipes of its process alone")  # fmt: skip


def _invalid(wrong: Exception) -> dict[str, Any]:
    """Status and reason of a run whose answer can't be used."""
    text = first_fault(wrong) if isinstance(wrong, ValidationError) else str(wrong)
    name = type(wrong).__name__.removeprefix("_")
    return {"status": "invalid", "error": RunError(type=name, message=clip(text))}


def _measured(
    facts: Facts, ending: Facts, received: Arrays, task: Task, test_labels: NDArray[np.uint8]
) -> tuple[dict[str, Any], RunArrays]:
    """Figures and arrays of a run that predicted, checked again outside the plugin's process."""
    path = task.plugin_path
    if ending["fit_cpu_seconds"] is None:
        raise _OddMessageError("a result though it never said that it was done fitting")
    predictions = check_predictions(received["predictions"], len(task.test), path)
    validation = None
    if len(task.validation):
        validation = check_predictions(
            received["validation_predictions"], len(task.validation), path
        )
    measured: dict[str, Any] = {
        "fit_wall_seconds": float(ending["fit_wall_seconds"]),
        "fit_cpu_seconds": float(ending["fit_cpu_seconds"]),
        "predict_wall_seconds": float(facts["predict_wall_seconds"]),
    }
    measured["engine"] = clip(facts["engine"], 200)
    check_count(facts["parameter_count"], path)
    measured["parameter_count"] = Count(**facts["parameter_count"])
    confidence = None
    if "probabilities" in received:
        probabilities = check_probabilities(received["probabilities"], len(task.test), path)
        confidence = confidence_of(probabilities, predictions)
        measured["log_loss"] = log_loss(probabilities, test_labels)
    return measured, RunArrays(
        predictions=predictions, confidence=confidence, validation_predictions=validation
    )


def cut_short(task: Task, told: Told) -> tuple[str, RunError]:
    """Status and reason of a run whose process was ended or ended itself."""
    ending = told.ending
    if told.lost:
        return "failed", RunError(type="WorkerLost", message=told.lost)
    if told.overdue:
        message = (
            f"not finished within the time limit of {task.limit_seconds:g} s; the process that "
            "watched over the run had been stopped, probably by the plugin"
        )
        return "timeout", RunError(type="TimeLimit", message=message)
    if ending is None:
        message = "the process that watched over the run was killed, probably by the plugin"
        return "failed", RunError(type="SupervisorKilled", message=message)
    # A crash report of Python's ends with a long list of loaded modules, which says nothing.
    output = clip(str(ending["output"]).partition("\nExtension modules:")[0])
    reason, code = ending["reason"], ending["exit_status"]
    if reason == "timeout":
        message = f"not finished within the time limit of {task.limit_seconds:g} s"
        return "timeout", RunError(type="TimeLimit", message=message, traceback=output)
    if reason == "out_of_memory":
        limit = (task.limit_bytes or 0) / MIB
        message = f"its processes used more than the memory limit of {limit:.0f} MiB"
        return "out_of_memory", RunError(type="MemoryLimit", message=message, traceback=output)
    if reason == "stopped":
        message = "the process was stopped (SIGSTOP) and did not go on"
        return "failed", RunError(type="Stopped", message=message, traceback=output)
    if code is not None and code < 0:
        message = f"the process was killed by signal {-code} ({_signal_name(-code)})"
        return "failed", RunError(type="Killed", message=message, traceback=output)
    message = f"the process ended with exit status {code} and without a result"
    return "failed", RunError(type="Exited", message=message, traceback=output)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"


def _environment(job: Job, facts: Facts, told: Told, machine: Machine) -> Environment:
    """Machine and software of a run; what only its process could tell is in `facts`."""
    return Environment(
        **asdict(machine),
        sandbox=(told.ending or {}).get("sandbox"),
        backend=job.backend,
        device=clip(str(facts.get("device") or "cpu"), 200),
        precision=clip(str(facts.get("precision") or job.precision), 200),
    )
