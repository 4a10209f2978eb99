"""The reproduction table as a page and as Markdown: complete, escaped, fit for small screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page

from reports.published import Correction, Result, load_published
from reports.reproduction import Reproduction, reproduce
from reports.reproduction_cells import sections
from reports.reproduction_page import to_html, to_markdown, web_address
from reports.reproduction_rule import Ours
from reports.rows import build_rows
from reports.shell import Shell
from suite.data.known import DATASETS
from suite.registry import Registry
from suite.stats.scoring import Scored

Visit = Callable[[Page, Path], list[str]]
Axe = Callable[[Page], list[tuple[str, list[str]]]]
TITLES = {name: info.title for name, info in DATASETS.items()}
HOSTILE = (
    "<script>document.title='run'</script>|`**x**`<img src=x onerror=\"document.title=1\">\u202e"
)


@pytest.fixture
def rows(scored: Callable[..., Scored]) -> list[Reproduction]:
    """All published values without models, and three with runs of ours."""
    (row,) = build_rows([scored(0.9, seed=i) for i in range(3)], {})
    ours = Ours(protocol="holdout", preset="standard", row=row, own_settings=False, capped=False,
                fixed=False)  # fmt: skip
    nothing = reproduce(load_published().results, (), Registry(models={}))
    measured = [
        replace(nothing[0], ours=ours, label="cmasch", verdict="lower", difference_points=-3.43,
                reasons=("unexplained",)),
        replace(nothing[1], ours=ours, label="cmasch", verdict="reproduced",
                difference_points=0.12),
    ]  # fmt: skip
    return [*measured, *nothing[2:]]


@pytest.fixture
def hostile(rows: list[Reproduction]) -> Reproduction:
    wrong = Correction(accuracy_percent=5.0, statistic="test", evidence=HOSTILE)
    result = Result(
        name=HOSTILE, selection=HOSTILE, dataset=HOSTILE, statistic="test", accuracy_percent=4.0,
        printed_in=HOSTILE, protocol=HOSTILE, defects=(HOSTILE,), corrected=wrong, system=HOSTILE,
        url="javascript:document.title='run'//https://", parameters=1, parameters_from=HOSTILE,
    )  # fmt: skip
    return replace(rows[0], result=result, label=HOSTILE, reasons=(HOSTILE,), changed=HOSTILE)


def test_the_page_says_what_is_published_ours_and_the_verdict(rows: list[Reproduction]) -> None:
    page = to_html(rows, Shell(TITLES, "1.2.3"))
    for text in ("93.43 ± 0.05", "mean of 5 runs", "90.00 ± 0.00", "holdout, standard, 3 seeds",
                 "−3.43", "unexplained", '<s class="wrong">95.8</s>', "96.81", "a typo",
                 "data before 2017-08-31", "1 reproduced, 1 lower", "have a copy in training",
                 'href="reproduction.md"', "1.2.3"):  # fmt: skip
        assert text in page, text
    assert page.count("</tr>") == len(rows) + len(sections(rows))  # each table has a head


def test_markdown_has_a_line_for_every_value(rows: list[Reproduction]) -> None:
    text = to_markdown(rows, TITLES)
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    assert html.count("<tr>") == len(rows) + len(sections(rows))
    assert "<s>95.8</s> 96.81 (test accuracy)" in html
    assert "<strong>lower</strong>; unexplained" in html
    assert "https://github.com/cmasch/zalando-fashion-mnist" in html


def test_hostile_text_stays_text(hostile: Reproduction) -> None:
    page = to_html([hostile], Shell(TITLES, "1"))
    assert "<script>document" not in page
    assert "<img" not in page
    assert "javascript:" not in page
    assert "\u202e" not in page
    html = (
        MarkdownIt("commonmark")
        .enable(["table", "strikethrough"])
        .render(to_markdown([hostile], TITLES))
    )
    assert "<img" not in html
    assert "<script" not in html
    assert "<code>" not in html
    assert html.count("<td") == 6


@pytest.mark.parametrize("url", ["javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "//x"])
def test_only_web_addresses_become_links(url: str) -> None:
    assert web_address(url) == ""
    assert web_address("https://example.org") == "https://example.org"


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_and_runs_nothing(
    browser: Browser,
    visit: Visit,
    rows: list[Reproduction],
    hostile: Reproduction,
    tmp_path: Path,
    width: int,
) -> None:
    file = tmp_path / "reproduction.html"
    file.write_text(to_html([*rows, hostile], Shell(TITLES, "1")), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    assert visit(page, file) == []
    assert page.title() == "Reproduction: published values beside ours"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    systems = page.locator("section[aria-labelledby=systems]")
    systems.get_by_role("button", name="Difference").click()
    assert systems.locator("tbody tr").first.locator(".verdict .chip").inner_text() == "lower"
    page.get_by_label("Search").first.fill("cmasch")
    assert systems.locator("tbody tr:visible").count() == 5
    systems.locator("summary:visible").first.click()
    assert systems.get_by_text("have a copy in training").first.is_visible()
    context.close()


def test_axe_finds_nothing(
    browser: Browser, rows: list[Reproduction], hostile: Reproduction, axe: Axe, tmp_path: Path
) -> None:
    few = [*rows[:3], *(section.rows[-1] for section in sections(rows)), hostile]
    file = tmp_path / "reproduction.html"
    file.write_text(to_html(few, Shell(TITLES, "1")), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(file.as_uri())
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert axe(page) == []
    page.close()
