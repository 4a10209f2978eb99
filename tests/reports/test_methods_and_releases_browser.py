"""The methods page and the releases in a real browser, opened from disk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from reports import methods_page, release_pages
from reports.release_files import freeze
from reports.releases import read_releases
from reports.rows import Description
from reports.shell import Shell
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.stats.scoring import Scored

Visit = Callable[[Page, Path], list[str]]
Axe = Callable[[Page], list[tuple[str, list[str]]]]
ORDER = tuple(DATASETS)
TITLES = {name: info.title for name, info in DATASETS.items()}
HOSTILE = (
    "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">|\u202e" * 4
)
PAGES = ("methods.html", "releases.html", "releases/v2/index.html", "releases/v3/index.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, scored: Callable[..., Scored]) -> Path:
    """A site with three releases of two tables, with hostile names of models, machines, notes."""
    folder = tmp_path_factory.mktemp("site")
    runs = [
        scored(0.9, model="svm"),
        scored(0.8, model="knn", dataset="mnist", environment={"processor": HOSTILE}),
        scored(0.7, model="b", parameters={"p": 1}, preset_changes={"p": HOSTILE}),
        scored(0.9, model="svm", preset="paper"),
    ]
    hostile = Description(title=HOSTILE, family=HOSTILE, label=HOSTILE)
    descriptions = {(model, ""): hostile for model in ("svm", "knn", "b")}
    freeze(build_tables(runs[:2], descriptions, ORDER), (), folder, "v1", date(2026, 5, 1))
    runs += [scored(0.92, model="svm", seed=1), scored(0.95, model="a")]
    tables = build_tables(runs, descriptions, ORDER)
    freeze(tables, (), folder, "v2", date(2026, 6, 1))
    runs += [scored(0.93, model="svm", seed=2), scored(0.9, model="svm", preset="paper", seed=1)]
    tables = build_tables(runs, descriptions, ORDER)
    freeze(tables, (), folder, "v3", date(2026, 7, 1))
    shell = Shell(TITLES, "1.0", (("methods.html", "Methods"), ("releases.html", "Releases")))
    page = release_pages.to_html(read_releases(folder), shell)
    (folder / "releases.html").write_text(page, "utf-8")
    (folder / "methods.html").write_text(methods_page.to_html(tables, shell), "utf-8")
    return folder


@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_nothing_fetches_nothing_and_is_accessible(
    browser: Browser, visit: Visit, site: Path, axe: Axe, name: str
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    trouble = visit(page, site / name)
    page.wait_for_timeout(50)
    assert page.title() != "run"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if "index" in name:
        assert page.get_by_role("table").count() == 2
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert axe(page) == []
    assert trouble == []
    page.close()


def test_releases_lead_to_each_other(browser: Browser, visit: Visit, site: Path) -> None:
    page = browser.new_page()
    visit(page, site / "releases.html")
    page.get_by_role("link", name="v1", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "Leaderboard, release v1"
    for name in ("text", "BibTeX", "manifest"):
        link = page.get_by_role("link", name=name, exact=True).get_attribute("href")
        assert (site / "releases" / "v1" / str(link)).is_file()
    page.get_by_role("link", name="All releases").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Releases"
    page.close()
