"""What a sweep costs as models, datasets and seeds grow, and how well many workers are used.

    python -m benchmarks.growth --models 100,1000 --workers 100
    python -m benchmarks.growth --results results --sizes digits

The models of the simulated sweep are drawn with replacement from the suite's own under the preset
`standard`; a run takes what its records say, where a results folder is given and has some, and what
its plugin's hint says elsewhere. The order is the one that `suite.runner.plan` gives such a sweep.
What a model really takes is its estimate times a factor of which `--error` is the deviation
of the logarithm.
`--sizes` measures besides what a run costs the suite itself, on some datasets, in processor time.
"""

from __future__ import annotations

import argparse
import heapq
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from time import process_time

import numpy as np

from benchmarks.report_speed import time_report
from benchmarks.synthetic import write_records
from benchmarks.table import about, show
from suite.data.datasets import Dataset, load
from suite.protocol.rules import preset_named, protocol_named
from suite.protocol.splits import Split
from suite.records.store import read
from suite.runner.plan import Job, make_plan
from suite.selection import Selection, select_models

DATASETS = ("fashion", "mnist")
RULES = "holdout", "standard"
TRAIN_IMAGES = 48_000
HOUR = 3600.0
# Numbers of records and of runs whose difference tells what one more costs.
RECORDS = 200, 1_200
RUNS = 2, 22

Order = Callable[[Sequence[Job]], list[Job]]


@dataclass(frozen=True)
class Outcome:
    """What came of a simulated sweep, in seconds.

    Attributes:
        makespan: Until the last run ended.
        ideal: What no order can go below: the work divided evenly, or the longest run.
        first_seed: Until every model had its first seed on every dataset.
    """

    makespan: float
    ideal: float
    first_seed: float


def main() -> None:
    """Simulate, measure where asked, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default="1000", help="how many, with commas")
    parser.add_argument("--workers", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--results", type=Path, help="a results folder with recorded run times")
    parser.add_argument("--error", type=float, default=0.36, help="0 leaves it out")
    parser.add_argument("--random-seed", type=int, default=0)
    parser.add_argument("--sizes", metavar="DATASETS", help="measure what a run costs the suite")
    options = parser.parse_args()
    own = known_models(options.results)
    rows = []
    for count in (int(number) for number in options.models.split(",")):
        random = np.random.default_rng(options.random_seed)
        jobs = sweep_of(drawn(own, count, random), options.seeds)
        wrong = dict(zip(rows_of(jobs), random.normal(0, 1, count), strict=True))
        for error in dict.fromkeys((0.0, options.error)):
            for name, order in ORDERS.items():
                ordered = order(jobs)
                seconds = [job.cost * math.exp(error * wrong[job.key.variant]) for job in ordered]
                outcome = simulate(ordered, seconds, options.workers)
                rows.append(_row(count, error, name, outcome))
    columns = ["models", "error", "order", "makespan h", "ideal h", "above ideal", "first seed h"]
    subject = (
        f"{options.seeds} seeds on {len(DATASETS)} datasets by {options.workers} workers, drawn "
        f"from {len(own)} models (random seed {options.random_seed})"
    )
    sys.stdout.write(about(subject) + show(columns, rows))
    if options.sizes:
        sys.stdout.write("\n" + _sizes([load(name) for name in options.sizes.split(",")]))


def _row(count: int, error: float, name: str, outcome: Outcome) -> list[str]:
    hours = [outcome.makespan / HOUR, outcome.ideal / HOUR]
    above = round(outcome.makespan / outcome.ideal - 1, 6) + 0.0  # which makes -0.0 of rounding 0.0
    return [
        *(f"{count:,}", f"{error:g}", name, *(f"{value:.3f}" for value in hours)),
        *(f"{above:.2%}", f"{outcome.first_seed / HOUR:.3f}"),
    ]


def known_models(results: Path | None) -> tuple[Selection, ...]:
    """The suite's models, each with a cost hint that tells what was recorded, if anything was."""
    measured = defaultdict(list)
    for run in read(results, "*", "-".join(RULES)).runs if results else ():
        record = run.record
        if record.status == "ok" and record.train_images >= TRAIN_IMAGES:
            seconds = (record.fit_cpu_seconds or 0.0) + (record.predict_wall_seconds or 0.0)
            measured[record.model, record.variant].append(seconds)
    return tuple(
        _costing(selection, fmean(measured[selection.model.name, selection.variant]))
        if (selection.model.name, selection.variant) in measured
        else selection
        for selection in select_models()[1]
    )


def _costing(selection: Selection, seconds: float) -> Selection:
    plugin = replace(selection.model.plugin, cost_hint=lambda images, params: seconds)
    return replace(selection, model=replace(selection.model, plugin=plugin))


