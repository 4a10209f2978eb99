"""What happens in the process of a trial: a plugin is built, fitted, and asked in several ways.

A trial is a list of steps. Each is told to the suite when it is done, so that a step that ends the
process costs none of those before it. Nothing is judged here.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.checks.counting import ignores_averages, known_count, stored_bytes
from suite.checks.meter import Load, Meter
from suite.checks.traces import Listener, Traces, processes_left
from suite.contract import PRESET_NAMES, FitContext, Plugin
from suite.data.views import to_view
from suite.loading import line_in, load_plugin
from suite.protocol.rules import preset_changes, preset_named
from suite.runner import confine
from suite.runner.epochs import Epochs
from suite.runner.outputs import (
    InvalidOutputError,
    check_model,
    check_predictions,
    check_probabilities,
)
from suite.runner.task import Task, clip, pack
from suite.runner.worker import (
    count_parameters,
    denied,
    printed,
    read_only,
    read_test_images,
    seed_globals,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.runner.task import Images

    Arrays = dict[str, NDArray[Any]]

# Without these a trial has nothing to go on with.
ESSENTIAL = ("build", "fit", "predict")
LARGEST_SEED = 2**32 - 1
ALONE = 5
# Shorter work is done again and again: threads are counted every few milliseconds.
LEAST_SECONDS = 0.4


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The work of a trial's process, called there.

    Attributes:
        steps: Names out of `STEPS`, in order, `ESSENTIAL` first.
        global_seed: Seeds the generators that all code of a process shares.
        params: The parameters before any preset, for the step `presets`.
        closed: What the plugin may not open, as `suite.checks.traces.closed_places` has it.
        folder: An empty folder to work in.
    """

    steps: tuple[str, ...]
    global_seed: int
    params: Mapping[str, Any]
    closed: Mapping[str, str]
    folder: Path

    def __call__(self, task: Task, images: Images, pipe: Connection, phase: list[str]) -> bytes:
        """Do the steps; see `suite.runner.task.Work`."""
        traces = Traces(self.folder, task.plugin_path, self.closed)
        bench = Bench(self, task, images, pipe, Meter.forked(), traces)
        bench.printed = sys.stdout = Listener(sys.stdout)
        confine.pin(task.cores)
        for name in self.steps:
            phase[0] = name
            message, done = _told(name, bench)
            pipe.send_bytes(message)
            if not done and name in ESSENTIAL:
                break
        return pack({"kind": "result"})


