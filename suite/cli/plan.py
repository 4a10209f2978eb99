"""`suite plan`: what `run` would do, and how long it would take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from suite.cli import options as o
from suite.cli.say import say

if TYPE_CHECKING:
    from suite.console import Console
    from suite.runner.plan import Job
    from suite.sweep import Sweep

LONG_SECONDS = 3600.0


def plan(
    datasets: o.Datasets = None,
    models: o.Models = None,
    family: o.Family = None,
    preset: o.PresetName = None,
    train_sizes: o.TrainSizes = None,
    protocol: o.ProtocolName = None,
    seeds: o.Seeds = None,
    jobs: o.Jobs = None,
    threads: o.Threads = None,
    precision: o.Precision = None,
    results: o.Results = None,
    data_dir: o.DataDir = None,
    config: o.Config = None,
    force: o.Force = False,
) -> None:
    """Show the runs that `run` would do, those already there, and about how long it would take.

    For example:

    - suite plan --preset quick
    - suite plan --models svm,cmasch --seeds 1
    - suite plan --models svm --train-sizes 600,6000,60000
    """
    from suite.console import Console
    from suite.sweep import prepare

    settings = o.settings_of(
        datasets=datasets, models=models, family=family, seeds=seeds, timeout=None, memory=None,
        config=config, preset=preset, protocol=protocol, jobs=jobs, threads=threads,
        precision=precision, results=results, data_dir=data_dir, force=force,
        train_sizes=train_sizes,
    )  # fmt: skip
    print_plan(prepare(settings), Console(highlight=False))


def print_plan(sweep: Sweep, console: Console) -> None:
    """Print the runs by model, and what they come to."""
    from rich.table import Table
    from rich.text import Text

    from suite.progress import duration

    if sweep.plan.jobs:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("model", overflow="fold")
        table.add_column("dataset")
        if sweep.train_sizes:
            table.add_column("images", justify="right")
        table.add_column("runs", justify="right")
        table.add_column("each", justify="right", no_wrap=True)
        table.add_column("together", justify="right", no_wrap=True)
        for jobs in _grouped(sweep.plan.jobs):
            together = sum(job.cost for job in jobs)
            images = [f"{jobs[0].train_images:,}"] if sweep.train_sizes else []
            each = duration(together / len(jobs))
            table.add_row(
                Text(jobs[0].label), jobs[0].key.dataset, *images, str(len(jobs)), each,
                duration(together),
            )  # fmt: skip
        console.print(table)
    print_summary(sweep, console)


def print_summary(sweep: Sweep, console: Console) -> None:
    """Print how many runs there are, how many are recorded, and about how long the rest takes."""
    from suite.progress import duration

    runs, recorded = len(sweep.plan.jobs), sweep.plan.recorded
    rules = f"{sweep.protocol.name}, {sweep.preset.name}"
    if sweep.train_sizes:
        rules += f", train sizes {' '.join(f'{size:,}' for size in sweep.train_sizes)}"
    line = f"{runs} {'run' if runs == 1 else 'runs'} to do ({rules})"
    if sweep.plan.stale:
        line += f", {sweep.plan.stale} of them again, by changed code or --force"
    if recorded:
        line += f"; {len(recorded)} recorded and current"
    if runs:
        lanes = f"{sweep.lanes} side by side" if sweep.lanes > 1 else "one after another"
        if sweep.scheduler is not None:
            lanes += f", shared by the workers of {sweep.scheduler}"
        line += f"; about {duration(sweep.estimate_seconds)}, {lanes}"
    console.print(line + ".", soft_wrap=True)
    for line in _all_images(sweep):
        console.print(line, soft_wrap=True)
    not_ok = sum(record.status != "ok" for record in recorded)
    if not_ok:
        console.print(f"{not_ok} of the recorded runs are not ok; --force does them again.")
    if sweep.estimate_seconds > LONG_SECONDS and sweep.preset.publishable:
        console.print("For a first look, take --preset quick.")
    missing = [m for m in sweep.registry.models.values() if m.missing]
    for model in missing:
        console.print(f"left out: {model.name}, not installed: {model.install_hint}", markup=False)
    for broken in sweep.registry.broken:
        say(f"left out: {broken}", err=True)
    for damage in sweep.damaged:
        say(f"damaged: {damage.path}: {damage.reason}; it is done again", err=True)


def _all_images(sweep: Sweep) -> Iterator[str]:
    """Which training sizes are no smaller than what a dataset has, and so the ordinary runs."""
    for dataset, presets in sweep.presets.items():
        below = {preset.size for preset in presets}
        sizes = [f"{size:,}" for size in sweep.train_sizes if size not in below]
        if sizes:
            most = sweep.splits.most(dataset, sweep.preset)
            yield (f"{dataset}: a train size of {' or '.join(sizes)} means all {most:,} images of "
                   f"{sweep.protocol.name}, {sweep.preset.name}, as without --train-sizes."
                   )  # fmt: skip


def _grouped(jobs: Sequence[Job]) -> list[list[Job]]:
    """The runs of each model, dataset and training size, the dearest first."""
    groups: dict[tuple[str, str, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.label, job.key.dataset, job.key.preset), []).append(job)
    return sorted(groups.values(), key=lambda group: -sum(job.cost for job in group))
