"""Does the runs of records again and compares: what a forger can't have foreseen is found here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from suite.audit.known import Known
from suite.audit.verdict import Verdict, judge
from suite.data.known import DATASETS
from suite.errors import UsageError
from suite.grammar import parse
from suite.identity import as_defaults, canonical_json, identity
from suite.protocol.rules import PROTOCOLS, find_preset, preset_named
from suite.records.machine import usable_cores
from suite.records.store import Damage
from suite.runner.isolate import Limits
from suite.runner.local import OnEvent, run_local
from suite.runner.plan import RUN_OVERHEAD, Job, keras_backend, make_plan
from suite.selection import Selection, find_item, select

if TYPE_CHECKING:
    from suite.records.record import Record
    from suite.records.store import StoredRun
    from suite.registry import Registry

# Loading libraries before the first run (`suite.sweep` has the same figures for a plan).
_STARTUP_SECONDS = 8.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which records to verify.

    Attributes:
        models: Names of models of which all records count, whatever their parameters.
        exact: (model, canonical JSON of its parameters): only records of these count.
        dataset: Only this dataset; None for any.
        protocol: Only this protocol; None for any.
        preset: Only this preset; None for any.
        seeds: Only these seeds; None for any.
    """

    models: frozenset[str]
    exact: frozenset[tuple[str, str]]
    dataset: str | None = None
    protocol: str | None = None
    preset: str | None = None
    seeds: tuple[int, ...] | None = None

    def has(self, record: Record) -> bool:
        """Whether a record is wanted."""
        exact = record.model, canonical_json(record.parameters)
        return (
            (record.model in self.models or exact in self.exact)
            and self.dataset in {None, record.dataset.name}
            and self.protocol in {None, record.protocol}
            and self.preset in {None, record.preset}
            and (self.seeds is None or record.seed in self.seeds)
        )


@dataclass(frozen=True, kw_only=True)
class Task:
    """A record and the job that does its run again.

    Attributes:
        run: The record with its arrays.
        job: Its run; None where it can't be done here.
        obstacle: Why not.
    """

    run: StoredRun
    job: Job | None
    obstacle: str = ""

    @property
    def seconds(self) -> float:
        """About how long the run takes: as long as recorded, or as the plugin expects."""
        record = self.run.record
        if self.job is None:
            return 0.0
        if record.fit_wall_seconds is None:
            return self.job.cost
        # Probabilities and validation images are predicted besides.
        return record.fit_wall_seconds + 2 * (record.predict_wall_seconds or 0.0) + RUN_OVERHEAD


def named_models(
    registry: Registry, text: str
) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """The models and the exact settings that a selection means; see `Wanted`.

    Raises:
        UsageError: A model or parameter is unknown, or its library is not installed.
    """
    models: set[str] = set()
    exact: set[tuple[str, str]] = set()
    for item in parse(text):
        if item.variant is None and item.changes is None:
            model = find_item(registry, item)
            if model.missing:
                raise UsageError(f"{model.name} is not installed here: {model.install_hint}")
            models.add(model.name)
        else:
            chosen = select(registry, [item.text])
            exact.update((one.model.name, canonical_json(dict(one.params))) for one in chosen)
    return frozenset(models), frozenset(exact)


def choose(
    found: Iterable[StoredRun | Damage], wanted: Wanted, known: Known, limit: int
) -> tuple[tuple[Task, ...], int, tuple[Damage, ...]]:
    """The runs to do again.

    Args:
        found: The records.
        wanted: Which of them.
        known: The models and datasets.
        limit: At most so many: first seeds before others, quick runs before long ones.

    Returns:
        The tasks, how many more records there are, and the damaged ones of those looked at.

    Raises:
        UsageError: No record is wanted.
        DataError: A dataset is missing or broken.
    """
    damaged: list[Damage] = []
    runs: list[StoredRun] = []
    for one in found:
        if isinstance(one, Damage):
            damaged.append(one)
        elif wanted.has(one.record):
            runs.append(one)
    if not runs:
        raise UsageError(
            "no record to verify: none is of that model, dataset, protocol, preset and seed. "
            "`suite export` lists what there is"
        )
    runs.sort(key=lambda run: (run.record.seed, run.record.fold or 0,
                               run.record.fit_wall_seconds or 0.0, str(run.path)))  # fmt: skip
    chosen = tuple(task_of(run, known) for run in runs[:limit])
    return chosen, len(runs) - len(chosen), tuple(damaged)


