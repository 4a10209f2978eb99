"""The page in a real browser, opened from disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from suite.records.store import Damage
from suite.stats.scoring import Scored

HOSTILE = (
    "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">|\u202e" * 4
)

Axe = Callable[[Page], list[tuple[str, list[str]]]]
Open = Callable[..., tuple[Page, list[str]]]


def labels(page: Page) -> list[str]:
    rows = page.locator("table.leaderboard tbody tr:not([hidden]) th.model")
    return [str(row.get_attribute("data-label")) for row in rows.all()]


def test_the_page_opens_from_disk_without_network_or_errors(
    open_page: Open, sweep: list[Scored]
) -> None:
    page, trouble = open_page(sweep)
    row = page.locator("tr", has=page.locator("th[data-label=svm]"))
    cells = row.locator("td:visible").all_inner_texts()
    assert [text.split("\n")[0] for text in cells[:6]] == [
        "9", "90.04 ± 0.08", "3", "6", "98.36 ± 0.15", "3",
    ]  # fmt: skip
    assert trouble == []


def test_columns_sort_both_ways_with_missing_values_last(
    open_page: Open, sweep: list[Scored]
) -> None:
    page, trouble = open_page(sweep)
    before = labels(page)
    parameters = page.get_by_role("button", name="Parameters")
    parameters.click()
    assert labels(page)[0] == "dummy"
    assert labels(page)[-1] == "extra_trees"
    assert page.locator("th[aria-sort]").inner_text().startswith("Parameters")
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    parameters.click()
    assert labels(page)[0] == "knn"
    assert labels(page)[-1] == "extra_trees"
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    for _ in range(2):
        page.get_by_role("button", name="#").nth(1).click()
        assert set(labels(page)[-2:]) == {"extra_trees", "knn"}
    page.get_by_role("button", name="Accuracy %").first.press("Enter")
    assert labels(page) == before
    page.get_by_role("button", name="Model").click()
    titles = page.locator("tbody .title").all_inner_texts()
    assert titles == sorted(titles, key=str.lower)
    assert trouble == []


def test_search_narrows_and_counts(open_page: Open, sweep: list[Scored]) -> None:
    page, trouble = open_page(sweep)
    page.get_by_label("Search").fill("cnn MASTERY")
    assert labels(page) == ["machine_learning_mastery/same_padding", "machine_learning_mastery"]
    assert page.get_by_role("status").inner_text() == "2 of 18 models"
    page.get_by_label("Search").fill("")
    assert len(labels(page)) == 18
    assert trouble == []


def test_without_javascript_the_table_is_complete_and_has_no_dead_controls(
    open_page: Open, sweep: list[Scored]
) -> None:
    scripted, _ = open_page(sweep)
    plain, trouble = open_page(sweep, java_script_enabled=False)
    assert labels(plain) == labels(scripted)
    assert plain.locator("button:visible, input:visible").count() == 0
    assert scripted.locator("button:visible, input:visible").count() > 0
    assert trouble == []


@pytest.mark.parametrize("width", [390, 1400])
def test_the_page_never_scrolls_sideways(open_page: Open, sweep: list[Scored], width: int) -> None:
    page, _ = open_page(sweep, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    first = page.locator("th.model").nth(1)
    assert first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_both_themes(open_page: Open, sweep: list[Scored], scheme: str) -> None:
    page, _ = open_page(sweep, color_scheme=scheme)
    ink, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    brightness = [sum(map(int, colour[4:-1].split(","))) / 3 for colour in (ink, paper)]
    assert abs(brightness[0] - brightness[1]) > 180
    assert (brightness[0] > brightness[1]) == (scheme == "dark")


def test_the_theme_follows_the_system_until_it_is_chosen(
    open_page: Open, sweep: list[Scored]
) -> None:
    page, trouble = open_page(sweep, color_scheme="dark")

    def paper() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = paper()
    switch = page.get_by_role("button", name="Theme")
    assert switch.inner_text() == "Theme: system"
    switch.click()
    assert switch.inner_text() == "Theme: light"
    light = paper()
    assert light != dark
    page.wait_for_timeout(500)  # what a page stores reaches other processes a little later
    page.reload()
    assert (paper(), switch.inner_text()) == (light, "Theme: light")
    page.emulate_media(color_scheme="light")
    switch.press("Enter")
    assert (paper(), switch.inner_text()) == (dark, "Theme: dark")
    switch.click()
    assert (paper(), switch.inner_text()) == (light, "Theme: system")
    assert [url for url in trouble if not url.endswith("/index.html")] == []


def test_hostile_text_runs_nothing_and_breaks_nothing(
    open_page: Open, scored: Callable[..., Scored]
) -> None:
    error = {"type": HOSTILE, "message": HOSTILE, "traceback": HOSTILE}
    runs = [
        scored(0.9, model="a", parameters={"p": 1}, preset_changes={"p": HOSTILE}),
        scored(None, model="b", error=error, environment={"processor": HOSTILE}),
    ]
    page, trouble = open_page(runs, viewport={"width": 1000, "height": 800})
    page.wait_for_timeout(100)
    assert trouble == []
    assert page.title().startswith("Leaderboard")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000
    assert HOSTILE[:40] in page.locator("td.reason").inner_text()


def test_a_narrow_table_scrolls_by_keys(open_page: Open, sweep: list[Scored]) -> None:
    page, _ = open_page(sweep, viewport={"width": 390, "height": 844})
    region = page.locator(".scroll").first
    region.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.scroll').scrollLeft > 50")
    assert page.locator("details.controls").get_attribute("open") is None
    assert not page.get_by_label("Parameters ≤").is_visible()
    page.get_by_text("Filters, columns, copy").click()
    assert page.get_by_label("Parameters ≤").is_visible()


@pytest.mark.parametrize(("width", "is_opened"), [(390, True), (1280, False)])
def test_axe_finds_nothing(
    open_page: Open, two_tables: list[Scored], axe: Axe, width: int, is_opened: bool
) -> None:
    page, _ = open_page(
        two_tables,
        damaged=[Damage(Path("results/x/seed-0.json"), "changed after it was written")],
        viewport={"width": width, "height": 900},
    )
    if is_opened:
        page.locator("details.controls").evaluate("e => { e.open = true; }")
        page.get_by_text("Columns", exact=True).click()
        page.get_by_label("Parameters ≤").fill("?")
    assert axe(page) == []


def test_the_page_fits_on_paper_whatever_the_theme(open_page: Open, sweep: list[Scored]) -> None:
    # As wide as A4 paper between margins of 12 mm.
    page, _ = open_page(sweep, viewport={"width": 703, "height": 1000}, color_scheme="dark")
    page.get_by_role("button", name="Theme").click()
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.locator(".bar:visible, .tools:visible, summary:visible").count() == 0
    assert page.locator("tbody th.model:visible").count() == 18
