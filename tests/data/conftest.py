from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from suite.data import idx
from suite.data.known import DatasetInfo, idx_files
from suite.data.toy import toy


@dataclass(frozen=True)
class Published:
    """A small dataset as a publisher would offer it: what is known of it, and its files."""

    info: DatasetInfo
    files: dict[str, bytes]

    def write(self, folder: Path, packed: bool = True) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(data, mtime=0))
            else:
                (folder / name).write_bytes(data)
        return folder


@pytest.fixture
def publish() -> Callable[..., Published]:
    def make(seed: int = 0, **facts: object) -> Published:
        made = toy(30, 20, seed)
        arrays = (made.train_images, made.train_labels, made.test_images, made.test_labels)
        data = [idx.encode(array) for array in arrays]
        sums = tuple(hashlib.sha256(d).hexdigest() for d in data)
        files = idx_files(30, 20, sums)  # type: ignore[arg-type]
        info = DatasetInfo(
            **{  # type: ignore[arg-type]
                "name": "small",
                "title": "Small",
                "class_names": tuple("0123456789"),
                "files": files,
                "keras": "small",
                "torchvision": "Small/raw",
                "debian": "/nowhere/small",
                "debian_package": "dataset-small",
                **facts,
            }
        )
        return Published(info, {f.name: d for f, d in zip(files, data, strict=True)})

    return make


@pytest.fixture
def small(publish: Callable[..., Published]) -> Published:
    return publish()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, cache and working directory, and no variable that names another place."""
    folder = tmp_path / "home"
    (folder / "work").mkdir(parents=True)
    for name in ("SUITE_DATA_DIR", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setenv("SUITE_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.chdir(folder / "work")
    return folder
