"""A sweep from settings to stored records: what the command line and notebooks share."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from suite.data.datasets import Dataset, load
from suite.data.files import cache_dir
from suite.errors import UsageError, did_you_mean
from suite.protocol.rules import Preset, Protocol, preset_named, protocol_named
from suite.records.machine import total_memory, usable_cores
from suite.records.record import DEFAULT_PRECISION, Record, RunKey
from suite.records.store import Damage, Store, open_store, scan
from suite.registry import Registry
from suite.runner.events import RunEnded
from suite.runner.isolate import MEMORY_SHARE, Limits
from suite.runner.local import Finished, OnEvent, run_local
from suite.runner.plan import PRECISIONS, Job, Plan, make_plan
from suite.runner.sandbox import check_closed, require
from suite.runner.splits import Splits
from suite.saving import check_folder, keep_model
from suite.selection import Selection, select_models

DEFAULT_DATASETS = ("fashion", "mnist")
DEFAULT_TIMEOUT = 2 * 3600.0
# Planning that many takes about a minute.
MOST_RUNS = 100_000
# Loading libraries before the first run, with and without Keras.
STARTUP_SECONDS = {True: 8.0, False: 2.0}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a sweep is told; see `suite run --help`.

    Attributes:
        datasets: Names of datasets.
        models: Selections; empty for all models that are installed.
        families: Families to keep; empty for all.
        preset: How much of a full training is done.
        train_sizes: Numbers of training images, each of which is run; empty for as many as the
            preset has.
        protocol: How the data are divided.
        seeds: Base seeds; None for the preset's number.
        jobs: Runs side by side; None for cores divided by threads.
        threads: Threads a run.
        precision: Data type of the arithmetic of models on Keras; others always use float32.
        timeout: Limit of a run in seconds.
        memory: Limit of a run in bytes; None for an even share of most of the memory.
        results: Folder of the records.
        data_dir: Where to look for data first.
        force: Run again what is recorded and current.
        scheduler: Address of a Dask cluster that does the runs; None for this machine.
        save_models: Folder of the fitted models; None if they are not kept.
        require_sandbox: Refuse machines that can't shut a run off from labels and network.
    """

    datasets: tuple[str, ...] = DEFAULT_DATASETS
    models: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    preset: str = "standard"
    train_sizes: tuple[int, ...] = ()
    protocol: str = "holdout"
    seeds: tuple[int, ...] | None = None
    jobs: int | None = None
    threads: int = 1
    precision: str = DEFAULT_PRECISION
    timeout: float = DEFAULT_TIMEOUT
    memory: int | None = None
    results: Path = Path("results")
    data_dir: Path | None = None
    force: bool = False
    scheduler: str | None = None
    save_models: Path | None = None
    require_sandbox: bool = False


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Settings worked out: all that is needed to do the runs.

    Attributes:
        registry: The models that were found.
        selections: Those of the sweep.
        datasets: The datasets, loaded.
        protocol: How they are divided.
        preset: How much of a full training is done.
        train_sizes: Numbers of training images that were asked for; empty for the preset's.
        presets: The preset, or what it is reduced to, by dataset.
        seeds: The base seeds.
        plan: The runs to do, and those recorded.
        splits: Makes and remembers splits.
        lanes: Runs side by side on this machine; 1 where a cluster does them.
        limits: Of each run.
        scheduler: Address of the cluster that does the runs, if any.
        damaged: Records of the sweep that can't be believed; their runs are done again.
        models: Folder of the fitted models; None if they are not kept.
    """

    registry: Registry
    selections: tuple[Selection, ...]
    datasets: dict[str, Dataset]
    protocol: Protocol
    preset: Preset
    train_sizes: tuple[int, ...]
    presets: Mapping[str, tuple[Preset, ...]]
    seeds: tuple[int, ...]
    plan: Plan
    splits: Splits
    lanes: int
    limits: Limits
    scheduler: str | None
    damaged: tuple[Damage, ...]
    models: Path | None = None

    @property
    def estimate_seconds(self) -> float:
        """About how long the runs will take; on a cluster, if one followed another."""
        return estimate_seconds(self.plan.jobs, self.lanes)


def prepare(settings: Settings) -> Sweep:
    """Check settings, load the data and work out the plan; nothing is run or written.

    Raises:
        UsageError: A name or number that can't be used, or models could read labels or records.
        PluginError: A plugin file named by the user is broken.
        DataError: Data that can't be found or are not what they should be.
        StoreError: The results folder can't be read.
    """
    protocol, preset = protocol_named(settings.protocol), _preset_of(settings)
    _check_counts(settings)
    if settings.precision not in PRECISIONS:
        raise UsageError(f"unknown precision {settings.precision[:80]!r}."
                         f"{did_you_mean(settings.precision, PRECISIONS)}")  # fmt: skip
    if not settings.datasets:
        raise UsageError("no dataset is named; use --datasets fashion,mnist or digits")
    registry, selections = select_models(settings.models, settings.families)
    if settings.save_models is not None:
        check_folder(settings.save_models, settings.results, settings.scheduler, selections)
    datasets = {name: load(name, settings.data_dir) for name in dict.fromkeys(settings.datasets)}
    if settings.scheduler is None:
        if settings.require_sandbox:
            require()
        labels = (path for data in datasets.values() for path in data.label_files)
        check_closed([cache_dir(), *labels], settings.results)
    splits = Splits(datasets, protocol)
    presets = {name: splits.presets(name, preset, settings.train_sizes) for name in datasets}
    seeds = settings.seeds if settings.seeds is not None else tuple(range(preset.seeds))
    rows = len(selections) * sum(map(len, presets.values()))
    _check_size(rows * len(seeds) * max(protocol.folds, 1))
    recorded, damaged = _recorded(settings.results, protocol, presets, selections)
    plan = make_plan(
        selections,
        presets,
        protocol,
        seeds,
        split_of=splits,
        threads=settings.threads,
        precision=settings.precision,
        recorded=recorded,
        force=settings.force,
    )
    lanes, memory = 1, settings.memory
    if settings.scheduler is None:
        lanes = settings.jobs or max(len(usable_cores()) // settings.threads, 1)
        lanes = max(min(lanes, len(plan.jobs)), 1)
        memory = memory or int(total_memory() * MEMORY_SHARE / lanes)
    return Sweep(
        registry=registry,
        selections=selections,
        datasets=datasets,
        protocol=protocol,
        preset=preset,
        train_sizes=settings.train_sizes,
        presets=presets,
        seeds=seeds,
        plan=plan,
        splits=splits,
        lanes=lanes,
        limits=Limits(
            seconds=settings.timeout,
            bytes=memory,
            require_sandbox=settings.require_sandbox,
            closed=(settings.results.absolute(),),
        ),
        scheduler=settings.scheduler,
        damaged=damaged,
        models=settings.save_models,
    )


def _preset_of(settings: Settings) -> Preset:
    preset = preset_named(settings.preset)
    if preset.size is not None:
        raise UsageError(f"preset {preset.name!r}: a sweep names training sizes apart. "
                         f"Use --preset {preset.plain} --train-sizes {preset.size}")  # fmt: skip
    return preset


def _check_counts(settings: Settings) -> None:
    cores = len(usable_cores())
    if settings.scheduler is not None:
        from suite.runner.cluster import check_address

        check_address(settings.scheduler)
        if settings.jobs is not None:
            raise UsageError("--jobs is for this machine: leave it out. With --scheduler each Dask "
                             "worker does as many runs at a time as its threads allow")  # fmt: skip
        if settings.threads < 1:
            raise UsageError(f"--threads {settings.threads}: expected 1 or more")
    elif settings.threads < 1 or settings.threads > cores:
        raise UsageError(
            f"--threads {settings.threads}: expected 1 to {cores}, the cores of this machine"
        )
    if settings.jobs is not None and settings.jobs < 1:
        raise UsageError(f"--jobs {settings.jobs}: expected 1 or more")
    if settings.seeds is not None and not settings.seeds:
        raise UsageError("no seed is named; use --seeds 5 or --seeds 0,1,2")


def _check_size(runs: int) -> None:
    if runs > MOST_RUNS:
        raise UsageError(f"{runs:,} runs, expected at most {MOST_RUNS:,} in a sweep. "
                         "Name fewer models, seeds or training sizes at once")  # fmt: skip


def _recorded(
    folder: Path,
    protocol: Protocol,
    presets: Mapping[str, Sequence[Preset]],
    selections: Sequence[Selection],
) -> tuple[dict[RunKey, Record], tuple[Damage, ...]]:
    """The records of the sweep's models and tables, without their arrays, and the damaged ones."""
    models = {selection.model.name for selection in selections}
    records: dict[RunKey, Record] = {}
    damaged: list[Damage] = []
    tables = [(name, f"{protocol.name}-{p.name}") for name, own in presets.items() for p in own]
    for found in (one for table in tables for one in scan(folder, *table, models)):
        if isinstance(found, Damage):
            damaged.append(found)
        else:
            records[found.record.key] = found.record
    return records, tuple(damaged)


