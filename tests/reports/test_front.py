"""What a visitor of the front page sees first, in a real browser: words, groups, sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import Page

from reports.page import to_html
from reports.rows import Description
from reports.shell import Shell
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.stats.scoring import Scored

Open = Callable[..., tuple[Page, list[str]]]
TITLES = {name: info.title for name, info in DATASETS.items()}
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
IMAGES = 10_000


@pytest.fixture
def tied(scored: Callable[..., Scored]) -> list[Scored]:
    """One seed of models on two datasets, of which some can't be told apart."""
    runs = []
    for dataset, right in (("fashion", (9_000, 8_990, 8_000)), ("mnist", (8_000, 9_000, 9_800))):
        for place, (model, number) in enumerate(zip("abc", right, strict=True)):
            # Each has images right that the others have wrong.
            hits = np.roll(np.arange(IMAGES) < number, 300 * place)
            run = scored(number / IMAGES, model=model, dataset=dataset)
            runs.append(replace(run, right=np.packbits(hits)))
    return runs


def labels(page: Page) -> list[str]:
    rows = page.locator("tbody tr:not([hidden]) th.model[data-label]")
    return [str(row.get_attribute("data-label")) for row in rows.all()]


def first_of_groups(page: Page) -> list[str]:
    rows = page.locator("tbody tr.starts th.model[data-label]")
    return [str(row.get_attribute("data-label")) for row in rows.all()]


def test_what_it_is_and_how_new_it_is(sweep: list[Scored]) -> None:
    page = to_html(build_tables(sweep, {}, tuple(DATASETS)), (), Shell(TITLES, "1.0"))
    assert "<h1>Fashion-MNIST and MNIST leaderboard</h1>" in page
    assert "Newest record: 2026-05-01." in page.split("<main")[0]
    assert '<meta name="description" content="Fashion-MNIST and MNIST leaderboard: 18' in page


def test_what_is_not_finished_is_said_above_the_table(
    open_page: Open, scored: Callable[..., Scored]
) -> None:
    page, _ = open_page([scored(0.9, seed=seed) for seed in range(3)])
    assert page.locator("caption .missing").inner_text() == "Not finished: 3 of 5 seeds so far."
    page, _ = open_page([scored(0.9, seed=seed) for seed in range(5)])
    assert page.locator("caption .missing").count() == 0


def test_letters_are_explained_above_the_table_and_where_they_stand(
    open_page: Open, tied: list[Scored]
) -> None:
    page, _ = open_page(tied)
    caption = page.locator("caption .about")
    assert (
        "same letter behind their rank can’t be told from the first of them" in caption.inner_text()
    )
    assert "judged on the images alone" in caption.inner_text()
    assert caption.get_by_role("link").get_attribute("href") == "methods.html#ties"
    second = page.locator("tr", has=page.locator("th[data-label=b]")).locator("td.rank abbr")
    assert second.first.inner_text() == "a"
    assert second.first.get_attribute("title") == "Group a: can't be told from rank 1"
    assert second.last.get_attribute("title") == "Group b: can't be told from rank 2"


def test_without_groups_no_letters_are_explained(open_page: Open, sweep: list[Scored]) -> None:
    page, _ = open_page(sweep)
    assert "letter" not in page.locator("caption .about").inner_text()


def test_a_line_divides_groups_while_the_table_is_sorted_by_their_rank(
    open_page: Open, tied: list[Scored]
) -> None:
    plain, _ = open_page(tied, java_script_enabled=False)
    assert first_of_groups(plain) == ["c"]
    page, _ = open_page(tied)
    assert first_of_groups(page) == ["c"]
    edges = "tr => getComputedStyle(tr.cells[0]).borderTopColor"
    rows = page.locator("tbody tr")
    assert rows.nth(2).evaluate(edges) != rows.nth(1).evaluate(edges)
    page.get_by_role("button", name="#").nth(1).click()
    assert labels(page) == ["c", "b", "a"]
    assert first_of_groups(page) == ["b", "a"]
    page.get_by_label("Search").fill("a")
    assert first_of_groups(page) == []
    page.get_by_label("Search").fill("")
    page.get_by_role("button", name="Model").click()
    assert first_of_groups(page) == []


