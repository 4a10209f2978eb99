from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from reports.site import write_report
from suite.data.datasets import load
from suite.errors import UsageError
from suite.records.store import Contents, Damage, StoredRun
from suite.registry import Registry

MakeStored = Callable[..., StoredRun]
FILES = [
    "index.html",
    "leaderboard.md",
    "leaderboard.json",
    "leaderboard.csv",
    "leaderboard.parquet",
    "compare.html",
    "reproduction.html",
    "reproduction.md",
    "methods.html",
]
NO_MODELS = Registry(models={})
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUITE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def labels() -> np.ndarray:
    return np.array(load("digits").labels("test"))


def test_predictions_become_a_leaderboard(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path
) -> None:
    wrong = labels.copy()
    wrong[:36] = (wrong[:36] + 1) % 10
    contents = Contents(
        runs=(
            stored(labels, dataset="digits", seed=0),
            stored(wrong, dataset="digits", seed=1),
            stored(None, dataset="digits", model="knn", status="timeout"),
        ),
        damaged=(),
    )
    report = write_report(contents, tmp_path / "deep" / "site", registry=NO_MODELS)
    assert [path.name for path in report.paths] == FILES
    assert report.damaged == ()
    best, failed = report.rows
    assert best.accuracy_mean == pytest.approx(0.95)
    assert best.accuracy_std == pytest.approx(0.05 * 2**0.5)
    assert best.images == 360
    assert failed.failed == 1
    content = json.loads((tmp_path / "deep" / "site" / "leaderboard.json").read_text())
    assert content["rows"][0]["accuracy_mean"] == pytest.approx(0.95)
    assert "95.00 ± 7.07" in (tmp_path / "deep" / "site" / "index.html").read_text()
    site = tmp_path / "deep" / "site"
    assert sorted(path.name for path in site.iterdir()) == sorted([*FILES, "models"])
    pages = {path.name for path in (site / "models").glob("*.html")}
    assert len(pages) == 2
    assert all(f'href="models/{name}"' in (site / "index.html").read_text() for name in pages)


def test_the_pages_of_the_guide_beside_a_site_are_left_alone(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path
) -> None:
    generated = {"leaderboard.md", "reproduction.md", "releases.md"}
    guide = {path.name for path in (ROOT / "docs").glob("*.md")} - generated
    assert len(guide) > 5
    for name in guide:
        (tmp_path / name).write_text("of the guide")
    contents = Contents(runs=(stored(labels, dataset="digits"),), damaged=())
    write_report(contents, tmp_path, registry=NO_MODELS)
    assert (tmp_path / "index.html").exists()
    assert {(tmp_path / name).read_text() for name in guide} == {"of the guide"}


