"""A model in a package of its own is found, run and ranked as any other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "suite-example-model"


def test_an_installed_package_adds_its_model(tmp_path: Path) -> None:
    source, installed = tmp_path / "source", tmp_path / "installed"
    shutil.copytree(EXAMPLE, source)
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install",
         "--no-deps", "--no-build-isolation", "--target", installed, source],
        check=True, capture_output=True,
    )  # fmt: skip

    def call(*arguments: str, package: bool = True) -> subprocess.CompletedProcess[str]:
        places = [str(ROOT), *([str(installed)] if package else [])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
        command = [sys.executable, "-m", "suite", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    assert "mean_templates" in call("list").stdout
    assert "mean_templates" not in call("list", package=False).stdout
    done = call("run", "--models", "mean_templates,dummy", "--datasets", "digits",
                "--preset", "smoke")  # fmt: skip
    assert done.returncode == 0, done
    page = (tmp_path / "site" / "leaderboard.md").read_text(encoding="utf-8")
    assert page.index("Mean templates") < page.index("dummy")
