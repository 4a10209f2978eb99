"""The workflows of the project's hosting, and what goes with them."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import suite

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses:\s*(.+)", path.read_text(encoding="utf-8"))
    assert used
    assert [action for action in used if not PINNED.fullmatch(action)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_only_and_every_job_ends(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 120
        granted = job.get("permissions", {})
        assert granted == ({"pages": "write", "id-token": "write"} if name == "publish" else {})


def test_the_template_asks_for_nothing_that_the_steps_of_a_model_do_not() -> None:
    template = (ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md").read_text(encoding="utf-8")
    asked = re.findall(r"^- \[ \] .*\(step (\d)\)$", template, re.MULTILINE)
    assert len(asked) == template.count("- [ ]")
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## What")[0]
    for command in re.findall(r"`suite (\w+)", template):
        assert f"python -m suite {command} " in guide
    assert set(asked) <= set(re.findall(r"^(\d)\. ", guide, re.MULTILINE))


def test_strangers_code_meets_no_secrets_and_no_token() -> None:
    path = ROOT / ".github" / "workflows" / "pull-request.yml"
    text = path.read_text(encoding="utf-8")
    assert "secrets" not in re.sub("knows no secrets", "", text)
    # YAML 1.1 reads the key `on` as true.
    assert read(path)[True] == "pull_request"
    checkouts = [step["with"] for step in steps(path) if "checkout" in step.get("uses", "")]
    assert [checkout["persist-credentials"] for checkout in checkouts] == [False, False]
    # Only the script that the base has is called.
    assert checkouts[-1]["ref"] == "${{ github.event.pull_request.base.ref }}"
    # What a stranger chose, such as a branch's name, reaches the shell by the environment only.
    assert all("${{" not in step.get("run", "") for step in steps(path))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_steps_are_scripts_of_the_project(path: Path) -> None:
    for step in steps(path):
        if "run" in step:
            script = ROOT / step["run"].split()[0]
            assert script.is_file(), script
            assert os.access(script, os.X_OK), script


def test_the_site_is_built_anew_when_anything_that_it_is_made_of_changes() -> None:
    path = ROOT / ".github" / "workflows" / "site.yml"
    watched = read(path)[True]["push"]["paths"]
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"][
        "packages"
    ]
    folders = {package.partition(".")[0] for package in packages} | {"results", "docs/releases"}
    assert {f"{folder}/**" for folder in folders} <= set(watched)
    assert {"pyproject.toml", "constraints.txt", ".ci/site"} <= set(watched)


def test_hooks_have_the_tested_versions() -> None:
    constraints = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line
    )
    hooks = [h for repo in read(ROOT / ".pre-commit-config.yaml")["repos"] for h in repo["hooks"]]
    wanted = [d for hook in hooks for d in hook["additional_dependencies"]]
    assert wanted
    assert [d for d in wanted if constraints.get(d.split("==")[0]) != d.split("==")[1]] == []


def test_the_citation_names_this_version() -> None:
    assert read(ROOT / "CITATION.cff")["version"] == suite.__version__
