"""The script that tries what a pull request brings, as it runs on the hosting's machines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = '''"""Names the most frequent class."""

from suite.contract import Plugin, Source


def build(*, seed, threads):
    from sklearn.dummy import DummyClassifier

    return DummyClassifier()


def parameters(fitted):
    """The priors."""
    return fitted.class_prior_.size


PLUGIN = Plugin(
    title="{title}",
    family="classic",
    view="flat",
    build=build,
    params={{}},
    parameters=parameters,
    random=False,
    cost_hint=1,
    requires=("sklearn.dummy",),
    source=Source(name="scikit-learn", url="https://scikit-learn.org"),
)
'''


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = spec_from_file_location("contribution", ROOT / ".ci" / "contribution.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["contribution"] = module
    spec.loader.exec_module(module)
    return module


def test_paths_are_sorted_into_what_has_to_be_tried(script: ModuleType) -> None:
    what = script.touched([
        "baselines/knn.py", "cnn/_helpers.py", "baselines/deeper/no.py", "cnn/notes.md",
        "results/mnist/holdout-standard/knn/seed-0.json", "suite/errors.py", "README.md",
    ])  # fmt: skip
    assert what == script.Touched(("knn",), ("cnn",), True)
    assert script.touched(["README.md"]) == script.Touched((), (), False)


def test_a_change_without_models_needs_nothing(script: ModuleType) -> None:
    assert script.commands(script.Touched((), (), False), "digits") == []
    assert script.commands(script.Touched((), (), True), "digits") == [["validate", "results"]]


def test_helpers_are_tried_with_every_plugin_and_one_run(script: ModuleType) -> None:
    check, run, validate = script.commands(script.Touched((), ("cnn",), False), "digits")
    assert check == ["check", "--all"]
    assert run[-5] == "machine_learning_mastery/default"
    assert validate[0] == "validate"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small repository of the project: its code, and one commit."""
    place = tmp_path / "checkout"
    for folder in ("suite", "reports", "baselines", "cnn", ".ci"):
        shutil.copytree(ROOT / folder, place / folder,
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    shutil.copy(ROOT / "pyproject.toml", place)
    (place / ".gitignore").write_text("build/\n__pycache__/\n")
    git(place, "init", "--quiet", "--initial-branch", "main")
    commit(place)
    return place


def git(place: Path, *arguments: str) -> str:
    names = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    return subprocess.run(
        ["git", *names, *arguments], cwd=place, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(place: Path) -> str:
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "a change")
    return git(place, "rev-parse", "HEAD")


def contribute(place: Path, base: str, summary: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHON": sys.executable, "PYTHONPATH": str(place), "CONTRIBUTION_DATASETS": "digits",
        "GITHUB_STEP_SUMMARY": str(summary),
    }  # fmt: skip
    return subprocess.run(
        [place / ".ci" / "contribution", base], cwd=place, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_new_plugin_is_checked_run_and_shown(checkout: Path, tmp_path: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    (checkout / "baselines" / "brand_new.py").write_text(PLUGIN.format(title="Brand | new"))
    commit(checkout)
    done = contribute(checkout, base, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "Models: brand_new." in text
    assert "passed: `suite run --preset quick" in text
    assert "passed: `suite validate build" in text
    assert "Brand &#124; new" in text
    # It is no better than chance, which the check says.
    assert "FAILED: `suite check brand_new`" in text
    assert done.returncode == 1


def test_a_change_of_records_is_validated(checkout: Path, tmp_path: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    record = checkout / "results" / "digits" / "holdout-quick" / "knn" / "seed-0.json"
    record.parent.mkdir(parents=True)
    record.write_text("{}")
    commit(checkout)
    done = contribute(checkout, base, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "FAILED: `suite validate results`" in text
    assert "seed-0.json" in text
    assert done.returncode == 1


def test_an_unknown_base_is_told(checkout: Path, tmp_path: Path) -> None:
    done = contribute(checkout, "0123456789", tmp_path / "summary.md")
    assert done.returncode == 1
    assert "0123456789: expected a commit of this repository" in done.stderr
