"""What the sandbox costs a run: the same runs inside and outside, in turn.

    python -m benchmarks.sandbox_cost --datasets fashion --preset quick --pairs 5

Outside is the same suite on a kernel whose Landlock is switched off, for one process and all that
it starts, by a filter of system calls. Each side is a sweep in a process of its own, of one lane.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import struct
import subprocess
import sys
from statistics import median

from benchmarks.sweeps import timed_sweep
from benchmarks.table import about, show
from suite.runner import sandbox

FIGURES = ("fit_cpu_seconds", "predict_wall_seconds", "overhead_seconds")


def main() -> None:
    """Do the sweeps in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", default="fashion")
    parser.add_argument(
        "--models", default="nearest_centroid,random_forest,svm,machine_learning_mastery/default"
    )
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--side", choices=("inside", "outside"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        sys.stdout.write(json.dumps(figures_of(options)))
        return
    sides: dict[str, list[dict[str, list[float]]]] = {"inside": [], "outside": []}
    for _ in range(options.pairs):
        for side, found in sides.items():
            command = [sys.executable, "-m", "benchmarks.sandbox_cost", *sys.argv[1:]]
            done = subprocess.run(  # noqa: S603
                [*command, "--side", side], stdout=subprocess.PIPE, check=True, env=os.environ
            )
            found.append(json.loads(done.stdout))
    rows = [
        [model, figure, *(f"{value:.4g}" for value in compared(sides, model, place))]
        for model in sides["inside"][0]
        for place, figure in enumerate(FIGURES)
    ]
    columns = ["model", "figure", "inside", "outside", "median of ratios", "least", "greatest"]
    title = f"Runs on {options.datasets}, preset {options.preset}, medians of {options.pairs} pairs"
    sys.stdout.write(about(title) + show(columns, rows))


def compared(sides: dict[str, list[dict[str, list[float]]]], model: str, place: int) -> list[float]:
    """Medians of both sides, and median, least and greatest of the ratios of pairs."""
    inside, outside = ([one[model][place] for one in found] for found in sides.values())
    ratios = [a / b for a, b in zip(inside, outside, strict=True)]
    return [median(inside), median(outside), median(ratios), min(ratios), max(ratios)]


def figures_of(options: argparse.Namespace) -> dict[str, list[float]]:
    """`FIGURES` of each model, in a sweep of one run each."""
    if options.side == "outside":
        switch_off(errno.ENOSYS)
    runs = timed_sweep(
        datasets=(options.datasets,), models=(options.models,), preset=options.preset, seeds=(0,),
        jobs=1,
    )  # fmt: skip
    assert {run.record.environment.sandbox for run in runs} == {sandbox.description()}
    return {
        run.job.label: [getattr(run.record, name, None) or run.overhead_seconds for name in FIGURES]
        for run in runs
    }


def switch_off(error: int) -> None:
    """Have this process, and all that it starts, find Landlock's calls failing with an error."""
    load, equal, end, allow, fail = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050000 | error
    program = ((load, 0, 0, 0), (equal, 0, 1, sandbox._LANDLOCK[0]), (end, 0, 0, fail),
               (end, 0, 0, allow))  # fmt: skip
    sandbox._check(sandbox._prctl(38, 1), "no_new_privs")
    sandbox._filter_calls(b"".join(struct.pack("=HBBI", *line) for line in program))


if __name__ == "__main__":
    main()