@dataclass
class Bench:
    """What the steps of a trial share; `build` and `fit` fill it."""

    trial: Trial
    task: Task
    images: Images
    pipe: Connection
    meter: Meter
    traces: Traces
    printed: Listener = field(init=False)
    plugin: Plugin = field(init=False)
    X: NDArray[np.float32] = field(init=False)
    y: NDArray[np.uint8] = field(init=False)
    X_val: NDArray[np.float32] | None = None
    y_val: NDArray[np.uint8] | None = None
    X_test: NDArray[np.float32] = field(init=False)
    model: Any = None
    fitting: Load | None = None

    def built(self, seed: int | None = None) -> Any:
        """A new model."""
        given = self.task.seed if seed is None else seed
        model = self.plugin.build(seed=given, threads=self.task.threads, **self.task.params)
        check_model(model, self.task.plugin_path)
        # After build, which may have loaded libraries that were not there before.
        confine.limit_threads(self.task.threads)
        return model

    def fit(self, model: Any, X: NDArray[np.float32], y: NDArray[np.uint8]) -> None:
        """Fit a model as the harness does."""
        told = Epochs(self.task.params, self.task.plugin_path)

        def on_epoch(epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
            values = {str(name): float(value) for name, value in metrics.items()}
            told.checked(int(epoch), int(epochs), values)

        context = FitContext(X_val=self.X_val, y_val=self.y_val, on_epoch=on_epoch)
        model.fit(X, y, *([context] if self.plugin.uses_validation else []))

    def predictions(self, model: Any, X: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The classes that a model gives, checked."""
        return check_predictions(model.predict(X), len(X), self.task.plugin_path)

    def digests(self) -> dict[str, str]:
        """Sums of all that the model is given."""
        names = ("X", "y", "X_val", "y_val", "X_test")
        given = {name: getattr(self, name) for name in names}
        return {
            name: hashlib.sha256(array.tobytes()).hexdigest()
            for name, array in given.items()
            if array is not None
        }


Result = tuple[dict[str, Any], "Arrays"]


def _told(name: str, bench: Bench) -> tuple[bytes, bool]:
    """The message that a step ends with, and whether it was done."""
    facts: dict[str, Any] = {"kind": "step", "name": name}
    try:
        found, arrays = STEPS[name](bench)
        facts |= {"status": "ok", **found, "reads": bench.traces.take_reads()}
        return pack(facts, arrays), True
    except BaseException as error:  # a plugin may raise SystemExit or worse
        line = line_in(bench.task.plugin_path.resolve(), error)
        invalid = isinstance(error, InvalidOutputError)
        status, message = ("invalid", clip(str(error))) if invalid else ("failed", _said(error))
        facts |= {"status": status, "message": message, "line": line}
        return pack({**facts, "reads": bench.traces.take_reads()}), False


def _said(error: BaseException) -> str:
    """The kind of an error and its text on one line, with what was noted and what was closed."""
    notes = [*getattr(error, "__notes__", ()), *filter(None, [denied(error)])]
    text = printed(lambda: "; ".join([str(error), *notes]))
    return clip(f"{type(error).__name__}: {' '.join(text.split())}", 400)


def _build(bench: Bench) -> Result:
    """Load everything and build once: what `build` imports is not charged to the fit."""
    task = bench.task
    bench.plugin = load_plugin(task.plugin_path, task.plugin_module)
    seed_globals(bench.trial.global_seed)

    view, images = bench.plugin.view, bench.images
    bench.X, bench.y = to_view(images.pop("train"), view), read_only(task.train_labels)
    bench.X_test = np.empty((len(task.test), *bench.X.shape[1:]), np.float32)
    read_test_images(task, bench.pipe, bench.X_test)
    if "validation" in images:
        bench.X_val = to_view(images.pop("validation"), view)
        bench.y_val = read_only(task.validation_labels)
    bench.built()
    return {}, {}


def _fit(bench: Bench) -> Result:
    before = bench.digests()
    seed_globals(bench.trial.global_seed)
    with bench.meter.measuring() as load:
        bench.model = bench.built()
        bench.fit(bench.model, bench.X, bench.y)
    bench.fitting = load
    return {**load.facts, "changed": _changed(before, bench)}, {}


def _predict(bench: Bench) -> Result:
    before = bench.digests()
    with bench.meter.measuring() as load:
        answer = bench.model.predict(bench.X_test)
    checked = check_predictions(answer, len(bench.X_test), bench.task.plugin_path)
    return {**load.facts, "changed": _changed(before, bench)}, {"predictions": checked}


def _changed(before: Mapping[str, str], bench: Bench) -> list[str]:
    after = bench.digests()
    return [name for name, digest in before.items() if digest != after[name]]


def _probabilities(bench: Bench) -> Result:
    offered = getattr(bench.model, "predict_proba", None)
    if not callable(offered):
        return {}, {}
    count = len(bench.X_test)
    answer = check_probabilities(offered(bench.X_test), count, bench.task.plugin_path)
    return {}, {"probabilities": answer}


def _count(bench: Bench) -> Result:
    counted = count_parameters(bench.plugin, bench.model, bench.task.plugin_path)
    known = known_count(bench.model)
    stored = None if known and known.exact else stored_bytes(bench.model)
    return {
        **counted,
        "known": known.facts if known else None,
        "stored_bytes": stored,
        "ignores_averages": ignores_averages(bench.model),
    }, {}


def _alone(bench: Bench) -> Result:
    """Some images one by one, from the first to the last."""
    chosen = np.linspace(0, len(bench.X_test) - 1, ALONE).astype(np.int32)
    answers = [bench.predictions(bench.model, bench.X_test[i : i + 1]) for i in chosen]
    return {}, {"chosen": chosen, "predictions": np.concatenate(answers)}


def _order(bench: Bench) -> Result:
    order = np.random.default_rng(0).permutation(len(bench.X_test)).astype(np.int32)
    shuffled = np.ascontiguousarray(bench.X_test[order])
    shuffled.setflags(write=False)
    return {}, {"order": order, "predictions": bench.predictions(bench.model, shuffled)}


def _builds(bench: Bench) -> Result:
    """Two more models beside the first, fitted on the same images under other labels."""
    y = read_only((bench.y + 1) % 10)
    before = bench.predictions(bench.model, bench.X_test)
    models, answers = [bench.model], []
    for _ in range(2):
        model = bench.built()
        try:
            bench.fit(model, bench.X, y)
        except Exception as error:
            # Whether it is the labels, or that a process can't fit twice, which is a breach.
            bench.fit(bench.built(), bench.X, bench.y)
            return {"unfit": _said(error)}, {}
        answers.append(bench.predictions(model, bench.X_test))
        models.append(model)
    after = bench.predictions(bench.model, bench.X_test)
    arrays = {"before": before, "after": after, "second": answers[0], "third": answers[1]}
    return {"objects": len({id(model) for model in models})}, arrays


def _presets(bench: Bench) -> Result:
    """Build with the parameters of every preset and the largest seed."""
    plugin, params = bench.plugin, bench.trial.params
    for name in PRESET_NAMES:
        changes = preset_changes(params, preset_named(name), plugin.presets)
        used = {**params, **changes}
        try:
            model = plugin.build(seed=LARGEST_SEED, threads=1, **used)
        except Exception as error:
            error.add_note(f"under the preset {name}")
            raise
        check_model(model, bench.task.plugin_path)
    return {}, {}


def _threads(bench: Bench) -> Result:
    """Build, fit and predict until there was time to count threads, if fitting was too short."""
    if bench.fitting and bench.fitting.wall_seconds >= LEAST_SECONDS:
        return bench.fitting.facts, {}
    end = time.perf_counter() + LEAST_SECONDS
    with bench.meter.measuring() as load:
        while time.perf_counter() < end:
            model = bench.built()
            bench.fit(model, bench.X, bench.y)
            model.predict(bench.X_test)
    return load.facts, {}


def _left(bench: Bench) -> Result:
    bench.meter.end()
    return {
        "processes": processes_left(),
        "files": bench.traces.files(),
        "printed": bench.printed.facts,
    }, {}


STEPS: dict[str, Callable[[Bench], Result]] = {
    "build": _build,
    "fit": _fit,
    "predict": _predict,
    "probabilities": _probabilities,
    "count": _count,
    "alone": _alone,
    "order": _order,
    "builds": _builds,
    "presets": _presets,
    "threads": _threads,
    "left": _left,
}
