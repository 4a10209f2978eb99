"""A results folder that the suite itself made, and ways to tamper with it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import suite
from suite.audit import commits
from suite.audit.known import Known
from suite.records.archive import pack_archive, read_archive
from suite.records.arrays import RunArrays
from suite.records.record import digest_of
from suite.registry import discover

PLUGIN = Path(__file__).parent / "plugins" / "counts_epochs.py"


@pytest.fixture(scope="session")
def plugin() -> Path:
    return PLUGIN


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of real runs; not to be written to, see `results`."""
    folder = tmp_path_factory.mktemp("made") / "results"
    models = [str(PLUGIN), "decision_tree[max_depth=5]"]
    for record in suite.run("digits", models, preset="quick", seeds=2, results=folder, jobs=1,
                            progress=False):  # fmt: skip
        assert record.status == "ok", record.error
    return folder


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    """A copy of the records, free to be tampered with."""
    return Path(shutil.copytree(made, tmp_path / "results"))


def commit_all(folder: Path, text: str = "all") -> None:
    """Make a folder a git checkout if it is none, and commit what is in it."""
    who = ["-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", text]):
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def checkout(results: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout that stands for the suite's own, with the records in its only commit."""
    cached = (commits.commit_time, commits.source_hash_at, commits._packages_at)
    monkeypatch.setattr(commits, "PROJECT_ROOT", results.parent)
    commit_all(results.parent)
    for one in cached:
        one.cache_clear()
    yield results.parent
    for one in cached:
        one.cache_clear()


@pytest.fixture(scope="session")
def known() -> Known:
    return Known(discover([PLUGIN]), now=datetime.now(UTC))


def rewrite(path: Path, content: dict[str, Any], *, sign: bool = True) -> None:
    """Write a record's JSON as the suite does; `sign` makes its digest right again."""
    if sign:
        content["digest"] = digest_of(content)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def set_field(content: dict[str, Any], field: str, value: Any) -> None:
    """Set a field such as "dataset.name"; None removes it."""
    *above, name = field.split(".")
    for part in above:
        content = content[part]
    if value is None:
        del content[name]
    else:
        content[name] = value


@pytest.fixture
def edit(results: Path) -> Callable[..., Path]:
    """Sets fields of a record and, unless told otherwise, makes its digest right."""

    def change(name: str, changes: dict[str, Any], *, sign: bool = True) -> Path:
        path = results / name
        content = json.loads(path.read_text())
        for field, value in changes.items():
            set_field(content, field, value)
        rewrite(path, content, sign=sign)
        return path

    return change


@pytest.fixture
def edit_arrays(results: Path) -> Callable[..., Path]:
    """Changes a record's arrays, and makes both sums right unless told otherwise."""

    def change(
        name: str, how: Callable[[dict[str, np.ndarray]], Any], *, sign: bool = True
    ) -> Path:
        path = results / name
        archive = path.with_suffix(".npz")
        arrays = {key: np.array(value) for key, value in read_archive(archive.read_bytes()).items()}
        how(arrays)
        archive.write_bytes(pack_archive(arrays))
        if sign:
            content = json.loads(path.read_text())
            content["arrays_sha256"] = RunArrays(**arrays).sha256()
            rewrite(path, content)
        return path

    return change
