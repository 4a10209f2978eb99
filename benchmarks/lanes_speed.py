"""Throughput of a sweep with a lane for each core against one lane.

    python -m benchmarks.lanes_speed --datasets fashion,mnist --preset quick --seeds 1

Both sweeps do the same runs, once the libraries are loaded. Their predictions must be the same.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.sweeps import TimedRun, timed_sweep
from benchmarks.table import about, show
from suite.records.machine import usable_cores


def main() -> None:
    """Do both sweeps and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", default="fashion,mnist", help="digits needs no download")
    parser.add_argument("--models", default="", help="selections, with commas between them")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=len(usable_cores()), help="lanes")
    options = parser.parse_args()
    sweeps = {
        lanes: timed_sweep(
            datasets=tuple(options.datasets.split(",")),
            models=tuple(filter(None, [options.models])),
            preset=options.preset,
            seeds=tuple(range(options.seeds)),
            jobs=lanes,
        )
        for lanes in (1, options.jobs)
    }
    different = differing(sweeps[1], sweeps[options.jobs])
    one = wall(sweeps[1])
    rows = [
        [
            str(lanes),
            str(len(runs)),
            f"{wall(runs):.1f}",
            f"{sum(run.record.fit_cpu_seconds or 0.0 for run in runs):.1f}",
            f"{one / wall(runs):.2f}",
            f"{one / wall(runs) / lanes:.2f}",
        ]
        for lanes, runs in sweeps.items()
    ]
    columns = ["lanes", "runs", "wall s", "processor s to fit", "throughput", "a lane"]
    sys.stdout.write(about(f"Lanes, preset {options.preset}, n = 1") + show(columns, rows))
    if different:
        sys.exit("predictions differ: " + ", ".join(different))
    sys.stdout.write("\nThe predictions of all runs are identical.\n")


def wall(runs: list[TimedRun]) -> float:
    """Seconds from the first run's end of loading to the last run's end.

    The first run of each lane waits for the libraries, in both sweeps: what comes before the first
    fit is left out.
    """
    first = min(run.ended - _working(run) for run in runs)
    return max(run.ended for run in runs) - first


def _working(run: TimedRun) -> float:
    return (run.record.fit_wall_seconds or 0.0) + (run.record.predict_wall_seconds or 0.0)


def differing(left: list[TimedRun], right: list[TimedRun]) -> list[str]:
    """The runs whose predictions, validation predictions or confidences are not the same."""
    sums = {run.job.key: run.record.arrays_sha256 for run in left}
    return [run.job.label for run in right if sums[run.job.key] != run.record.arrays_sha256]


if __name__ == "__main__":
    main()
