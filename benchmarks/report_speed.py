"""How long `suite report` and a sweep's plan take, and how much memory, by the number of records.

    python -m benchmarks.report_speed --records 500,2500,10000

The records are made up (see `synthetic`), each command is whole, in a process of its own. The plan
is `suite run --dry-run` for one model, which reads no other's records.
Processor seconds tell of the suite, wall seconds also of what else the machine does. Linux, macOS.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.synthetic import write_records
from benchmarks.table import about, show
from suite.data.datasets import load

# Linux counts in KiB, macOS in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Timing:
    """What one command took: seconds and MiB."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


def main() -> None:
    """Make the records, time the reports, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", default="500,2500,10000", help="how many, with commas")
    parser.add_argument("--datasets", default="fashion,mnist", help="digits needs no download")
    parser.add_argument("--repeats", type=int, default=3, help="the fastest of so many is shown")
    options = parser.parse_args()
    datasets = [load(name) for name in options.datasets.split(",")]
    rows = []
    for count in sorted(int(number) for number in options.records.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder) / "results"
            write_records(results, count, datasets)
            size = sum(path.stat().st_size for path in results.rglob("*.*")) / 1e6
            site = Path(folder) / "site"
            runs = [time_report(results, site) for _ in range(options.repeats)]
            plan = ["run", "--models", "dummy", "--datasets", options.datasets, "--dry-run"]
            plan += ["--preset", "quick", "--results", str(results)]
            planned = min(time_command(plan).wall_seconds for _ in range(options.repeats))
        best = min(runs, key=lambda run: run.cpu_seconds)
        wall = min(run.wall_seconds for run in runs)
        rows.append((count, size, wall, best.cpu_seconds, best.peak_mib, planned))
    first = rows[0]
    shown = [
        [
            f"{count:,}",
            f"{size:.0f}",
            f"{wall:.2f}",
            f"{cpu:.2f}",
            f"{peak:.0f}",
            "" if count == first[0] else f"{1e3 * (cpu - first[3]) / (count - first[0]):.2f}",
            f"{planned:.2f}",
        ]
        for count, size, wall, cpu, peak, planned in rows
    ]
    columns = [
        "records",
        "MB on disk",
        "wall s",
        "processor s",
        "peak MiB",
        "ms a record more",
        "plan s",
    ]
    sys.stdout.write(about(f"suite report, best of {options.repeats}") + show(columns, shown))


def time_report(results: Path, site: Path) -> Timing:
    """Run `suite report` as a process of its own; errors as in `time_command`."""
    return time_command(["report", "--results", str(results), "--site", str(site)])


def time_command(arguments: Sequence[str]) -> Timing:
    """Run the suite's command line as a process of its own.

    Raises:
        RuntimeError: It failed.
    """
    command = [sys.executable, "-m", "suite", *arguments]
    started = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    wall = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"suite {arguments[0]} exited with {process.returncode}")
    peak = usage.ru_maxrss * RSS_UNIT / 2**20
    return Timing(wall, usage.ru_utime + usage.ru_stime, peak)


if __name__ == "__main__":
    main()