def drawn(
    own: Sequence[Selection], count: int, random: np.random.Generator
) -> tuple[Selection, ...]:
    """Models drawn with replacement, each a row of its own."""
    chosen = random.integers(0, len(own), count)
    return tuple(replace(own[n], variant=f"drawn{place}") for place, n in enumerate(chosen))


def sweep_of(selections: Sequence[Selection], seeds: int) -> tuple[Job, ...]:
    """The runs of a sweep in the order in which the suite takes them."""
    parts = [np.zeros(n, dtype=np.int32) for n in (TRAIN_IMAGES, 0, 0)]
    split = Split(train=parts[0], validation=parts[1], test=parts[2], scores_training_images=False)
    protocol, preset = protocol_named(RULES[0]), preset_named(RULES[1])
    presets = dict.fromkeys(DATASETS, (preset,))
    return make_plan(selections, presets, protocol, range(seeds), split_of=lambda key: split).jobs


def rows_of(jobs: Sequence[Job]) -> list[str]:
    """The drawn models, each once."""
    return list(dict.fromkeys(job.key.variant for job in jobs))


def as_planned(jobs: Sequence[Job]) -> list[Job]:
    """The suite's own order."""
    return list(jobs)


def cheapest_first(jobs: Sequence[Job]) -> list[Job]:
    """The suite's own order, but for the last seed, whose cheapest runs come first."""
    return sorted(jobs, key=lambda job: (job.key.seed, job.cost))


def dearest_first(jobs: Sequence[Job]) -> list[Job]:
    """Dearest first, whatever the seed: nearly the shortest makespan there is."""
    return sorted(jobs, key=lambda job: -job.cost)


ORDERS: dict[str, Order] = {
    "as planned": as_planned,
    "last seed cheapest first": cheapest_first,
    "all dearest first": dearest_first,
}


def simulate(jobs: Sequence[Job], seconds: Sequence[float], workers: int) -> Outcome:
    """Have workers take runs in order, each the next as soon as it is free.

    Args:
        jobs: The runs in their order.
        seconds: How long each really takes.
        workers: How many there are.
    """
    ends = end_times(seconds, workers)
    first = min(job.key.seed for job in jobs)
    return Outcome(
        makespan=max(ends),
        ideal=ideal(seconds, workers),
        first_seed=max(end for end, job in zip(ends, jobs, strict=True) if job.key.seed == first),
    )


def end_times(seconds: Sequence[float], workers: int) -> list[float]:
    """When each run ends if every free worker takes the next one."""
    free = [0.0] * workers
    ends = []
    for needed in seconds:
        ends.append(free[0] + needed)
        heapq.heapreplace(free, ends[-1])
    return ends


def ideal(seconds: Sequence[float], workers: int) -> float:
    """A time that no order goes below: the work divided evenly, or the longest run."""
    return max(sum(seconds) / workers, max(seconds))


def _sizes(datasets: Sequence[Dataset]) -> str:
    """A table of what one more run costs the suite itself."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        disk, report = [], []
        for count in RECORDS:
            results = folder / str(count)
            write_records(results, count, list(datasets))
            disk.append(sum(path.stat().st_size for path in results.rglob("*.*")))
            report.append(time_report(results, folder / "site"))
        sweeps = [_sweep_seconds(datasets[0], count, folder / f"runs-{count}") for count in RUNS]
    more = RECORDS[1] - RECORDS[0]
    row = [
        f"{1e3 * (sweeps[1] - sweeps[0]) / (RUNS[1] - RUNS[0]):.0f}",
        f"{disk[1] / RECORDS[1] / 1e3:.1f}",
        f"{1e3 * (report[1].cpu_seconds - report[0].cpu_seconds) / more:.2f}",
        f"{1024 * (report[1].peak_mib - report[0].peak_mib) / more:.0f}",
    ]
    columns = ["suite's own ms a run", "kB on disk", "report ms a record", "report KiB a record"]
    names = ", ".join(data.name for data in datasets)
    subject = f"one run more on {names} in processor time, {more} records more"
    return about(subject) + show(columns, [row])


def _sweep_seconds(dataset: Dataset, runs: int, results: Path) -> float:
    """Processor seconds of this process alone for a sweep of a model that takes no time."""
    import suite

    started = process_time()
    for record in suite.run(
        dataset.name, "dummy", preset="smoke", seeds=runs, results=results, progress=False, jobs=1
    ):
        if record.status != "ok":
            raise RuntimeError(f"{record.model}: {record.status}")
    return process_time() - started


if __name__ == "__main__":
    main()