def test_the_same_records_give_the_same_bytes(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path
) -> None:
    contents = Contents(runs=(stored(labels, dataset="digits"),), damaged=())
    for site in ("one", "two"):
        write_report(contents, tmp_path / site, registry=NO_MODELS)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_without_pyarrow_the_site_has_no_parquet_file_and_no_link_to_it(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = Contents(runs=(stored(labels, dataset="digits"),), damaged=())
    write_report(contents, tmp_path / "with", registry=NO_MODELS)
    assert 'href="leaderboard.parquet"' in (tmp_path / "with" / "index.html").read_text()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    report = write_report(contents, tmp_path / "without", registry=NO_MODELS)
    assert "leaderboard.parquet" not in [path.name for path in report.paths]
    page = (tmp_path / "without" / "index.html").read_text()
    assert "parquet" not in page
    assert 'href="leaderboard.csv"' in page


def test_test_images_lie_beside_the_page_where_models_can_be_compared(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path
) -> None:
    wrong = (labels + 1) % 10
    runs = (stored(labels, dataset="digits"), stored(wrong, dataset="digits", model="knn"))
    write_report(Contents(runs, ()), tmp_path, registry=NO_MODELS)
    (sheet,) = (tmp_path / "images").iterdir()
    assert f"images/{sheet.name}" in (tmp_path / "compare.html").read_text()
    written = sheet.stat().st_mtime_ns
    write_report(Contents(runs, ()), tmp_path, registry=NO_MODELS)
    assert sheet.stat().st_mtime_ns == written  # it never changes, and takes a while
    page = (tmp_path / "models" / "knn.html").read_text()
    assert page.count("data:image/png;base64,") == 10
    assert page.index("image 0<") < page.index("image 9<")
    assert "data:image/png" not in (tmp_path / "models" / "svm.html").read_text()


def test_with_charts_the_pages_lead_to_them_and_without_they_go(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path
) -> None:
    contents = Contents(runs=(stored(labels, dataset="digits"),), damaged=())
    report = write_report(contents, tmp_path, registry=NO_MODELS, charts=True)
    assert [path.name for path in report.paths] == [*FILES, "charts.html"]
    assert (tmp_path / "assets" / "vega.js").is_file()
    front = (tmp_path / "index.html").read_text()
    assert '<a href="charts.html">Charts</a>' in front
    assert "vega" not in front
    (page,) = (tmp_path / "models").glob("*.html")
    assert '<a href="../charts.html">Charts</a>' in page.read_text()
    text = (tmp_path / "leaderboard.md").read_text()
    pictures = re.findall(r"!\[(.+)\]\((.+)\)", text)
    assert len(pictures) == len(list((tmp_path / "charts").iterdir())) == 4
    for alternative, path in pictures:
        assert len(alternative) > 60
        assert (tmp_path / path).read_text().startswith("<svg")
    write_report(contents, tmp_path, registry=NO_MODELS)
    assert not (tmp_path / "charts.html").exists()
    assert "charts.html" not in (tmp_path / "index.html").read_text()
    assert "charts/" not in (tmp_path / "leaderboard.md").read_text()


def test_without_results_there_are_no_charts(stored: MakeStored, tmp_path: Path) -> None:
    contents = Contents(runs=(stored(None, dataset="digits", status="timeout"),), damaged=())
    write_report(contents, tmp_path, registry=NO_MODELS, charts=True)
    assert not (tmp_path / "charts.html").exists()
    assert not (tmp_path / "assets").exists()


def test_damaged_and_unusable_records_are_told(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path
) -> None:
    damage = Damage(Path("results/seed-9.json"), "changed after it was written")
    short = stored(labels[:10], dataset="digits", seed=1)
    contents = Contents(runs=(stored(labels, dataset="digits"), short), damaged=(damage,))
    report = write_report(contents, tmp_path, registry=NO_MODELS)
    assert [d.path for d in report.damaged] == [damage.path, short.path]
    assert report.rows[0].runs == 1
    for name in ("index.html", "leaderboard.md"):
        text = (tmp_path / name).read_text()
        assert "changed after it was written" in text
        assert "predictions have shape" in text


def test_the_primary_table_is_the_one_asked_for(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path
) -> None:
    runs = tuple(stored(labels, dataset="digits", preset=p) for p in ("standard", "quick"))
    for asked, given in ((None, "standard"), ("quick", "quick")):
        write_report(Contents(runs, ()), tmp_path, preset=asked, registry=NO_MODELS)
        content = json.loads((tmp_path / "leaderboard.json").read_text())
        assert content["preset"] == given
        assert len(content["rows"]) == 1


def test_every_table_has_data_files_and_links_to_them(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path
) -> None:
    runs = tuple(stored(labels, dataset="digits", preset=p) for p in ("standard", "quick"))
    write_report(Contents(runs, ()), tmp_path, registry=NO_MODELS)
    page = (tmp_path / "index.html").read_text()
    others = {f"leaderboard-holdout-quick.{kind}" for kind in ("json", "csv", "parquet")}
    assert {path.name for path in tmp_path.glob("leaderboard-*")} == others
    assert all(page.count(f'href="{name}"') == 1 for name in others)
    assert json.loads((tmp_path / "leaderboard.json").read_text())["preset"] == "standard"
    other = json.loads((tmp_path / "leaderboard-holdout-quick.json").read_text())
    assert other["preset"] == "quick"
    write_report(Contents(runs[:1], ()), tmp_path, registry=NO_MODELS)
    assert list(tmp_path.glob("leaderboard-*")) == []


def test_nothing_to_report_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="suite run --preset quick"):
        write_report(Contents((), ()), tmp_path / "site", registry=NO_MODELS)
    damage = Damage(Path("results/seed-9.json"), "not a valid record")
    with pytest.raises(UsageError, match=r"1 damaged, such as results.seed-9\.json: not a valid"):
        write_report(Contents((), (damage,)), tmp_path / "site", registry=NO_MODELS)
    assert not (tmp_path / "site").exists()


def test_a_site_that_can_t_be_written_is_an_error(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path
) -> None:
    (tmp_path / "site").write_text("a file")
    contents = Contents(runs=(stored(labels, dataset="digits"),), damaged=())
    with pytest.raises(UsageError, match="choose another --site"):
        write_report(contents, tmp_path / "site", registry=NO_MODELS)


def test_an_old_page_stays_whole_when_writing_fails(
    stored: MakeStored, labels: np.ndarray, tmp_path: Path
) -> None:
    contents = Contents(runs=(stored(labels, dataset="digits"),), damaged=())
    write_report(contents, tmp_path, registry=NO_MODELS)
    old = (tmp_path / "index.html").read_text()
    (tmp_path / "leaderboard.md").unlink()
    (tmp_path / "leaderboard.md").mkdir()
    with pytest.raises(UsageError, match="can't write the report"):
        write_report(contents, tmp_path, registry=NO_MODELS)
    assert (tmp_path / "index.html").read_text() == old
    assert not list(tmp_path.glob(".*"))


@pytest.mark.real_data
def test_fashion_and_mnist_stand_side_by_side(stored: MakeStored, tmp_path: Path) -> None:
    runs = tuple(
        stored(np.array(load(name).labels("test")), dataset=name) for name in ("fashion", "mnist")
    )
    report = write_report(Contents(runs, ()), tmp_path, registry=NO_MODELS)
    (line,) = report.tables[0].lines
    assert {name: row.accuracy_mean for name, row in line.rows.items()} == {
        "fashion": 1.0,
        "mnist": 1.0,
    }
