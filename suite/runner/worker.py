"""The process in which a plugin runs: build, fit, predict, and report what came of it."""

from __future__ import annotations

import faulthandler
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from suite.contract import Classifier, FitContext, ParameterCount, Plugin
from suite.data.views import to_view
from suite.errors import ModelError
from suite.parents import die_with_parent
from suite.registry import load_plugin
from suite.runner import confine
from suite.runner.epochs import Epochs
from suite.runner.memory import memory_of, processor_seconds
from suite.runner.outputs import (
    InvalidOutputError,
    check_count,
    check_model,
    check_predictions,
    check_probabilities,
)
from suite.runner.size import model_bytes
from suite.runner.task import Task, clip, pack
from suite.source_hash import source_hash

if TYPE_CHECKING:
    from numpy.typing import NDArray

WARM_UP_IMAGES = 100
# What a saved model, loaded again, has to predict as the run did.
COMPARED_IMAGES = 500
# Taken before any plugin is loaded, which could put another clock in the module's place.
_clock = time.perf_counter


def run_worker(task: Task, pipe: Connection, supervisor: int) -> None:
    """Do a task and tell of it through a pipe; returns only by ending the process.

    Args:
        task: What to do.
        pipe: Where messages go: `epoch` while it trains (`step` from other work than a run),
            `result` or `error` at the end, and `model` behind the result of a run.
        supervisor: Process ID of the parent.
    """
    try:
        os.setsid()
        die_with_parent(supervisor)
        confine.offer_to_oom_killer()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for default in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(default, signal.SIG_DFL)
        faulthandler.enable(sys.__stderr__ or 2)
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        pipe.send_bytes(_outcome(task, pipe))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        # Nothing that a plugin left behind, threads or exit handlers, holds the process up.
        os._exit(0)


def _outcome(task: Task, pipe: Connection) -> bytes:
    phase = ["start"]
    try:
        return (task.work or _run)(task, pipe, phase)
    except InvalidOutputError as error:
        return _error("invalid", error, phase[0], with_traceback=False)
    except MemoryError as error:
        return _error("out_of_memory", error, phase[0])
    except BaseException as error:  # a plugin may raise SystemExit or worse
        return _error("failed", error, phase[0])


def _error(status: str, error: BaseException, phase: str, with_traceback: bool = True) -> bytes:
    """An exception as text: it may refuse to be pickled, and even to be printed."""
    message = printed(lambda: str(error))
    trace = printed(lambda: "".join(traceback.format_exception(error))) if with_traceback else ""
    facts = {
        "kind": "error",
        "status": status,
        "type": clip(type(error).__name__, 200),
        "message": clip(f"in {phase}: {message}" if with_traceback else message),
        "traceback": clip(trace),
    }
    return pack(facts)


def printed(text: Callable[[], str]) -> str:
    """A text of an object's own making, or that it can't be had."""
    try:
        return text().encode("utf-8", "backslashreplace").decode()
    except BaseException as error:
        return f"(can't be printed: its own conversion to text raised {type(error).__name__})"


def _check_code(task: Task) -> None:
    """A sweep takes hours: the plugin's file may have been edited since it was planned."""
    if task.source_hash in {None, source_hash(task.plugin_path, task.plugin_module)}:
        return
    raise InvalidOutputError(
        f"{task.plugin_path}: expected the code that was there when the sweep began, found that it "
        "or a helper was changed since. Give the command again: runs of the new code are others"
    )


