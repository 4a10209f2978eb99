"""Branches of a small repository of the project, and what the pull-request job says of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.records.record import make_record

ROOT = Path(__file__).parents[2]
RECORD = "results/digits/holdout-smoke/nearest_centroid/seed-0.json"
GUESSER = '''"""Names the most frequent class."""

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
NUMPY = '''"""Names the class whose mean brightened image is nearest, in plain NumPy."""

from suite.contract import Plugin, Source


class Nearest:
    def fit(self, X, y):
        import numpy as np

        self.means = np.stack([(X[y == c] ** 0.5).mean(axis=0) for c in range(10)])
        return self

    def predict(self, X):
        return [((image**0.5 - self.means) ** 2).sum(axis=1).argmin() for image in X]


def build(*, seed, threads):
    """A new, unfitted classifier."""
    return Nearest()


def parameters(fitted):
    """A mean image for each class."""
    return fitted.means.size


PLUGIN = Plugin(
    title="Nearest mean",
    family="classic",
    view="flat",
    build=build,
    parameters=parameters,
    random=False,
    cost_hint=1,
    requires=("numpy",),
    source=Source(name="a book", url="https://example.org"),
)
'''


@dataclass(frozen=True)
class Tried:
    """What came of the job: its exit status, its summary, and its log."""

    status: int
    summary: str
    log: str


def git(place: Path, *arguments: str) -> str:
    names = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    return subprocess.run(
        ["git", *names, *arguments], cwd=place, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(place: Path) -> str:
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "a change")
    return git(place, "rev-parse", "HEAD")


def record(place: Path, models: str, seeds: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "suite", "run", "--datasets", "digits", "--preset", "smoke",
         "--models", models, "--seeds", seeds],
        cwd=place, env=os.environ | {"PYTHONPATH": str(place)}, check=True, capture_output=True,
    )  # fmt: skip


def rewrite(file: Path, environment: dict[str, Any] | None = None, **fields: Any) -> None:
    """Change fields of a record and of its environment, and make its digest anew."""
    content = json.loads(file.read_text())
    content["environment"] |= environment or {}
    content["schema_version"] = content.pop("schema")
    del content["digest"]
    file.write_text(make_record(**content | fields).to_json())


def contribute(place: Path, base: str = "main", **variables: str) -> Tried:
    """Commit what was changed, and have the job judge it."""
    if git(place, "status", "--porcelain"):
        commit(place)
    summary = place.parent / "summary.md"
    summary.unlink(missing_ok=True)
    environment = os.environ | {
        "PYTHON": sys.executable, "PYTHONPATH": str(place), "CONTRIBUTION_DATASETS": "digits",
        "GITHUB_STEP_SUMMARY": str(summary), **variables,
    }  # fmt: skip
    done = subprocess.run(
        [place / ".ci" / "contribution", base], cwd=place, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    text = summary.read_text(encoding="utf-8") if summary.is_file() else ""
    return Tried(done.returncode, text, done.stdout + done.stderr)
