"""The script that builds the published site, as it runs on the hosting's machines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The project's code with one record, which is released."""
    place = tmp_path / "checkout"
    for folder in ("suite", "reports", "baselines", "cnn", ".ci"):
        shutil.copytree(ROOT / folder, place / folder,
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    shutil.copy(ROOT / "pyproject.toml", place)
    suite(place, "run", "--datasets", "digits", "--preset", "smoke", "--models", "nearest_centroid")
    suite(place, "release", "2026.11", "--allow-unpublishable")
    return place


def suite(place: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "suite", *arguments],
        cwd=place, env=environment(place), check=True, capture_output=True,
    )  # fmt: skip


def environment(place: Path) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name[:7] != "GITHUB_"} | {
        "PYTHON": sys.executable, "PYTHONPATH": str(place)
    }  # fmt: skip


def test_the_published_site_has_every_release_and_links_to_records(checkout: Path) -> None:
    of_github = {"GITHUB_REPOSITORY": "me/it", "GITHUB_SERVER_URL": "https://github.example",
                 "GITHUB_SHA": "0" * 40}  # fmt: skip
    site = checkout / "build" / "site"
    subprocess.run(
        [checkout / ".ci" / "site", "build/site"], cwd=checkout, check=True, capture_output=True,
        env=environment(checkout) | of_github,
    )  # fmt: skip
    released = checkout / "docs" / "releases" / "2026.11"
    files = sorted(path.name for path in released.iterdir())
    assert "manifest.json" in files
    published = site / "releases" / "2026.11"
    assert [(published / name).read_bytes() for name in files] == [
        (released / name).read_bytes() for name in files
    ]
    assert "releases/2026.11/" in (site / "releases.html").read_text(encoding="utf-8")
    assert "releases.html" in (site / "index.html").read_text(encoding="utf-8")
    page = (site / "models" / "nearest_centroid.html").read_text(encoding="utf-8")
    record = "results/digits/holdout-smoke/nearest_centroid/seed-0.json"
    assert f"https://github.example/me/it/blob/{'0' * 40}/{record}" in page
