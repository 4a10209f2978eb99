"""The process in which a plugin runs: build, fit, predict, and report what came of it."""

from __future__ import annotations

import errno
import faulthandler
import multiprocessing
import os
import random
import signal
import site
import sys
import sysconfig
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from multiprocessing import reduction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.contract import Classifier, FitContext, ParameterCount, Plugin
from suite.data.views import to_view
from suite.errors import ModelError
from suite.loading import load_plugin, own_files
from suite.parents import die_with_parent
from suite.runner import confine, sandbox
from suite.runner.epochs import Epochs
from suite.runner.outputs import (
    InvalidOutputError,
    check_count,
    check_model,
    check_predictions,
    check_probabilities,
)
from suite.runner.size import model_bytes, multiply_adds
from suite.runner.task import Task, clip, pack
from suite.source_hash import source_hash

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.runner.task import Images

WARM_UP_IMAGES = 100
# What a saved model, loaded again, has to predict as the run did.
COMPARED_IMAGES = 500
# Images that are scaled at a time where they take the place of others.
SCALED_IMAGES = 1_000
# Taken before any plugin is loaded, which could put another clock in the module's place.
_clock = time.perf_counter


def run_worker(task: Task, pipe: Connection, supervisor: int, scratch: Path) -> None:
    """Do a task and tell of it through a pipe; returns only by ending the process.

    Args:
        task: What to do.
        pipe: Where messages go: `entered` once the process is shut off, `fit`, `epoch` while it
            trains (`step` from other work than a run), `fitted`, which the guard answers with the
            images to predict, `result` or `error` at the end, and `model` behind the result.
        supervisor: Process ID of the parent.
        scratch: A folder of the run's own.
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
        pipe.send_bytes(_outcome(task, pipe, scratch))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        # Nothing that a plugin left behind, threads or exit handlers, holds the process up.
        os._exit(0)


def _outcome(task: Task, pipe: Connection, scratch: Path) -> bytes:
    phase = ["start"]
    held = False
    try:
        if task.work is None:
            _check_code(task)
        images = _training_images(task)
        held = _shut_off(task, pipe, scratch)
        return (task.work or _run)(task, images, pipe, phase)
    except InvalidOutputError as error:
        return _error("invalid", error, phase[0], with_traceback=False)
    except MemoryError as error:
        return _error("out_of_memory", error, phase[0])
    except BaseException as error:  # a plugin may raise SystemExit or worse
        return _error("failed", error, phase[0], denied=denied(error) if held else "")


def _training_images(task: Task) -> Images:
    """The images to fit and to validate with: copies, since the file has others, too."""
    parts = {"train": task.train, "validation": task.validation}
    return {
        name: np.load(task.train_file, mmap_mode="r")[indices]
        for name, indices in parts.items()
        if len(indices)
    }


def _shut_off(task: Task, pipe: Connection, scratch: Path) -> bool:
    """Enter the sandbox, before any code of the plugin runs; returns whether there is one.

    Raises:
        InvalidOutputError: It does not hold: the message has been told to the guard.
    """
    os.environ |= sandbox.homes(scratch)
    tempfile.tempdir = None
    own = [scratch, task.model_folder, getattr(task.work, "folder", None)]
    sys.path[:] = [str(Path(folder).absolute()) for folder in sys.path]
    given = sandbox.enter(
        own_files(task.plugin_path, task.plugin_module),
        [folder for folder in own if folder],
        task.closed,
        card=task.card,
    )
    # Libraries write to the working folder, too. The user's own had to be known until now.
    os.chdir(scratch)
    held = not given.startswith("none")
    if held and multiprocessing.get_start_method() == "forkserver":
        # It listens on a socket, which is closed; the default from Python 3.14 on.
        multiprocessing.set_start_method("fork", force=True)
    readable = next((str(path) for path in task.closed if held and _can_read(path)), "")
    pipe.send_bytes(pack({"kind": "entered", "sandbox": given, "readable": readable}))
    if readable:
        raise InvalidOutputError(f"{readable} can be read by models")
    return held


def _can_read(path: Path) -> bool:
    """Whether a file can be read; the names in a folder beside a plugin can be listed."""
    try:
        if path.is_dir():
            return False
        os.close(os.open(path, os.O_RDONLY))
    except OSError:
        return False
    return True


def denied(error: BaseException | None) -> str:
    """What of an error comes from the sandbox, for a message; empty if nothing does."""
    for _ in range(20):  # a plugin can make a circle of its errors
        if isinstance(error, OSError) and error.errno in {errno.EACCES, errno.EPERM}:
            name = error.filename
            if name is None:
                return "the network and other processes are closed to models"
            return f"{printed(partial(os.fsdecode, name))}: closed to models"
        error = error and (error.__cause__ or error.__context__)
    return ""


def _error(
    status: str, error: BaseException, phase: str, with_traceback: bool = True, denied: str = ""
) -> bytes:
    """An exception as text: it may refuse to be pickled, and even to be printed."""
    message = printed(lambda: str(error))
    message = f"{message} ({denied})" if denied else message
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


def _run(task: Task, images: Images, pipe: Connection, phase: list[str]) -> bytes:
    confine.pin(task.cores)
    phase[0] = "import"
    plugin = load_plugin(task.plugin_path, task.plugin_module)
    seed_globals(task.seed)

    X, y = to_view(images.pop("train"), plugin.view), read_only(task.train_labels)
    X_val = to_view(images.pop("validation"), plugin.view) if "validation" in images else None
    y_val = read_only(task.validation_labels) if len(task.validation_labels) else None
    # Taken, and written to, before `fit`: the memory of a run has had them in it always.
    X_test = np.empty((len(task.test), *X.shape[1:]), np.float32)
    X_test.fill(0.0)

    phase[0] = "build"
    confine.compute_in(task.precision)
    model: Classifier = plugin.build(seed=task.seed, threads=task.threads, **task.params)
    check_model(model, task.plugin_path)
    # After build, which may have loaded libraries that were not there before.
    confine.limit_threads(task.threads)

    phase[0] = "fit"
    context = FitContext(X_val=X_val, y_val=y_val, on_epoch=_epoch_sender(pipe, task))
    arguments = (X, y, context) if plugin.uses_validation else (X, y)
    # The guard reads the clocks, and answers when it has.
    pipe.send_bytes(pack({"kind": "fit"}))
    pipe.recv_bytes()
    model.fit(*arguments)
    _check_threads(task)
    read_test_images(task, pipe, X_test)

    phase[0] = "predict"
    check_predictions(
        model.predict(X_test[:WARM_UP_IMAGES]), min(WARM_UP_IMAGES, len(X_test)), task.plugin_path
    )
    wall = _clock()
    answer = model.predict(X_test)
    predict_wall = _clock() - wall
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

    phase[0] = "parameters"
    facts = {
        "kind": "result",
        "predict_wall_seconds": predict_wall,
        "parameter_count": count_parameters(plugin, model, task.plugin_path),
        **_engine(model, plugin, task),
    }
    # The result goes first: whatever pickling does to this process, the run is recorded.
    pipe.send_bytes(pack(facts, arrays))
    told: dict[str, Any] = {
        "kind": "model",
        "model_bytes": model_bytes(model),
        "multiply_adds": multiply_adds(model),
    }
    if task.model_folder is not None:
        told |= _save(task.model_folder, plugin, model, X_test, arrays)
    return pack(told)


def read_test_images(task: Task, pipe: Connection, X: NDArray[np.float32]) -> None:
    """Have the guard open the images to predict, and make of them what a model sees.

    Args:
        task: Says which they are.
        pipe: To the guard.
        X: Where they go, float32, as many as are to be predicted in the view of the plugin; it is
            read-only afterwards.
    """
    pipe.send_bytes(pack({"kind": "fitted"}))
    with os.fdopen(reduction.recv_handle(pipe), "rb") as file:
        np.lib.format.read_magic(file)
        shape, _, kind = np.lib.format.read_array_header_1_0(file)
        images: NDArray[np.uint8] = np.memmap(file, kind, "r", file.tell(), shape)
        for start in range(0, len(X), SCALED_IMAGES):
            part = slice(start, start + SCALED_IMAGES)
            X[part] = to_view(images[task.test[part]], "flat" if X.ndim == 2 else "image")
    X.setflags(write=False)


def _check_threads(task: Task) -> None:
    """Refuse a model that has a thread of its own at work after `fit`: it could go on learning.

    Raises:
        InvalidOutputError: There is one.
    """
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    own = tuple(map(str, own_files(task.plugin_path, task.plugin_module)))
    folders = [folder for folder in sys.path if not own[0].startswith(folder)]
    libraries = (*map(sysconfig.get_path, names), *site.getsitepackages(), *folders, "<frozen ")
    threads = {thread.ident: thread for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        if ident == threading.get_ident():
            continue
        # What it was begun with counts, too: a timer waits in Python's own code.
        begun_by = (getattr(threads.get(ident), a, None) for a in ("_target", "function", "run"))
        codes = [getattr(function, "__code__", None) for function in begun_by]
        files = [str(code.co_filename) for code in (*codes, *_codes_of(frame)) if code is not None]
        if any(file.startswith(own) or not file.startswith(libraries) for file in files):
            raise InvalidOutputError(
                f"{task.plugin_path.name}: a thread of its own was at work when fit had returned. "
                "End it there: a model that learns on while it predicts is not what is measured"
            )


def _codes_of(frame: Any) -> Iterator[Any]:
    while frame is not None:
        yield frame.f_code
        frame = frame.f_back


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
