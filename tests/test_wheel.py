"""The built package holds all that it needs to run away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The suite built as a wheel from a clean copy and installed into a folder of its own."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if (ROOT / name).is_file() and not name.startswith(("tests/", "results/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*pip, *build, place, source],
                   check=True, capture_output=True)  # fmt: skip
    wheel = next(place.glob("*.whl"))
    folder = place / "installed"
    subprocess.run([*pip, "install", "--no-deps", "--target", folder, wheel],
                   check=True, capture_output=True)  # fmt: skip
    return folder


@pytest.fixture
def call(installed, tmp_path):
    """Runs Python with the installed package in an empty folder."""

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        return subprocess.run([sys.executable, *arguments], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, check=False)  # fmt: skip

    return run


def test_the_installed_package_writes_and_checks_plugins(call):
    for kind in ("sklearn", "keras"):
        assert call("-m", "suite", "new", f"my_{kind}", "--kind", kind).returncode == 0
    done = call("-m", "suite", "check", "./my_sklearn.py")
    assert done.returncode == 0, done


def test_the_installed_package_runs_models_and_reports(installed, call, tmp_path):
    where = call("-c", "import suite, baselines, cnn, reports; print(suite.__file__)")
    assert where.stdout.startswith(str(installed)), where
    known = "from suite.data.duplicates import known_duplicates; print(known_duplicates('fashion'))"
    assert "test_index" in call("-c", known).stdout
    done = call("-m", "suite", "run", "--datasets", "digits", "--preset", "smoke",
                "--models", "dummy,nearest_centroid")  # fmt: skip
    assert done.returncode == 0, done
    assert "nearest_centroid" in (tmp_path / "site" / "index.html").read_text()


def test_the_package_holds_no_tests_and_no_data(installed):
    names = {
        path.relative_to(installed).parts[0] for path in installed.rglob("*") if path.is_file()
    }
    assert "tests" not in names
    assert not list(installed.rglob("*idx?-ubyte*"))


def test_tested_versions_are_pinned_without_addresses():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines
    for line in lines:
        name, _, version = line.partition("==")
        assert name
        assert version
        assert "/" not in line
