"""Memory of `suite run` itself, from its start to the end of the report, by moments of the sweep.

    python -m benchmarks.parent_memory --datasets digits --preset smoke
    python -m benchmarks.parent_memory --datasets fashion,mnist --preset quick --models dummy,knn

Only the process of the command counts, not the fork servers and the runs. `resource.getrusage`
would take in the fork server that the command has waited for, so that the kernel's own high-water
mark of the resident size is read, again and again until the process is gone. Linux.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.table import about, show
from suite.runner.memory import MIB, memory_of

SAMPLE_SECONDS = 0.02
GOAL_MIB = 300


@dataclass(frozen=True)
class Peaks:
    """Memory of one process in MiB.

    Attributes:
        resident: High-water mark of the resident size, files that are mapped included.
        private: Largest sampled private memory (USS).
        running: High-water mark of the resident size while runs were under way.
        samples: How often memory was looked at.
    """

    resident: float
    private: float
    running: float
    samples: int


def main() -> int:
    """Run a sweep, print the table; 1 if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", default="digits", help="digits needs no download")
    parser.add_argument("--preset", default="smoke")
    parser.add_argument("--models", default="", help="all that are installed if not given")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--results", type=Path, help="go on with the records of this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *("run", "--datasets", options.datasets, "--preset", options.preset),
            *("--seeds", options.seeds, "--results", str(options.results or f"{folder}/results")),
            *("--site", f"{folder}/site"),
            *(("--models", options.models) if options.models else ()),
        ]
        peaks = watch([sys.executable, "-m", "suite", *command])
    columns = ["datasets", "preset", "peak MiB", "while runs went on", "private MiB", "samples"]
    row = [
        *(options.datasets, options.preset, f"{peaks.resident:.0f}", f"{peaks.running:.0f}"),
        *(f"{peaks.private:.0f}", str(peaks.samples)),
    ]
    sys.stdout.write(about("memory of `suite run` alone") + show(columns, [row]))
    return int(peaks.resident > GOAL_MIB)


def watch(command: list[str]) -> Peaks:
    """Run a command and watch the memory of its process until it is gone.

    Raises:
        RuntimeError: It did not end well.
    """
    resident = private = running = 0.0
    samples = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        seen = psutil.Process(process.pid)
        while process.poll() is None:
            resident = max(resident, _high_water(process.pid))
            private = max(private, memory_of(seen).private / MIB)
            if _has_children(process.pid):
                running = resident
            samples += 1
            time.sleep(SAMPLE_SECONDS)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}")
    return Peaks(resident, private, running, samples)


def _high_water(pid: int) -> float:
    """Peak resident size of a process so far in MiB; 0 for one that has just ended."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _has_children(pid: int) -> bool:
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").strip())


if __name__ == "__main__":
    sys.exit(main())
