"""The script that tries what a pull request brings, as it runs on the hosting's machines."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from suite.records.record import make_record

Markup = Callable[[str], list[Any]]

ROOT = Path(__file__).parents[2]
RECORD = "results/digits/holdout-smoke/nearest_centroid/seed-0.json"
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
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small repository of the project: its code and two records, in one commit."""
    place = tmp_path_factory.mktemp("recorded")
    for folder in ("suite", "reports", "baselines", "cnn", ".ci"):
        shutil.copytree(ROOT / folder, place / folder,
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    shutil.copy(ROOT / "pyproject.toml", place)
    (place / ".gitignore").write_text("build/\n__pycache__/\nsite/\n.lock\n.tmp/\n")
    git(place, "init", "--quiet", "--initial-branch", "main")
    record(place, "0,1")
    commit(place)
    return place


def record(place: Path, seeds: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "suite", "run", "--datasets", "digits", "--preset", "smoke",
         "--models", "nearest_centroid", "--seeds", seeds],
        cwd=place, env=os.environ | {"PYTHONPATH": str(place)}, check=True, capture_output=True,
    )  # fmt: skip


def remove_record(place: Path) -> None:
    (place / RECORD).unlink()
    (place / RECORD).with_suffix(".npz").unlink()


@pytest.fixture
def checkout(recorded: Path, tmp_path: Path) -> Path:
    """That repository, to be changed."""
    return Path(shutil.copytree(recorded, tmp_path / "checkout"))


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
    assert "passed: `suite run --preset=quick" in text
    assert "passed: `suite validate -- build" in text
    assert "Brand &#124; new" in text
    # It is no better than chance, which the check says.
    assert "FAILED: `suite check -- ./baselines/brand_new.py`" in text
    assert done.returncode == 1


def test_a_library_that_the_job_lacks_is_told_with_the_remedy(
    checkout: Path, tmp_path: Path
) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    plugin = PLUGIN.format(title="New").replace('sklearn.dummy",)', 'not_there_at_all",)')
    (checkout / "baselines" / "brand_new.py").write_text(plugin)
    commit(checkout)
    done = contribute(checkout, base, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "brand_new needs not_there_at_all, not installed here" in text
    assert "extra `classic` of `pyproject.toml`" in text
    assert done.returncode == 1


def test_files_whose_names_say_something_else_fail(
    checkout: Path, tmp_path: Path, markup: Markup
) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    for name in ("--help.py", "knn[p=1].py", "a\n\n# Heading\n\n[b](https:c).py"):
        path = checkout / "baselines" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PLUGIN.format(title="New"))
    commit(checkout)
    done = contribute(checkout, base, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "FAILED: files that can't be tried" in text
    assert "knn[p=1].py" in text
    kinds = [token.type for token in markup(text)]
    assert kinds.count("heading_open") == 1
    assert "link_open" not in kinds
    assert done.returncode == 1


def test_new_records_are_validated_and_their_rows_are_shown(checkout: Path, tmp_path: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    record(checkout, "2,")
    commit(checkout)
    done = contribute(checkout, base, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "Records: 1 added, 0 replaced, 0 removed." in text
    assert "passed: `suite validate -- results`" in text
    rows = text.partition("Rows of these records: protocol holdout, preset smoke")[2]
    assert re.search(r"\(nearest_centroid\) *\| digits *\| +1 \|", rows)
    assert done.returncode == 0, text


def test_a_broken_record_is_told(checkout: Path, tmp_path: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    file = checkout / "results" / "digits" / "holdout-quick" / "knn" / "seed-0.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    commit(checkout)
    done = contribute(checkout, base, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "FAILED: `suite validate -- results`" in text
    assert "seed-0.json" in text
    assert done.returncode == 1


def test_an_edited_record_fails_and_its_fields_are_named(checkout: Path, tmp_path: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    file = checkout / RECORD
    content = json.loads(file.read_text())
    content["fit_wall_seconds"] = 0.001
    content["environment"]["cores"] = 1
    del content["digest"]
    # Consistent with itself: what it was before is known to git alone.
    file.write_text(make_record(**content | {"schema_version": content.pop("schema")}).to_json())
    commit(checkout)
    done = contribute(checkout, base, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "passed: `suite validate -- results`" in text
    assert "FAILED: committed records were replaced or removed" in text
    place = RECORD.removeprefix("results/").removesuffix(".json")
    assert f"replaced {place}: environment.cores, fit_wall_seconds\n" in text
    assert done.returncode == 1


def test_a_removed_record_fails(checkout: Path, tmp_path: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    remove_record(checkout)
    commit(checkout)
    done = contribute(checkout, base, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "Records: 0 added, 0 replaced, 1 removed." in text
    assert "FAILED: committed records were replaced or removed" in text
    assert done.returncode == 1


def test_a_record_of_changed_code_is_stale_and_may_go(checkout: Path, tmp_path: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    plugin = checkout / "baselines" / "nearest_centroid.py"
    plugin.write_text(plugin.read_text() + "\nNEW = 1\n")
    remove_record(checkout)
    commit(checkout)
    contribute(checkout, base, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "Stale: 1 records of nearest_centroid" in text
    assert "Records: 0 added, 0 replaced, 1 removed." in text
    assert "FAILED: committed records" not in text


def test_records_whose_plugin_is_removed_are_told(checkout: Path, tmp_path: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    (checkout / "baselines" / "nearest_centroid.py").unlink()
    commit(checkout)
    contribute(checkout, base, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "Removed models: nearest_centroid." in text
    assert "Left over: 2 records of nearest_centroid" in text


def test_an_unknown_base_is_told(checkout: Path, tmp_path: Path) -> None:
    done = contribute(checkout, "0123456789", tmp_path / "summary.md")
    assert done.returncode == 1
    assert "0123456789: expected a commit of this repository" in done.stderr
    assert contribute(checkout, "--help", tmp_path / "summary.md").returncode == 1
