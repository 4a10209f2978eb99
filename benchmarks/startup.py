"""How long `suite --help` and `suite list` take, as processes of their own.

python -m benchmarks.startup
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from statistics import median
from time import perf_counter

from benchmarks.table import about, show


def main() -> None:
    """Time the commands and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    rows = []
    for arguments in (["--help"], ["list"]):
        run(arguments)  # once for the disk's cache
        seconds = [run(arguments) for _ in range(options.repeats)]
        figures = (min(seconds), median(seconds), max(seconds))
        rows.append([f"suite {arguments[0]}", *(f"{figure:.2f}" for figure in figures)])
    columns = ["command", "fastest s", "median s", "slowest s"]
    sys.stdout.write(about(f"Start, n = {options.repeats}") + show(columns, rows))


def run(arguments: list[str]) -> float:
    """Wall seconds of a command."""
    started = perf_counter()
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "suite", *arguments], stdout=subprocess.DEVNULL, check=True
    )
    return perf_counter() - started


if __name__ == "__main__":
    main()
