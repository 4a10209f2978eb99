"""The memory of one process is told apart from that of its children."""

from __future__ import annotations

import sys

import pytest

from benchmarks.parent_memory import watch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

SLEEPS = "import time; time.sleep(0.5)"
TAKES = f"held = b'x' * (200 * 2**20); {SLEEPS}"


def test_what_the_process_takes_counts():
    peaks = watch([sys.executable, "-c", TAKES])
    assert 200 < peaks.private <= peaks.resident < 300
    assert peaks.running == 0


def test_what_its_children_take_does_not():
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {TAKES!r}], check=True)"
    peaks = watch([sys.executable, "-c", code])
    assert 0 < peaks.running <= peaks.resident < 100


def test_a_command_that_fails_is_no_measurement():
    with pytest.raises(RuntimeError, match="exited with 3"):
        watch([sys.executable, "-c", "raise SystemExit(3)"])
