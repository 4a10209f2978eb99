"""The page of charts in a real browser, opened from disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Locator, Page

from reports.charts.page import LIBRARY, PAGE, draw, to_files, to_html
from reports.shell import Shell, script_json
from reports.tables import Table
from suite.data.known import DATASETS
from suite.stats.scoring import Scored

TITLES = {name: info.title for name, info in DATASETS.items()}
HOSTILE = (
    "</script><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">|"
)
MakeTable = Callable[..., Table]
MakeScored = Callable[..., Scored]
Visit = Callable[[Page, Path], list[str]]
Open = Callable[..., tuple[Page, list[str]]]
Axe = Callable[[Page], list[tuple[str, list[str]]]]


def write_site(tables: Sequence[Table], site: Path) -> Path:
    charts = draw(tables, TITLES)
    shell = Shell(TITLES, "1.0", ((PAGE, "Charts"),))
    for name, text in ((PAGE, to_html(charts, shell)), *to_files(charts)):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    return site


@pytest.fixture
def open_page(
    browser: Browser, visit: Visit, tmp_path: Path, make_table: MakeTable
) -> Iterator[Open]:
    """Opens the page of some runs; also gives what went wrong or was fetched from elsewhere."""
    contexts = []

    def opened(
        runs: list[Scored], labels: Mapping[str, str] | None = None, **options: Any
    ) -> tuple[Page, list[str]]:
        site = write_site([make_table(runs, labels)], tmp_path)
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        trouble = visit(page, site / PAGE)
        own = (site / LIBRARY).as_uri()
        assert trouble.count(own) == (options.get("java_script_enabled", True))
        trouble[:] = [one for one in trouble if one != own]
        return page, trouble

    yield opened
    for context in contexts:
        context.close()


def enlivened(page: Page) -> list[Locator]:
    """All figures, each scrolled to and made interactive."""
    found = page.locator(".charts figure").all()
    for figure in found:
        figure.scroll_into_view_if_needed()
        figure.locator("xpath=self::*[@data-live]").wait_for()
    return found


def marks(figure: Locator) -> dict[str, int]:
    """How many marks of each kind a figure shows; axes and legends are none."""
    return dict(
        figure.evaluate(
            """figure => [...figure.querySelectorAll('.role-mark')].reduce((all, group) => {
                const kind = group.classList[0];
                const shapes = group.querySelectorAll(':scope > :not(g)');
                all[kind] = (all[kind] || 0) + shapes.length;
                return all;
            }, {})"""
        )
    )


def test_the_interactive_charts_show_the_marks_of_the_pictures(
    open_page: Open, sweep: list[Scored]
) -> None:
    page, trouble = open_page(sweep, java_script_enabled=False)
    still = [marks(figure) for figure in page.locator(".charts figure").all()]
    assert trouble == []
    live_page, trouble = open_page(sweep)
    live = [marks(figure) for figure in enlivened(live_page)]
    assert len(still) == 9
    assert live == still
    # Seventeen models have a result on Fashion-MNIST: a point and an interval each; three of them
    # are far below the others and have a mark at the edge too.
    assert (still[0]["mark-symbol"], still[0]["mark-rule"]) == (20, 17)
    assert trouble == []


def test_without_javascript_every_chart_is_there_in_words_and_as_a_picture(
    open_page: Open, sweep: list[Scored]
) -> None:
    page, _ = open_page(sweep, java_script_enabled=False)
    for figure in page.locator(".charts figure").all():
        assert figure.locator("svg").is_visible()
        assert len(figure.locator("figcaption").inner_text()) > 60
        assert figure.get_by_role("img").get_attribute("aria-label")
    assert not page.get_by_text("drag to move").is_visible()


def fits(page: Page) -> bool:
    """Whether each chart fills its figure, and each figure lies within the window."""
    return bool(
        page.evaluate(
            """() => [...document.querySelectorAll('.charts figure')].every(figure => {
                const outer = figure.getBoundingClientRect();
                const inner = figure.querySelector('svg').getBoundingClientRect();
                return outer.left >= 0 && outer.right <= innerWidth
                    && inner.left >= outer.left && inner.right <= outer.right + 1
                    && inner.width > 0.8 * outer.width;
            }) && document.documentElement.scrollWidth <= innerWidth"""
        )
    )


@pytest.mark.parametrize("script", [True, False])
def test_charts_fit_the_screen_and_follow_its_width(
    open_page: Open, sweep: list[Scored], script: bool
) -> None:
    page, _ = open_page(sweep, viewport={"width": 390, "height": 900}, java_script_enabled=script)
    if script:
        enlivened(page)
    assert fits(page)
    for width in (1280, 1920, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for _ in range(100):
            if fits(page):
                break
            page.wait_for_timeout(100)
        assert fits(page), width


@pytest.mark.parametrize("script", [True, False])
def test_charts_follow_the_theme(open_page: Open, sweep: list[Scored], script: bool) -> None:
    page, _ = open_page(sweep, color_scheme="dark", java_script_enabled=script)
    if script:
        enlivened(page)

    def ink() -> str:
        text = page.locator(".charts .labels_marks text").first
        return str(text.evaluate("text => getComputedStyle(text).fill"))

    assert ink() == "rgb(232, 233, 230)"
    if script:
        page.get_by_role("button", name="Theme").click()
        assert ink() == "rgb(27, 29, 33)"
        assert page.locator(".picture.live svg").first.evaluate(
            "svg => getComputedStyle(svg).backgroundColor"
        ) == "rgba(0, 0, 0, 0)"  # fmt: skip


def test_pointing_at_a_mark_tells_its_figures(open_page: Open, sweep: list[Scored]) -> None:
    page, _ = open_page(sweep)
    figure = enlivened(page)[0]
    figure.scroll_into_view_if_needed()
    figure.locator(".mark-symbol.role-mark path").first.hover(force=True)
    hint = page.locator(".hint")
    hint.wait_for()
    assert "accuracy %" in hint.inner_text()
    assert "cmasch" in hint.inner_text()
    page.mouse.move(0, 0)
    hint.wait_for(state="hidden")


def test_the_legend_dims_the_other_families(open_page: Open, sweep: list[Scored]) -> None:
    page, _ = open_page(sweep)
    for figure in (enlivened(page)[0], enlivened(page)[4]):
        figure.scroll_into_view_if_needed()
        points = figure.locator(".mark-symbol.role-mark path[opacity='0.08']")
        assert points.count() == 0
        label = figure.locator(".role-legend-label text", has_text="cnn").bounding_box()
        assert label
        page.mouse.click(label["x"] + 5, label["y"] + 5)
        points.first.wait_for(state="attached")
        all_points = figure.locator(".mark-symbol.role-mark path").count()
        assert 0 < points.count() < all_points


def test_hostile_names_run_nothing(open_page: Open, scored: MakeScored) -> None:
    labels = {"a": HOSTILE * 4, "b": HOSTILE * 4}
    runs = [
        scored(0.9, model=model, dataset=dataset)
        for model in labels
        for dataset in ("fashion", "mnist")
    ]
    page, trouble = open_page(runs, labels, viewport={"width": 1000, "height": 800})
    figure = enlivened(page)[0]
    figure.scroll_into_view_if_needed()
    figure.locator(".mark-symbol.role-mark path").first.hover(force=True)
    page.locator(".hint").wait_for()
    assert HOSTILE[:40] in page.locator(".hint").inner_text()
    page.wait_for_timeout(100)
    assert trouble == []
    assert page.title().startswith("Charts")
    assert page.locator("main img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000


def test_axe_finds_nothing(open_page: Open, sweep: list[Scored], axe: Axe) -> None:
    page, _ = open_page(sweep)
    enlivened(page)
    assert axe(page) == []


@given(st.text())
def test_json_in_a_script_element_does_not_end_it(text: str) -> None:
    inside = script_json({text: f"<!--{text}</script>"})
    assert "<" not in inside
    assert json.loads(inside) == {text: f"<!--{text}</script>"}


def test_equal_runs_give_equal_pages_and_pictures(
    make_table: MakeTable,
    sweep: list[Scored],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = []
    for name, runs in (("one", sweep), ("two", list(reversed(sweep)))):
        monkeypatch.setenv("SUITE_CACHE_DIR", str(tmp_path / f"cache-{name}"))
        charts = draw([make_table(runs)], TITLES)
        pictures = {d.path: d.svg for one in charts for d in one.drawings}
        found.append({PAGE: to_html(charts, Shell(TITLES, "1.0"))} | pictures)
    assert found[0] == found[1]
    assert len(found[0]) == 10
