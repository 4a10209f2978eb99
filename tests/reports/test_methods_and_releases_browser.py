"""The methods page and the releases in a real browser, opened from disk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
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
ORDER = tuple(DATASETS)
TITLES = {name: info.title for name, info in DATASETS.items()}
HOSTILE = (
    "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">|\u202e" * 4
)
PAGES = ("methods.html", "releases.html", "releases/v2/index.html")


@pytest.fixture
def site(tmp_path: Path, scored: Callable[..., Scored]) -> Path:
    """A site with two releases whose models, machines and notes have hostile names."""
    runs = [
        scored(0.9, model="svm"),
        scored(0.8, model="knn", dataset="mnist", environment={"processor": HOSTILE}),
        scored(0.7, model="b", parameters={"p": 1}, preset_changes={"p": HOSTILE}),
    ]
    hostile = Description(title=HOSTILE, family=HOSTILE, label=HOSTILE)
    descriptions = {(model, ""): hostile for model in ("svm", "knn", "b")}
    freeze(build_tables(runs[:2], descriptions, ORDER), (), tmp_path, "v1", date(2026, 5, 1))
    runs += [scored(0.92, model="svm", seed=1), scored(0.95, model="a")]
    tables = build_tables(runs, descriptions, ORDER)
    freeze(tables, (), tmp_path, "v2", date(2026, 6, 1))
    shell = Shell(TITLES, "1.0", (("methods.html", "Methods"), ("releases.html", "Releases")))
    page = release_pages.to_html(read_releases(tmp_path), shell)
    (tmp_path / "releases.html").write_text(page, "utf-8")
    (tmp_path / "methods.html").write_text(methods_page.to_html(tables, shell), "utf-8")
    return tmp_path


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_runs_nothing_fetches_nothing_and_is_accessible(
    browser: Browser, visit: Visit, site: Path, name: str, scheme: str
) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 900})  # type: ignore[arg-type]
    trouble = visit(page, site / name)
    page.wait_for_timeout(50)
    assert page.title() != "run"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in violations] == []
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
