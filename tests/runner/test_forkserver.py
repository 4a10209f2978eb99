"""The fork server's own promises; what runs make of it is tested with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("interrupted.py")


def test_interrupts_at_any_moment_do_not_hold_up_its_end() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT],
        cwd=SCRIPT.parents[2], capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ended after 300 interrupts\n"
