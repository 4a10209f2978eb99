"""The steps of CONTRIBUTING give a plugin, its records and its row, on a fresh clone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A Contributor"), ("EMAIL", "contributor@example.org"))
}


def commands() -> list[str]:
    """What the five steps tell to type."""
    section = GUIDE.partition("## Add a model")[2].partition("\n## ")[0]
    blocks = re.findall(r"```\n(.*?)```", section, re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture
def clone(tmp_path):
    """A repository with the project's files, and a shell whose `python` is this one."""
    folder = tmp_path / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if (ROOT / name).is_file() and not name.startswith(("tests/", "results/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)

    def shell(command: str) -> subprocess.CompletedProcess[str]:
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, **IDENTITY, "PATH": path, "PYTHONPATH": str(folder)}
        return subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True,
            check=False, timeout=280,
        )  # fmt: skip

    shell("git init --quiet && git add --all && git commit --quiet --message start")
    return shell


def test_the_five_steps(clone):
    typed = commands()
    assert len(typed) == 6
    for command in typed:
        # The real data are not everywhere; digits take the same way.
        command = command.replace("{fashion,mnist}", "digits").replace("fashion,mnist", "digits")
        done = clone(command)
        assert done.returncode == 0, (command, done)
        if " new " in command:
            # A file among the suite's own is found by its name, as the guide has it.
            assert "python -m suite check my_model\n" in done.stdout
    changed = clone("git show --name-only --format= HEAD").stdout.split()
    records = [f"results/digits/holdout-quick/{row}/seed-{seed}.{suffix}"
               for row in ("my_model", "my_model--strong") for seed in range(3)
               for suffix in ("json", "npz")]  # fmt: skip
    assert set(changed) == {"baselines/my_model.py", *records}
    assert "My model" in clone("cat site/index.html").stdout
    assert clone("git status --porcelain").stdout == ""