def task_of(run: StoredRun, known: Known) -> Task:
    """The job that does a record's run again, or why there is none.

    Raises:
        DataError: Its dataset is missing or broken.
    """
    record = run.record
    obstacle = _obstacle(record, known.registry)
    if obstacle:
        return Task(run=run, job=None, obstacle=obstacle)
    model = known.registry.models[record.model]
    params = as_defaults(model.plugin, record.parameters)
    selection = Selection(model=model, variant=identity(model.plugin, params), params=params)

    plan = make_plan(
        [selection],
        {record.dataset.name: [preset_named(record.preset)]},
        PROTOCOLS[record.protocol],
        [record.seed],
        split_of=known.split_for,
        threads=record.threads,
        precision=record.environment.precision,
    )
    job = next((job for job in plan.jobs if job.key == record.key), None)
    if job is None:
        obstacle = "its parameters are not called so now: it was edited, or its plugin changed"
    elif record.split_hash != job.split_hash:
        obstacle = "its split is not the one that its seed gives: `suite validate` tells more"
    return Task(run=run, job=None if obstacle else job, obstacle=obstacle)


def _obstacle(record: Record, registry: Registry) -> str:
    """Why a run can't be done again here; "" if it can."""
    model = registry.models.get(record.model)
    there = {
        record.dataset.name: record.dataset.name in DATASETS,
        record.protocol: record.protocol in PROTOCOLS,
        record.preset: find_preset(record.preset) is not None,
    }
    for name, is_known in there.items():
        if not is_known:
            return f"{name} is unknown to this version"
    if model is None or model.missing:
        return f"the model {record.model} is not installed here"
    if set(record.parameters) != set(model.plugin.params):
        return "its parameters are not those of the plugin now"
    if record.threads > len(usable_cores()):
        return f"it used {record.threads} threads, and there are {len(usable_cores())} cores"
    backend = record.environment.backend
    if backend is not None and backend != keras_backend():
        return f"it was made with the backend {backend}: set KERAS_BACKEND={backend}"
    return ""


def estimate(tasks: Sequence[Task]) -> float:
    """About how many seconds the runs of some tasks take, one after another."""
    seconds = sum(task.seconds for task in tasks)
    return _STARTUP_SECONDS + seconds if seconds else 0.0


def verify(
    tasks: Iterable[Task], known: Known, limits: Limits, on_event: OnEvent = lambda event: None
) -> Iterator[Verdict]:
    """Do the runs again, one after another, and compare each; nothing is stored.

    Args:
        tasks: What to do.
        known: The models, datasets and splits.
        limits: Of each run.
        on_event: Told of the progress.

    Raises:
        RunnerError: No process can be started.
        DataError: A dataset is missing or broken.
    """
    for task in tasks:
        if task.job is None:
            yield Verdict(path=str(task.run.path), outcome="not run", reason=task.obstacle)
    ready = [task for task in tasks if task.job is not None]
    for _, group in groupby(sorted(ready, key=_rules), key=_rules):
        own = {task.job.key: task for task in group if task.job is not None}
        jobs = [task.job for task in own.values() if task.job is not None]
        datasets = {job.key.dataset: known.dataset(job.key.dataset) for job in jobs}
        for done in run_local(
            jobs, datasets, known.split_for, lanes=1, limits=limits, on_event=on_event
        ):
            task = own[done.job.key]
            record = task.run.record
            plugin = known.registry.models[record.model].plugin
            yield judge(
                str(task.run.path),
                (record, task.run.arrays),
                (done.record, done.arrays),
                known.labels_of(record),
                random=plugin.random,
                requires=plugin.requires,
            )


def _rules(task: Task) -> tuple[str, str, int]:
    record = task.run.record
    return record.protocol, record.preset, record.threads