def test_the_copy_has_rank_and_letter_apart(open_page: Open, tied: list[Scored]) -> None:
    page, _ = open_page(tied)
    text = page.evaluate(
        "suite.toCsv(suite.shownContent(new suite.Table(document.querySelector('table')), "
        "key => key.endsWith('rank')))"
    )
    assert text.splitlines()[1] == "a,a,1 a,3 c"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("nearest neighbors", ["knn"]),
        ("k-nearest", ["knn"]),
        ("k\u2011nearest neighbour", ["knn"]),
        ("learning-mastery same", ["machine_learning_mastery/same_padding"]),
        ("yann lecun", ["lenet5"]),
        ("neighbored", []),
    ],
)
def test_search_minds_neither_hyphens_nor_spelling_and_knows_sources(
    open_page: Open, sweep: list[Scored], query: str, found: list[str]
) -> None:
    page, _ = open_page(sweep, sources={"lenet5": "Yann LeCun et al., 1998"})
    page.get_by_label("Search").fill(query)
    assert labels(page) == found


def test_an_unknown_family_in_the_address_is_ignored(open_page: Open, sweep: list[Scored]) -> None:
    page, _ = open_page(sweep)
    address = page.url
    for families, shown in (("family=nobody", 18), ("family=nobody&family=cnn", 5)):
        page.goto("about:blank")
        page.goto(f"{address}#{families}")
        assert len(labels(page)) == shown


def test_titles_are_enough_but_where_models_share_one_or_differ_by_parameters(
    open_page: Open, sweep: list[Scored], descriptions: Mapping[tuple[str, str], Description]
) -> None:
    page, _ = open_page(sweep)
    shown = set(page.locator("tbody .label").all_inner_texts())
    titles = [one.title for one in descriptions.values()]
    assert shown == {one.label for one in descriptions.values() if titles.count(one.title) > 1}


def test_many_rows_are_seen_at_once_and_their_bars_stand_below_each_other(
    open_page: Open, sweep: list[Scored]
) -> None:
    page, _ = open_page(sweep, viewport=WIDE)
    boxes = [row.bounding_box() for row in page.locator("tbody tr").all()]
    assert sum(box is not None and box["y"] + box["height"] <= 900 for box in boxes) >= 8
    bars = page.locator("td:nth-child(3) .range").all()
    assert len({box["x"] for bar in bars if (box := bar.bounding_box())}) == 1
    scale, bar = page.locator("th .scale").first.bounding_box(), bars[0].bounding_box()
    assert scale is not None
    assert bar is not None
    assert (scale["x"], scale["width"]) == (bar["x"], bar["width"])


def test_a_phone_shows_one_group_of_columns_at_a_time(open_page: Open, sweep: list[Scored]) -> None:
    page, trouble = open_page(sweep, viewport=PHONE)
    scroll = page.locator(".scroll").first

    def heads() -> list[str]:
        return page.locator("thead th.group:visible").all_inner_texts()

    def pressed() -> list[str]:
        return page.locator(".groups button[aria-pressed=true]").all_inner_texts()

    assert pressed() == ["All"]
    assert "more" in str(scroll.get_attribute("class"))
    page.get_by_role("button", name="MNIST", exact=True).click()
    assert (heads(), pressed()) == (["MNIST"], ["MNIST"])
    assert "more" not in str(scroll.get_attribute("class"))
    page.reload()
    assert (heads(), pressed()) == (["MNIST"], ["MNIST"])
    page.get_by_role("button", name="All", exact=True).click()
    assert heads() == ["Fashion-MNIST", "MNIST", "Costs"]
    scroll.evaluate("region => { region.scrollLeft = 10_000; }")
    page.wait_for_function("!document.querySelector('.scroll').classList.contains('more')")
    assert [text for text in trouble if "/index.html" not in text] == []
    wide, _ = open_page(sweep, viewport=WIDE)
    assert not wide.locator(".groups").is_visible()
