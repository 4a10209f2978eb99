"""The clock of the soak: it reaches what the suite writes, and the suite takes no harm from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from suite.records.store import read

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
VALUES = 6


def test_records_are_dated_by_the_jumping_clock_and_their_durations_are_true(
    tmp_path: Path,
) -> None:
    shutil.copy(HERE / "soaked.py", tmp_path)
    clock = tmp_path / "clock"
    clock.mkdir()
    shutil.copy(HERE / "jumping_clock.py", clock / "sitecustomize.py")
    results = tmp_path / "results"
    grid = ",".join(str(number) for number in range(2, 2 + VALUES))
    began = datetime.now(UTC)
    done = subprocess.run(
        [sys.executable, "-m", "suite", "run", "--datasets", "digits", "--preset", "smoke",
         "--models", f"./soaked.py[shrink=[{grid}]]", "--results", results, "--site", "site"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": os.pathsep.join([str(clock), str(ROOT)])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    took = (datetime.now(UTC) - began).total_seconds()
    assert done.returncode == 0, done.stdout + done.stderr
    records = [run.record for run in read(results).runs]
    assert len(records) == VALUES
    off = [abs((datetime.fromisoformat(r.started_at) - began).total_seconds()) for r in records]
    # Each is off by half a day on average; all of them by less than an hour: one in 10^8.
    assert max(off) > took + 3_600
    for record in records:
        assert record.fit_wall_seconds is not None
        assert 0.15 <= record.fit_wall_seconds <= took
