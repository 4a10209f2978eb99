"""What the tests of the hosting's scripts share."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.ci.branches import ROOT, commit, git, record


@pytest.fixture(scope="session")
def markup() -> Callable[[str], list[Any]]:
    """What Markdown makes of a text: its parts in a row, in the dialect of the hosting."""
    parser = MarkdownIt("gfm-like", {"linkify": False})
    return lambda text: [
        token for block in parser.parse(text) for token in (block, *(block.children or ()))
    ]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small repository of the project: its code and three records, in one commit."""
    place = tmp_path_factory.mktemp("recorded")
    for folder in ("suite", "reports", "baselines", "cnn", ".ci"):
        shutil.copytree(ROOT / folder, place / folder,
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    shutil.copy(ROOT / "pyproject.toml", place)
    (place / ".gitignore").write_text("build/\n__pycache__/\nsite/\n.lock\n.tmp/\n")
    git(place, "init", "--quiet", "--initial-branch", "main")
    record(place, "nearest_centroid", "0,1")
    record(place, "gaussian_nb", "0,")
    commit(place)
    return place


@pytest.fixture
def checkout(recorded: Path, tmp_path: Path) -> Path:
    """That repository, on a branch of its own."""
    place = Path(shutil.copytree(recorded, tmp_path / "checkout"))
    git(place, "checkout", "--quiet", "-b", "change")
    return place
