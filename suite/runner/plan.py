"""Which runs a sweep consists of: rules x selections - what is recorded and current."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from suite.contract import Params, Plugin
from suite.protocol.rules import Preset, Protocol, preset_changes
from suite.protocol.splits import Split
from suite.records.record import DEFAULT_BACKEND, DEFAULT_PRECISION, Record, RunKey
from suite.runner.needs import Peaks, expected_memory, recorded_peaks
from suite.selection import Selection, identity, label

BACKENDS = (DEFAULT_BACKEND, "jax", "torch")
PRECISIONS = (DEFAULT_PRECISION, "bfloat16")
# Processor seconds of a run besides fit and predict: fork, data, other predictions, record.
RUN_OVERHEAD = 0.3
# Of an estimate: 30 years, so that sums of many stay numbers.
LONGEST_SECONDS = 1e9

SplitOf = Callable[[RunKey], Split]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run to be done.

    Attributes:
        key: What tells it from other runs.
        label: The model and its parameters as people see them.
        plugin_path: The plugin's file.
        plugin_module: Its import name, where it belongs to a package.
        requires: Import names that the model needs.
        uses_validation: Whether its `fit` gets the validation images with their labels.
        parameters: The parameters as resolved.
        preset_changes: Those that the preset changes, with the values used.
        threads: Threads of the run.
        backend: Keras backend, for models that use Keras.
        precision: Data type of the arithmetic; float32 for all models that don't use Keras.
        source_hash: Of the plugin's code now.
        split_hash: Of the split.
        train_images: Images that the model is fitted on.
        cost: Estimated processor seconds.
        memory_bytes: Private memory that the run is expected to need at most.
    """

    key: RunKey
    label: str
    plugin_path: Path
    plugin_module: str | None
    requires: tuple[str, ...]
    uses_validation: bool
    parameters: Params
    preset_changes: Params
    threads: int
    backend: str | None
    precision: str
    source_hash: str
    split_hash: str
    train_images: int
    cost: float
    memory_bytes: int

    @property
    def used_parameters(self) -> dict[str, Any]:
        """What `build` gets."""
        return {**self.parameters, **self.preset_changes}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a sweep does and what it leaves.

    Attributes:
        jobs: The runs to do, in order: the first seed of every model before any second, the
            cheapest first; in the last of several rounds the dearest first, so that no lane is
            left alone with a long run at the end.
        recorded: Records of the sweep that are there and current, failures among them.
        stale: How many of `jobs` replace a record made by other code.
    """

    jobs: tuple[Job, ...]
    recorded: tuple[Record, ...]
    stale: int


def make_plan(
    selections: Sequence[Selection],
    presets: Mapping[str, Sequence[Preset]],
    protocol: Protocol,
    seeds: Sequence[int],
    *,
    split_of: SplitOf,
    threads: int = 1,
    precision: str = DEFAULT_PRECISION,
    recorded: Mapping[RunKey, Record] | None = None,
    force: bool = False,
) -> Plan:
    """Work out the runs of a sweep.

    Args:
        selections: Models with their parameters.
        presets: What each dataset is trained under, by its name: a preset, or one a training size.
        protocol: How the datasets are divided.
        seeds: Base seeds.
        split_of: The split of a run.
        threads: Threads of each run.
        precision: Data type of the arithmetic of models that use Keras.
        recorded: The records that there are.
        force: Run again what is recorded and current.
    """
    folds: Sequence[int | None] = range(protocol.folds) if protocol.folds else (None,)
    rounds = [(seed, fold) for seed in seeds for fold in folds]
    recorded = recorded or {}
    speed, peaks = _speed(selections, recorded), recorded_peaks(recorded.values())
    ranked: list[tuple[tuple[int, float], Job]] = []
    current: list[Record] = []
    stale = 0
    for dataset, own in presets.items():
        for round_, (seed, fold) in enumerate(rounds):
            for preset, selection in product(own, selections):
                key = RunKey(
                    dataset=dataset,
                    protocol=protocol.name,
                    preset=preset.name,
                    model=selection.model.name,
                    variant=_identity(selection, threads, precision),
                    seed=seed,
                    fold=fold,
                )
                known = peaks.get((key.model, key.variant), {})
                job = _job(key, selection, preset, split_of(key), threads, precision, speed, known)
                old = recorded.get(key)
                if old is not None and not force and _is_current(old, job):
                    current.append(old)
                    continue
                stale += old is not None
                is_last = 0 < round_ == len(rounds) - 1
                ranked.append(((round_, -job.cost if is_last else job.cost), job))
    ranked.sort(key=lambda pair: pair[0])
    return Plan(jobs=tuple(job for _, job in ranked), recorded=tuple(current), stale=stale)


def _is_current(record: Record, job: Job) -> bool:
    return record.source_hash == job.source_hash and record.split_hash == job.split_hash


def _job(
    key: RunKey,
    selection: Selection,
    preset: Preset,
    split: Split,
    threads: int,
    precision: str,
    speed: float,
    peaks: Peaks,
) -> Job:
    plugin = selection.model.plugin
    changes = preset_changes(selection.params, preset, plugin.presets)
    used = {**selection.params, **changes}
    backend = keras_backend() if uses_keras(plugin) else None
    return Job(
        key=key,
        label=label(
            selection.model.name,
            plugin,
            key.variant,
            selection.params,
            _extras(plugin, threads, precision),
        ),
        plugin_path=selection.model.path,
        plugin_module=selection.model.module,
        requires=plugin.requires,
        uses_validation=plugin.uses_validation,
        parameters=dict(selection.params),
        preset_changes=changes,
        threads=threads,
        backend=backend,
        precision=precision if uses_keras(plugin) else DEFAULT_PRECISION,
        source_hash=selection.model.source_hash,
        split_hash=split.sha256,
        train_images=len(split.train),
        cost=RUN_OVERHEAD + speed * cost_of(plugin, len(split.train), used),
        memory_bytes=expected_memory(split, backend, peaks),
    )


def cost_of(plugin: Plugin, images: int, params: Params) -> float:
    """Processor seconds that a run is expected to take, from the plugin's hint.

    Args:
        plugin: The plugin.
        images: Training images.
        params: The parameters that the run uses.
    """
    try:
        if callable(plugin.cost_hint):
            cost = float(plugin.cost_hint(images, params))
        else:
            epochs = plugin.params.get("epochs")
            share = params["epochs"] / epochs if epochs else 1.0
            cost = plugin.cost_hint * share * images / 60_000
    except Exception:  # of a value that makes no model: the run will say so
        return 0.0
    return min(max(0.0, cost), LONGEST_SECONDS)  # 0.0 first: it stays where the cost is no number


def _speed(selections: Sequence[Selection], recorded: Mapping[RunKey, Record]) -> float:
    """How many times slower than the hints this machine is, by the sweep's own records."""
    plugins = {selection.model.name: selection.model.plugin for selection in selections}
    hinted = measured = 0.0
    for record in recorded.values():
        plugin = plugins.get(record.model)
        if plugin is None or record.status != "ok" or record.fit_cpu_seconds is None:
            continue
        used = {**plugin.params, **record.parameters, **record.preset_changes}
        hinted += cost_of(plugin, record.train_images, used)
        measured += record.fit_cpu_seconds + (record.predict_wall_seconds or 0.0)
    # A few short runs say little about a machine.
    return min(max(measured / hinted, 0.2), 5.0) if hinted > 20 else 1.0


def uses_keras(plugin: Plugin) -> bool:
    """Whether a model is built on Keras, so that the backend belongs to its identity."""
    return any(name.partition(".")[0] == "keras" for name in plugin.requires)


def keras_backend() -> str:
    """The Keras backend of this sweep: `KERAS_BACKEND`, else the first that is installed."""
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen:
        return chosen
    installed = (name for name in BACKENDS if importlib.util.find_spec(name) is not None)
    return next(installed, DEFAULT_BACKEND)


def _extras(plugin: Plugin, threads: int, precision: str) -> dict[str, Any]:
    """What joins the parameters in a run's identity because it is not the default."""
    extras: dict[str, Any] = {}
    if threads != 1:
        extras["threads"] = threads
    if uses_keras(plugin) and keras_backend() != DEFAULT_BACKEND:
        extras["backend"] = keras_backend()
    if uses_keras(plugin) and precision != DEFAULT_PRECISION:
        extras["precision"] = precision
    return extras


def _identity(selection: Selection, threads: int, precision: str) -> str:
    extras = _extras(selection.model.plugin, threads, precision)
    if not extras:
        return selection.variant
    return identity(selection.model.plugin, selection.params, extras)
