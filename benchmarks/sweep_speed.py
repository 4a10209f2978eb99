"""A sweep of the suite against a plain script that does the same runs one after another.

    python -m benchmarks.sweep_speed --datasets fashion,mnist --preset quick --seeds 3

Both sides train the same models with the same parameters and seeds on the same images. The plain
side (`benchmarks.plain`) is a fresh Python process for each run, with stock scikit-learn and Keras
and their default numbers of threads; the suite's side is the whole command, from a fresh folder of
results to the report.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.table import about, show
from suite.records.store import read
from suite.runner.plan import Job
from suite.stats.metrics import accuracy
from suite.sweep import Settings, Sweep, prepare


def main() -> None:
    """Do both sides and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", default="fashion,mnist", help="digits needs no download")
    parser.add_argument("--models", default="", help="selections; all that are installed if empty")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sweep = prepare(
            Settings(
                datasets=tuple(options.datasets.split(",")),
                models=tuple(filter(None, [options.models])),
                preset=options.preset,
                seeds=tuple(range(options.seeds)),
                results=Path(folder) / "results",
            )
        )
        suite_wall, suite_accuracy = with_suite(options, sweep, Path(folder))
        seconds, plain_accuracy = with_plain_script(sweep, Path(folder))
    plain_wall = sum(sum(values) for values in seconds.values())
    rows = [
        [label, f"{mean(seconds[label]):.1f}", f"{mean(plain_accuracy[label]):.4f}",
         f"{mean(suite_accuracy[label]):.4f}"]
        for label in seconds
    ]  # fmt: skip
    title = f"Preset {options.preset}, {len(sweep.plan.jobs)} runs, n = 1"
    sys.stdout.write(about(title))
    sys.stdout.write(show(["model", "plain s a run", "plain accuracy", "suite accuracy"], rows))
    sys.stdout.write(
        f"\nplain script {plain_wall:.0f} s, suite run {suite_wall:.0f} s: "
        f"{plain_wall / suite_wall:.2f} times as fast\n"
    )


def with_suite(
    options: argparse.Namespace, sweep: Sweep, folder: Path
) -> tuple[float, dict[str, list[float]]]:
    """Wall seconds of `suite run`, and the accuracies by label."""
    command = [sys.executable, "-m", "suite", "run", "--datasets", options.datasets]
    command += ["--preset", options.preset, "--seeds", str(options.seeds)]
    command += ["--results", str(sweep_results(folder)), "--site", str(folder / "site")]
    if options.models:
        command += ["--models", options.models]
    started = perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    wall = perf_counter() - started
    labels = {job.key: job.label for job in sweep.plan.jobs}
    truth = {name: data.labels("test") for name, data in sweep.datasets.items()}
    found: dict[str, list[float]] = defaultdict(list)
    for run in read(sweep_results(folder)).runs:
        assert run.arrays is not None
        key = run.record.key
        score = accuracy(run.arrays.predictions, truth[key.dataset])
        found[f"{labels[key]} on {key.dataset}"].append(score)
    return wall, found


def sweep_results(folder: Path) -> Path:
    """Where the suite's records go."""
    return folder / "results"


def with_plain_script(
    sweep: Sweep, folder: Path
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Wall seconds and accuracies of the plain processes by label."""
    seconds: dict[str, list[float]] = defaultdict(list)
    accuracies: dict[str, list[float]] = defaultdict(list)
    for task, label in plain_tasks(sweep, folder):
        started = perf_counter()
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "benchmarks.plain", json.dumps(task)],
            stdout=subprocess.PIPE, check=True, text=True, env=default_threads(),
        )  # fmt: skip
        seconds[label].append(perf_counter() - started)
        accuracies[label].append(json.loads(done.stdout.splitlines()[-1])["accuracy"])
    return seconds, accuracies


def plain_tasks(sweep: Sweep, folder: Path) -> Iterable[tuple[dict[str, Any], str]]:
    """What the plain script is told for each run; arrays lie in `.npy` files for both sides."""
    labels: dict[tuple[str, str], str] = {}
    for name, data in sweep.datasets.items():
        for part in ("train", "test"):
            file = folder / f"{name}-{part}-labels.npy"
            np.save(file, data.labels(part))  # type: ignore[arg-type]
            labels[name, part] = str(file)
    for number, job in enumerate(sweep.plan.jobs):
        data = sweep.datasets[job.key.dataset]
        split = sweep.splits(job.key)
        indices = folder / f"{number}.npz"
        np.savez(indices, train=split.train, validation=split.validation)
        yield (
            plain_task(job, str(indices))
            | {
                "train_images": str(data.images_path("train")),
                "train_labels": labels[job.key.dataset, "train"],
                "test_images": str(data.images_path("test")),
                "test_labels": labels[job.key.dataset, "test"],
            },
            f"{job.label} on {job.key.dataset}",
        )


def plain_task(job: Job, indices: str) -> dict[str, Any]:
    """The model's part of what the plain script is told."""
    return {
        "module": job.plugin_module,
        "keras": job.backend is not None,
        "params": job.used_parameters,
        "seed": job.key.seed,
        "indices": indices,
    }


def default_threads() -> dict[str, str]:
    """This environment without settings of threads."""
    return {name: value for name, value in os.environ.items() if "THREADS" not in name}


if __name__ == "__main__":
    main()