def execute(sweep: Sweep, store: Store, on_event: OnEvent) -> Iterator[Record]:
    """Do the runs of a sweep, store each record as it comes, and yield it.

    Args:
        sweep: What to do.
        store: Where the records go.
        on_event: Told of the progress.

    Raises:
        StoreError: A record can't be written.
        RunnerError: No process can be started, or the cluster is lost.
    """
    with ExitStack() as stack:
        folder = sweep.models
        models = stack.enter_context(open_store(folder, "--save-models")) if folder else None
        scratch = models.scratch if models else None
        # Closed first, which ends what is under way, whatever ends this.
        runs = stack.enter_context(closing(_runs(sweep, on_event, scratch)))
        for run in runs:
            with _undisturbed():
                store.add(run.record, run.arrays)
                kept = keep_model(models, run)
            on_event(RunEnded(lane=run.lane, job=run.job, record=run.record))
            if kept:
                on_event(kept)
            yield run.record


def _runs(sweep: Sweep, on_event: OnEvent, models: Path | None) -> Generator[Finished, None, None]:
    plan = sweep.plan.jobs, sweep.datasets, sweep.splits
    if sweep.scheduler is None:
        return run_local(
            *plan, lanes=sweep.lanes, limits=sweep.limits, on_event=on_event, models=models
        )
    from suite.runner.cluster import run_cluster

    return run_cluster(*plan, scheduler=sweep.scheduler, limits=sweep.limits, on_event=on_event)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM: a run that ended is stored before the sweep is."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def estimate_seconds(jobs: Sequence[Job], lanes: int) -> float:
    """About how long runs take side by side, loading of libraries included.

    Args:
        jobs: The runs; their costs are processor seconds.
        lanes: How many at a time.
    """
    if not jobs:
        return 0.0
    costs = [job.cost for job in jobs]
    startup = STARTUP_SECONDS[any(job.backend is not None for job in jobs)]
    return startup + max(sum(costs) / lanes, max(costs))
