"""What a run costs besides fit and predict, against a bare script's fit and predict.

    python -m benchmarks.run_overhead --datasets fashion --preset quick --seeds 10

One lane does the runs of a model, seed after seed; the bare script is a process that has the
libraries loaded and the same images in memory, and fits and predicts in one thread, once for each
seed. The first run of a sweep, which waits for the libraries to load, is left out on both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from statistics import mean
from time import perf_counter

import numpy as np

from benchmarks.sweeps import TimedRun, timed_sweep
from benchmarks.table import about, show
from suite.contract import FitContext
from suite.data.datasets import load
from suite.data.views import to_view
from suite.loading import load_plugin
from suite.protocol.rules import preset_changes, preset_named, protocol_named
from suite.protocol.splits import make_split
from suite.records.machine import usable_cores
from suite.runner.confine import limit_threads, pin, thread_environment


def main() -> None:
    """Do the sweeps and the bare scripts and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", default="fashion", help="one of fashion, mnist, digits")
    parser.add_argument(
        "--models", default="nearest_centroid,decision_tree,machine_learning_mastery"
    )
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        sys.stdout.write(json.dumps(bare(options)))
        return
    rows = [row_of(model, options) for model in options.models.split(",")]
    columns = [
        "model", "run s", "fit and predict s", "overhead s", "overhead %", "bare script s",
        "run less bare s",
    ]  # fmt: skip
    title = f"A run on {options.datasets}, preset {options.preset}, one thread"
    title += f", mean of {options.seeds} seeds"
    sys.stdout.write(about(title) + show(columns, rows))


def row_of(model: str, options: argparse.Namespace) -> list[str]:
    """A line of the table."""
    runs = timed_sweep(
        datasets=(options.datasets,),
        models=(only(model),),
        preset=options.preset,
        seeds=tuple(range(options.seeds + 1)),
        jobs=1,
    )[1:]
    alone = mean(bare_script(model, options)[1:])
    whole = mean(run.ended - run.started for run in runs)
    overhead = mean(run.overhead_seconds for run in runs)
    return [
        model,
        f"{whole:.2f}",
        f"{mean(map(measured_seconds, runs)):.2f}",
        f"{overhead:.2f}",
        f"{100 * overhead / whole:.1f}",
        f"{alone:.2f}",
        f"{whole - alone:.2f}",
    ]


def only(model: str) -> str:
    """The selection of one row: a variant, or the defaults without the variants."""
    return model if "/" in model else f"{model}/default"


def measured_seconds(run: TimedRun) -> float:
    """Fit and predict, as the record has them."""
    return run.ended - run.started - run.overhead_seconds


def bare_script(model: str, options: argparse.Namespace) -> list[float]:
    """Seconds of fit and predict for each seed, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.run_overhead", "--bare", "--models", model]
    command += ["--datasets", options.datasets, "--preset", options.preset]
    command += ["--seeds", str(options.seeds)]
    environment = {**os.environ, **thread_environment(1)}
    done = subprocess.run(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    seconds: list[float] = json.loads(done.stdout)
    return seconds


def bare(options: argparse.Namespace) -> list[float]:
    """Fit and predict in this process, once for each seed and once before."""
    from suite.selection import select_models

    _, (selection, *_) = select_models((only(options.models),), ())
    plugin = load_plugin(selection.model.path, selection.model.module)
    preset = preset_named(options.preset)
    params = {
        **selection.params,
        **preset_changes(selection.params, preset, plugin.presets),
    }
    data = load(options.datasets)
    pin(tuple(usable_cores()[:1]))
    labels = data.labels("train")
    X_test = to_view(data.images("test"), plugin.view)
    seconds = []
    for seed in range(options.seeds + 1):
        split = make_split(labels, len(X_test), protocol_named("holdout"), preset, seed, None)
        X = to_view(np.asarray(data.images("train"))[split.train], plugin.view)
        X_val = to_view(np.asarray(data.images("train"))[split.validation], plugin.view)
        context = FitContext(
            X_val=X_val, y_val=labels[split.validation], on_epoch=lambda *told: None
        )
        extra = (context,) if plugin.uses_validation else ()
        started = perf_counter()
        model = plugin.build(seed=seed, threads=1, **params)
        limit_threads(1)
        model.fit(X, labels[split.train], *extra)
        model.predict(X_test)
        seconds.append(perf_counter() - started)
    return seconds


if __name__ == "__main__":
    main()
