"""The fork server's own promises; what runs make of it is tested with them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from suite.runner.servers import Servers

SCRIPT = Path(__file__).with_name("interrupted.py")


def test_interrupts_at_any_moment_do_not_hold_up_its_end() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT],
        cwd=SCRIPT.parents[2], capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ended after 300 interrupts\n"


@pytest.mark.parametrize(
    ("requires", "module", "loaded"),
    [
        (("sklearn.svm", "no_such_library|json"), None, ["sklearn.svm", "json"]),
        (("baselines.svm", "cnn._helpers|numpy", "suite.contract"), None, ["numpy"]),
        (("beside", "inside"), None, []),
        (("numpy.linalg", "sklearn"), "numpy.a_plugin", ["sklearn"]),
    ],
)
def test_no_code_of_plugins_is_loaded_ahead_of_runs(
    requires, module, loaded, sweep_of, tmp_path, monkeypatch
):
    """It would be loaded outside of the sandbox."""
    (tmp_path / "beside.py").touch()
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    (job,) = sweep_of("dummy").plan.jobs
    job = replace(job, requires=requires, plugin_module=module)
    assert Servers([job]).of(job)._preload == loaded
