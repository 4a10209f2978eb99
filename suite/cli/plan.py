"""`suite plan`: what `run` would do, and how long it would take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from suite.cli import options as o

if TYPE_CHECKING:
    from rich.console import Console

    from suite.runner.plan import Job
    from suite.sweep import Sweep

LONG_SECONDS = 3600.0


def plan(
    datasets: o.Datasets = None,
    models: o.Models = None,
    family: o.Family = None,
    preset: o.PresetName = None,
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
    """
    from rich.console import Console

    from suite.sweep import prepare

    settings = o.settings_of(
        datasets=datasets, models=models, family=family, seeds=seeds, timeout=None, memory=None,
        config=config, preset=preset, protocol=protocol, jobs=jobs, threads=threads,
        precision=precision, results=results, data_dir=data_dir, force=force,
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
        table.add_column("runs", justify="right")
        table.add_column("each", justify="right", no_wrap=True)
        table.add_column("together", justify="right", no_wrap=True)
        for (label, dataset), jobs in _grouped(sweep.plan.jobs):
            together = sum(job.cost for job in jobs)
            each = duration(together / len(jobs))
            table.add_row(Text(label), dataset, str(len(jobs)), each, duration(together))
        console.print(table)
    print_summary(sweep, console)


def print_summary(sweep: Sweep, console: Console) -> None:
    """Print how many runs there are, how many are recorded, and about how long the rest takes."""
    from suite.progress import duration

    runs, recorded = len(sweep.plan.jobs), sweep.plan.recorded
    rules = f"{sweep.protocol.name}, {sweep.preset.name}"
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
    not_ok = sum(record.status != "ok" for record in recorded)
    if not_ok:
        console.print(f"{not_ok} of the recorded runs are not ok; --force does them again.")
    if sweep.estimate_seconds > LONG_SECONDS and sweep.preset.publishable:
        console.print("For a first look, --preset quick takes minutes.")
    missing = [m for m in sweep.registry.models.values() if m.missing]
    for model in missing:
        console.print(f"left out: {model.name}, not installed: {model.install_hint}", markup=False)
    for broken in sweep.registry.broken:
        typer.echo(f"left out: {broken}", err=True)
    for damage in sweep.damaged:
        typer.echo(f"damaged: {damage.path}: {damage.reason}; it is done again", err=True)


def _grouped(jobs: Sequence[Job]) -> list[tuple[tuple[str, str], list[Job]]]:
    groups: dict[tuple[str, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.label, job.key.dataset), []).append(job)
    return sorted(groups.items(), key=lambda group: -sum(job.cost for job in group[1]))
