from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from suite.cli import app
from suite.data.datasets import load
from suite.data.known import DATASETS
from suite.errors import RecordError, UsageError
from suite.records.arrays import RunArrays
from suite.records.record import DatasetFacts, Environment, make_record
from suite.records.store import open_store


def add(results: Path, seed: int, code: str = "a", **changes: Any) -> None:
    arrays = RunArrays(predictions=np.array(load("digits").labels("test")))
    content: dict[str, Any] = {
        "model": "a_model_of_none",
        "parameters": {},
        "source_hash": code * 64,
        "dataset": DatasetFacts(name="digits", sums=DATASETS["digits"].sums),
        "protocol": "holdout",
        "preset": "standard",
        "split_hash": "b" * 64,
        "train_images": 1_150,
        "seed": seed,
        "threads": 1,
        "status": "ok",
        "arrays_sha256": arrays.sha256(),
        "environment": Environment(
            processor="Any", cores=1, memory_mib=1, system="any", python="3", packages={}
        ),
        "started_at": "2026-05-01T12:00:00Z",
    } | changes
    with open_store(results) as store:
        store.add(make_record(**content), arrays)


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    for seed in (0, 1):
        add(tmp_path / "results", seed)
    return ["--results", str(tmp_path / "results"), "--site", str(tmp_path / "docs")]


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_a_release_leaves_the_site_its_charts(folders: list[str], tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    assert call("report", *folders).exit_code == 0
    before = {path.name for path in (tmp_path / "docs").iterdir()}
    assert "charts.html" in before
    assert call("release", "2026.05", *folders).exit_code == 0
    assert before < {path.name for path in (tmp_path / "docs").iterdir()}


def test_a_release_is_made_and_the_site_leads_to_it(folders: list[str], tmp_path: Path) -> None:
    made = call("release", "2026.05", *folders, "--date", "2026-05-03")
    assert made.exit_code == 0, made.output
    site = tmp_path / "docs"
    assert "not finished: holdout-standard: 2 of 5 seeds so far" in made.stderr
    manifest = json.loads((site / "releases/2026.05/manifest.json").read_text())
    assert manifest["date"] == "2026-05-03"
    assert str(site / "releases.html") in made.stdout
    assert 'href="releases.html"' in (site / "index.html").read_text()
    assert 'href="releases/2026.05/index.html"' in (site / "releases.html").read_text()
    assert "The first release" in (site / "releases.md").read_text()
    again = call("release", "2026.05", *folders)
    assert isinstance(again.exception, UsageError)
    assert again.exception.exit_status == 2


def test_without_a_release_no_page_leads_to_one(folders: list[str], tmp_path: Path) -> None:
    assert call("report", *folders).exit_code == 0
    assert "releases" not in (tmp_path / "docs" / "index.html").read_text()
    assert not (tmp_path / "docs" / "releases.html").exists()


def test_the_next_release_says_what_changed(folders: list[str], tmp_path: Path) -> None:
    assert call("release", "v1", *folders, "--date", "2026-05-03").exit_code == 0
    add(tmp_path / "results", 2, code="c")
    assert call("release", "v2", *folders, "--date", "2026-05-04").exit_code == 0
    text = (tmp_path / "docs" / "releases.md").read_text()
    assert "new seed: 2; the code of the model changed" in text


def test_check_tells_what_became_of_the_records(folders: list[str], tmp_path: Path) -> None:
    made = call("release", "v1", *folders)
    checked = call("release", "v1", *folders, "--check")
    assert checked.exit_code == 0, checked.output
    assert "2 unchanged, 0 replaced, 0 missing" in checked.stdout
    assert checked.stdout.split("identifier ")[1][:64] in made.stdout
    add(tmp_path / "results", 0, code="c")
    (tmp_path / "results/digits/holdout-standard/a_model_of_none/seed-1.npz").unlink()
    checked = call("release", "v1", *folders, "--check")
    assert checked.exit_code == 0
    assert "0 unchanged, 1 replaced, 1 missing" in checked.stdout
    assert "replaced: digits/holdout-standard/a_model_of_none/seed-0.json" in checked.stdout


def test_check_fails_on_a_changed_file(folders: list[str], tmp_path: Path) -> None:
    call("release", "v1", *folders)
    path = tmp_path / "docs/releases/v1/leaderboard.md"
    path.write_text(path.read_text().replace("100.00", "99.00"))
    checked = call("release", "v1", *folders, "--check")
    assert checked.exit_code == 1
    assert "leaderboard.md was changed" in checked.stderr


def test_beside_a_damaged_release_nothing_is_frozen(folders: list[str], tmp_path: Path) -> None:
    call("release", "v1", *folders)
    (tmp_path / "docs/releases/v1/manifest.json").write_text("{}")
    assert isinstance(call("release", "v2", *folders).exception, RecordError)
    assert not (tmp_path / "docs/releases/v2").exists()


def test_a_release_keeps_the_links_to_the_project(folders: list[str], tmp_path: Path) -> None:
    call("release", "v1", *folders, "--project-url", "https://example.org/p")
    assert "https://example.org/p" in (tmp_path / "docs/index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["v1", "--project-url", "example.org"], "expected a web address"),
        (["../x"], "can't be the name"),
        (["v1", "--date", "yesterday"], "expected a date such as"),
        (["v1", "--check"], "no release 'v1'"),
    ],
)
def test_what_can_t_be_done_is_a_usage_error(
    folders: list[str], arguments: list[str], hint: str, tmp_path: Path
) -> None:
    result = call("release", *arguments, *folders)
    assert isinstance(result.exception, UsageError)
    assert hint in str(result.exception)
    assert not (tmp_path / "docs").exists()


def test_damaged_records_are_listed_and_nothing_is_released(
    folders: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "results/digits/holdout-standard/a_model_of_none/seed-1.json"
    path.write_text(path.read_text().replace("1150", "1151"))
    result = call("release", "v1", *folders)
    assert isinstance(result.exception, RecordError)
    assert str(path) in str(result.exception)
    assert not (tmp_path / "docs").exists()


def test_unpublishable_records_have_to_be_asked_for(tmp_path: Path) -> None:
    add(tmp_path / "results", 0, preset="quick")
    folders = ["--results", str(tmp_path / "results"), "--site", str(tmp_path / "docs")]
    refused = call("release", "v1", *folders)
    assert "--allow-unpublishable" in str(refused.exception)
    allowed = call("release", "v1", *folders, "--allow-unpublishable")
    assert allowed.exit_code == 0
    assert "not publishable" in allowed.stderr


def test_the_readme_is_kept_true_by_the_report(folders: list[str], tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("no markers")
    refused = call("report", *folders, "--readme", str(readme))
    assert "leaderboard:begin" in str(refused.exception)
    assert not (tmp_path / "docs").exists()
    readme.write_text("# Mine\n\n<!-- leaderboard:begin -->\n<!-- leaderboard:end -->\n")
    written = call("report", *folders, "--readme", str(readme))
    assert written.exit_code == 0
    assert "(docs/leaderboard.md)" in readme.read_text()
    assert "100.00" in readme.read_text()
    assert f"{readme} is up to date" in call("report", *folders, "--readme", str(readme)).stdout
