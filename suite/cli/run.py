"""`suite run`: train, record, report."""

from __future__ import annotations

import signal
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli import options as o
from suite.cli.plan import print_plan, print_summary
from suite.cli.report import print_report
from suite.cli.say import say

if TYPE_CHECKING:
    from suite.console import Console
    from suite.sweep import Settings, Sweep

INTERRUPTED = 130


def run(
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
    timeout: o.Timeout = None,
    memory: o.Memory = None,
    results: o.Results = None,
    site: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the report.  \\[default: site]")
    ] = None,
    data_dir: o.DataDir = None,
    config: o.Config = None,
    force: o.Force = False,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Run on a Dask cluster, such as tcp://10.0.0.1:8786.  \\[default: this machine]",
        ),
    ] = None,
    save_models: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Save the fitted models here, for `predict`.  \\[default: none]"
        ),
    ] = None,
    require_sandbox: o.RequireSandbox = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done, as `plan` does.")
    ] = False,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first run that is not ok.")
    ] = False,
) -> None:
    """Run models, record each run, and write the report.

    What is recorded and current is not run again, so that a sweep that was stopped goes on where
    it was. Ctrl-C keeps all runs that ended and still writes the report. Exits with 0 if all runs
    of the sweep are ok, 1 if one is not, 2 for bad usage or data, 130 when interrupted.

    For example:

    - suite run --datasets digits --preset smoke
    - suite run --datasets fashion,mnist --preset quick
    - suite run --models 'svm[C=[1,10]]' --protocol full --seeds 1
    - suite run --models svm,knn --train-sizes 600,6000,60000
    - suite run --preset quick --scheduler tcp://10.0.0.1:8786
    """
    from reports.site_files import check_site
    from suite.config import read_config
    from suite.console import Console
    from suite.records.store import open_store
    from suite.saving import count_unsaved
    from suite.sweep import prepare

    settings = o.settings_of(
        datasets=datasets, models=models, family=family, seeds=seeds, timeout=timeout,
        memory=memory, config=config, preset=preset, protocol=protocol, jobs=jobs,
        threads=threads, precision=precision, results=results, data_dir=data_dir, force=force,
        scheduler=scheduler, save_models=save_models, train_sizes=train_sizes,
        require_sandbox=require_sandbox,
    )  # fmt: skip
    console = Console(highlight=False)
    if dry_run:
        print_plan(prepare(settings), console)
        return
    site = site or (read_config(config).site if config else None) or Path("site")
    check_site(site, settings.results)  # not after hours of training
    with open_store(settings.results) as store, _interruptible():
        # Under the lock: what is recorded can't change between the plan and the runs.
        sweep = prepare(settings)
        print_summary(sweep, console)
        unsaved = count_unsaved(sweep.models, sweep.plan.recorded)
        if unsaved:
            say(f"{unsaved} of the recorded runs have no model in {sweep.models}; "
                       "--force runs them again")  # fmt: skip
        try:
            not_ok = _execute(sweep, store, console, fail_fast)
        except KeyboardInterrupt:
            console.print("interrupted: the runs that ended are recorded; `run` again goes on")
            _report(settings, sweep, site)
            raise typer.Exit(INTERRUPTED) from None
        damaged = _report(settings, sweep, site)
    if not_ok or damaged:
        raise typer.Exit(1)


def _execute(sweep: Sweep, store: object, console: Console, fail_fast: bool) -> int:
    """Do the runs under a progress display; returns how many of the sweep are not ok."""
    from suite.progress import SweepProgress
    from suite.records.store import Store
    from suite.sweep import execute

    assert isinstance(store, Store)
    not_ok = sum(record.status != "ok" for record in sweep.plan.recorded)
    with SweepProgress(console) as progress:
        for record in execute(sweep, store, progress):
            if record.status == "ok":
                continue
            not_ok += 1
            if fail_fast:
                break
    if progress.models:
        count = len(progress.models)
        say(f"{count} model{'s' * (count > 1)} saved below {sweep.models}, such as")
        say(str(progress.models[-1]))
    return not_ok


def _report(settings: Settings, sweep: Sweep, site: Path) -> bool:
    """Write and show the report of the results folder; returns whether a record is damaged.

    A sweep without a network should not end in a download: datasets that are neither the sweep's
    nor on this machine are left out.
    """
    from reports.site import write_report
    from suite.records.store import scan

    absent = set(_absent(settings, sweep))
    if absent:
        say(f"left out of the report: records of {', '.join(sorted(absent))}, whose files "
                   "are not on this machine; `suite report` downloads them")  # fmt: skip
    found = (
        one
        for one in scan(settings.results)
        if one.path.relative_to(settings.results).parts[0] not in absent
    )
    first = next(found, None)
    if first is None:
        return False
    report = write_report(
        chain([first], found),
        site,
        protocol=sweep.protocol.name,
        preset=_first_preset(settings, sweep, absent),
        data_dir=settings.data_dir,
        registry=sweep.registry,
    )
    print_report(report)
    say("charts: `suite report` draws them")
    return bool(report.damaged)


def _first_preset(settings: Settings, sweep: Sweep, absent: Container[str]) -> str:
    """The preset whose table comes first: the sweep's own, or else the largest size recorded."""
    from suite.records.store import StoredRun, scan

    reduced = {preset for own in sweep.presets.values() for preset in own if preset.size}
    if not reduced:
        return sweep.preset.name
    for preset in (sweep.preset, *sorted(reduced, key=lambda preset: -(preset.size or 0))):
        for found in scan(settings.results, table=f"{sweep.protocol.name}-{preset.name}"):
            if isinstance(found, StoredRun) and found.record.dataset.name not in absent:
                return preset.name
    return sweep.preset.name


def _absent(settings: Settings, sweep: Sweep) -> Iterator[str]:
    """Datasets with records here, but without their files."""
    from suite.data.known import DATASETS
    from suite.data.status import is_here

    for name in DATASETS:
        if name in sweep.datasets or not (settings.results / name).is_dir():
            continue
        if not is_here(name, settings.data_dir):
            yield name


@contextmanager
def _interruptible() -> Iterator[None]:
    """Take SIGTERM as Ctrl-C: a batch system's notice also ends in records and a report."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    old = None
    with suppress(ValueError):  # signals belong to the main thread
        old = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        if old is not None:
            signal.signal(signal.SIGTERM, old)
