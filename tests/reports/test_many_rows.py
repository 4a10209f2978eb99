"""The front page of a thousand models, in a real browser: complete, small enough, still usable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from reports.page import to_html
from reports.rows import Description
from reports.shell import Shell
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.records.record import Count
from suite.stats.scoring import Scored

Visit = Callable[[Page, Path], list[str]]
TITLES = {name: info.title for name, info in DATASETS.items()}
MODELS = 1_000
MOST_BYTES = 2_000_000
HISTORY = [{"epoch": epoch, "val_accuracy": 0.6 + 0.02 * epoch} for epoch in range(1, 13)]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, scored: Callable[..., Scored]) -> Path:
    """The page of a thousand models on two datasets, every fifth of them a network."""
    runs, descriptions = [], {}
    for number in range(MODELS):
        name = f"model_{number:04d}"
        family = "classic" if number % 5 else "cnn"
        descriptions[name, ""] = Description(title=f"Model {number}", family=family, label=name)
        history = {} if number % 5 else {"history": HISTORY}
        runs += [
            scored(0.95 - 0.0005 * number, model=name, dataset=dataset,
                   parameter_count=Count(total=1_000 + 37 * number), **history)
            for dataset in ("fashion", "mnist")
        ]  # fmt: skip
    tables = build_tables(runs, descriptions, tuple(DATASETS))
    pages = {f"model_{number:04d}" for number in range(MODELS)}
    text = to_html(tables, (), Shell(TITLES, "1.0"), pages, [("leaderboard.json",)])
    path = tmp_path_factory.mktemp("many") / "index.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def opened(browser: Browser, visit: Visit, file: Path) -> Iterator[tuple[Page, list[str]]]:
    """The page, and what went wrong or was fetched besides it until the test ends."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page, visit(page, file)
    page.close()


def shown(page: Page) -> list[str]:
    rows = "table.leaderboard tbody tr:not([hidden]) th.model"
    return list(page.eval_on_selector_all(rows, "all => all.map(one => one.dataset.label)"))


def test_it_is_small_enough_with_all_that_it_loads(
    opened: tuple[Page, list[str]], file: Path
) -> None:
    _, trouble = opened
    assert trouble == []  # it loads nothing, so that the file is all
    assert file.stat().st_size < MOST_BYTES


def test_it_can_be_sorted_searched_and_filtered(opened: tuple[Page, list[str]]) -> None:
    page, trouble = opened
    status = page.get_by_role("status")
    names = [f"model_{number:04d}" for number in range(MODELS)]
    assert shown(page) == names
    parameters = page.get_by_role("button", name="Parameters")
    parameters.click()
    parameters.click()
    assert shown(page) == names[::-1]
    page.get_by_label("Search").fill("model_042")
    assert shown(page) == names[429:419:-1]
    assert status.inner_text() == "10 of 1000 models"
    page.get_by_label("Search").fill("")
    page.get_by_label("cnn", exact=True).check()
    page.get_by_label("Parameters ≤").fill("2k")
    assert shown(page) == names[25::-5]
    page.get_by_role("button", name="Clear").click()
    assert len(shown(page)) == MODELS
    assert not [text for text in trouble if "/index.html#" not in text]


def test_without_javascript_it_is_complete(browser: Browser, visit: Visit, file: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    assert visit(page, file) == []
    rows = page.locator("table.leaderboard tbody tr")
    assert rows.count() == MODELS
    assert "Model 999" in rows.last.inner_text()
    page.close()