def _run(task: Task, pipe: Connection, phase: list[str]) -> bytes:
    _check_code(task)
    process = psutil.Process()
    memory = [memory_of(process).private]
    confine.pin(task.cores)
    phase[0] = "import"
    plugin = load_plugin(task.plugin_path, task.plugin_module)
    seed_globals(task.seed)

    def images(file: Any, indices: NDArray[np.int32]) -> NDArray[np.float32]:
        # A copy of the run's own images: the file stays mapped by all lanes and read-only.
        return to_view(np.load(file, mmap_mode="r")[indices], plugin.view)

    X, y = images(task.train_file, task.train), read_only(task.train_labels)
    X_test = images(task.test_file, task.test)
    X_val = images(task.train_file, task.validation) if len(task.validation) else None
    y_val = read_only(task.validation_labels) if X_val is not None else None

    phase[0] = "build"
    confine.compute_in(task.precision)
    model: Classifier = plugin.build(seed=task.seed, threads=task.threads, **task.params)
    check_model(model, task.plugin_path)
    # After build, which may have loaded libraries that were not there before.
    confine.limit_threads(task.threads)

    phase[0] = "fit"
    context = FitContext(X_val=X_val, y_val=y_val, on_epoch=_epoch_sender(pipe, task))
    arguments = (X, y, context) if plugin.uses_validation else (X, y)
    cpu, wall = processor_seconds(), _clock()
    model.fit(*arguments)
    fit_wall, fit_cpu = _clock() - wall, processor_seconds() - cpu
    memory.append(memory_of(process).private)

    phase[0] = "predict"
    check_predictions(
        model.predict(X_test[:WARM_UP_IMAGES]), min(WARM_UP_IMAGES, len(X_test)), task.plugin_path
    )
    wall = _clock()
    answer = model.predict(X_test)
    predict_wall = _clock() - wall
    memory.append(memory_of(process).private)
    arrays: dict[str, NDArray[Any]] = {
        "predictions": check_predictions(answer, len(X_test), task.plugin_path)
    }
    if X_val is not None:
        arrays["validation_predictions"] = check_predictions(
            model.predict(X_val), len(X_val), task.plugin_path
        )
    predict_proba = getattr(model, "predict_proba", None)
    if callable(predict_proba):
        phase[0] = "predict_proba"
        arrays["probabilities"] = check_probabilities(
            predict_proba(X_test), len(X_test), task.plugin_path
        )
    memory.append(memory_of(process).private)

    phase[0] = "parameters"
    facts = {
        "kind": "result",
        "fit_wall_seconds": fit_wall,
        "fit_cpu_seconds": max(fit_cpu, 0.0),
        "predict_wall_seconds": predict_wall,
        "peak_memory_bytes": max(memory) - memory[0],
        "parameter_count": count_parameters(plugin, model, task.plugin_path),
        **_engine(model, plugin, task),
    }
    # The result goes first: whatever pickling does to this process, the run is recorded.
    pipe.send_bytes(pack(facts, arrays))
    told: dict[str, Any] = {"kind": "model", "model_bytes": model_bytes(model)}
    if task.model_folder is not None:
        told |= _save(task.model_folder, plugin, model, X_test, arrays)
    return pack(told)


def _save(
    folder: Path,
    plugin: Plugin,
    model: Classifier,
    X: NDArray[np.float32],
    arrays: Mapping[str, NDArray[Any]],
) -> dict[str, Any]:
    """Write the fitted model, and tell its format or why there is none."""
    from suite.models_io.files import write_checked

    compared = slice(COMPARED_IMAGES)
    probabilities = arrays.get("probabilities")
    given = None if probabilities is None else probabilities[compared]
    facts: dict[str, Any] = {"view": plugin.view, "probabilities": given is not None}
    try:
        facts["format"] = write_checked(
            model, folder, X[compared], arrays["predictions"][compared], given
        )
    except ModelError as error:
        facts["reason"] = clip(str(error), 1_000)
    except BaseException as error:  # a plugin's model may raise SystemExit or worse
        facts["reason"] = clip(f"{type(error).__name__}: {printed(error.__str__)}", 1_000)
    return facts


def seed_globals(seed: int) -> None:
    """Seed the generators of the process: a plugin that forgets its seed repeats all the same."""
    random.seed(seed)
    np.random.seed(seed)


def read_only(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy that can't be written to."""
    array = array.copy()
    array.setflags(write=False)
    return array


def _epoch_sender(pipe: Connection, task: Task) -> Callable[[int, int, Mapping[str, float]], None]:
    told = Epochs(task.params, task.plugin_path)

    def on_epoch(epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
        values = {str(name): float(value) for name, value in metrics.items()}
        kept = told.checked(int(epoch), int(epochs), values)
        facts = {"kind": "epoch", "epoch": int(epoch), "epochs": int(epochs), "metrics": kept}
        pipe.send_bytes(pack(facts))

    return on_epoch


def count_parameters(plugin: Plugin, model: Classifier, path: Path) -> dict[str, int | None]:
    """What the plugin's `parameters` says of a fitted model: `total`, and `trainable` or None.

    Raises:
        InvalidOutputError: It is no count.
    """
    counted = plugin.parameters(model)
    if isinstance(counted, ParameterCount):
        total, trainable = counted
    else:
        total, trainable = counted, None
    for number in (total, trainable):
        if number is not None and (not isinstance(number, (int, np.integer)) or number < 0):
            raise InvalidOutputError(
                f"{path.name}: parameters returned {number!r}, expected a count. "
                "Return an int of 0 or more, or a ParameterCount."
            )
    found = {"total": int(total), "trainable": None if trainable is None else int(trainable)}
    check_count(found, path)
    return found


def _engine(model: Classifier, plugin: Plugin, task: Task) -> dict[str, str]:
    """Which library trained, on what; facts that only the process itself can tell."""
    engine = getattr(model, "engine", None)
    if not isinstance(engine, str):
        own = type(model).__module__ == plugin.build.__module__
        engine = "plugin" if own else type(model).__module__.partition(".")[0]
    facts = {"engine": clip(engine, 200), "device": "cpu", "precision": task.precision}
    for name in ("device", "precision"):
        value = getattr(model, name, None)
        if isinstance(value, str) and engine.startswith("keras"):
            facts[name] = clip(value, 200)
    return facts
