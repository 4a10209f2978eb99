"""Small saved models of every format, made once, and crafted files beside a description."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import suite
from cnn._backend import limit_threads
from suite.errors import ModelError
from suite.models_io.saved import SUFFIXES, read_saved

MODELS = {
    "keras": "machine_learning_mastery",
    "skops": "decision_tree",
    "xgboost": "xgboost/default[n_estimators=2]",
    "lightgbm": "lightgbm[n_estimators=2]",
}


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Before any test starts TensorFlow with all cores, which other tests could not undo."""
    limit_threads(1)


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """A model file of each format, by format."""
    folder = tmp_path_factory.mktemp("saved")
    chosen = [name.replace("/default", "") for name in MODELS.values()]
    chosen[0] += "/default"
    list(suite.run("digits", [*chosen, "svm", "hist_gradient_boosting[max_iter=1]"],
                   preset="smoke", results=folder / "results", save_models=folder / "models",
                   progress=False))  # fmt: skip
    found = {}
    for format_, name in MODELS.items():
        entry = name.partition("/")[0].partition("[")[0]
        (found[format_],) = (folder / "models").rglob(f"{entry}*/seed-0{SUFFIXES[format_]}")
    (found["svm"],) = (folder / "models").rglob("svm/seed-0.skops")
    (found["hist"],) = (folder / "models").rglob("hist_gradient_boosting*/seed-0.skops")
    return found


@pytest.fixture
def plant(saved, tmp_path):
    """Writes bytes as a saved model whose description has the right sum."""

    def write(format_: str, content: bytes, suffix: str = "") -> Path:
        path = tmp_path / f"crafted{suffix or SUFFIXES[format_]}"
        path.write_bytes(content)
        facts = json.loads(saved[format_].with_suffix(".json").read_text())
        facts["file_sha256"] = hashlib.sha256(content).hexdigest()
        path.with_suffix(".json").write_text(json.dumps(facts))
        return path

    return write


@pytest.fixture
def refused():
    """Reads a file that has to be refused, in this process; returns what is told."""
    from suite.models_io.files import read

    def check(path: Path, format_: str) -> str:
        read_saved(path)
        with pytest.raises(ModelError) as told:
            read(path, format_)
        assert len(str(told.value).splitlines()) == 1
        return str(told.value)

    return check
