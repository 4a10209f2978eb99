"""What a reader can choose on the front page, in a real browser that opened it from disk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page

from suite.stats.scoring import Scored

Open = Callable[..., tuple[Page, list[str]]]
WIDE = {"width": 1280, "height": 900}


def labels(page: Page) -> list[str]:
    rows = page.locator("section.board:visible tbody tr:not([hidden]) th.model[data-label]")
    return [str(row.get_attribute("data-label")) for row in rows.all()]


def status(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def heads(page: Page) -> list[str]:
    return [str(head.get_attribute("data-column")) for head in page.locator(
        "section.board:visible thead th[data-column]:visible").all()]  # fmt: skip


def fragment(page: Page) -> str:
    return str(page.evaluate("location.hash"))


def box(page: Page, key: str) -> Locator:
    return page.locator(f".panel input[value='{key}']")


def test_families_can_be_picked_out(open_page: Open, sweep: list[Scored]) -> None:
    page, trouble = open_page(sweep)
    assert status(page) == "18 models"
    page.get_by_label("cnn", exact=True).check()
    assert len(labels(page)) == 5
    assert status(page) == "5 of 18 models"
    page.get_by_label("classic", exact=True).check()
    assert len(labels(page)) == 18
    page.get_by_role("button", name="Clear").click()
    assert status(page) == "18 models"
    assert not page.get_by_role("button", name="Clear").is_visible()
    assert page.evaluate("document.activeElement.name") == "q"
    assert trouble == []


def test_limits_leave_out_what_is_above_them_or_not_known(
    open_page: Open, sweep: list[Scored]
) -> None:
    page, _ = open_page(sweep)
    page.get_by_label("Parameters ≤").fill("100k")
    assert labels(page) == ["lenet5", "logistic_regression", "decision_tree", "dummy"]
    page.get_by_label("Training CPU ≤").fill("0.5 min")
    assert labels(page) == ["logistic_regression", "dummy"]
    assert status(page) == "2 of 18 models"
    page.get_by_label("Search").fill("dummy")
    assert labels(page) == ["dummy"]


def test_a_limit_that_is_no_number_is_told_and_ignored(
    open_page: Open, sweep: list[Scored]
) -> None:
    page, _ = open_page(sweep)
    field = page.get_by_label("Parameters ≤")
    field.fill("many")
    assert len(labels(page)) == 18
    assert "“many” is no number, such as 1e6, 100k or 1M" in status(page)
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("1e6")
    assert field.get_attribute("aria-invalid") is None


@pytest.mark.parametrize(
    ("text", "count", "seconds"),
    [
        ("1e6", 1e6, 1e6),
        ("100k", 1e5, 1e5),
        ("1M", 1e6, 1e6),
        ("1.5 m", 1.5e6, 90),
        ("1,234,567", 1234567, 1234567),
        ("12 000", 12000, 12000),
        (".5", 0.5, 0.5),
        ("5 min", None, 300),
        ("2h", None, 7200),
        ("", "nothing", "nothing"),
        ("1,5", None, None),
        ("-1", None, None),
        ("k", None, None),
        ("1e", None, None),
        ("constructor", None, None),
        ("1 constructor", None, None),
    ],
)
def test_numbers_are_read_as_people_write_them(
    front: Page, text: str, count: object, seconds: object
) -> None:
    read = front.evaluate(
        """text => [suite.count(text), suite.seconds(text)].map(
            value => value === null ? "nothing" : Number.isNaN(value) ? null : value)""",
        text,
    )
    assert read == [count, seconds]


@pytest.fixture
def front(open_page: Open, sweep: list[Scored]) -> Page:
    return open_page(sweep, viewport=WIDE)[0]


def test_columns_can_be_chosen(open_page: Open, sweep: list[Scored]) -> None:
    page, trouble = open_page(sweep, viewport=WIDE)
    before = heads(page)
    assert "costs.wall" not in before
    assert "fashion.deviation" not in before
    page.get_by_text("Columns", exact=True).click()
    box(page, "costs.wall").check()
    for key in ("rank", "accuracy", "n"):
        box(page, f"mnist.{key}").uncheck()
    box(page, "fashion.rank").uncheck()
    chosen = heads(page)
    assert chosen == ["model", "fashion.accuracy", "fashion.n", "costs.parameters", "costs.cpu",
                      "costs.wall", "costs.prediction", "costs.memory", "costs.size"]  # fmt: skip
    groups = page.locator("thead th.group:visible")
    assert groups.all_inner_texts() == ["Fashion-MNIST", "Costs"]
    assert [group.get_attribute("colspan") for group in groups.all()] == ["2", "6"]
    first = page.locator("tbody tr").first.locator("td:visible")
    assert first.count() == len(chosen) - 1
    for head, cell in zip(chosen[1:], first.all(), strict=True):
        above = page.locator(f"th[data-column='{head}']").bounding_box()
        below = cell.bounding_box()
        assert above is not None
        assert below is not None
        assert (above["x"], above["width"]) == (below["x"], below["width"])
    page.get_by_role("button", name="Default columns").click()
    assert heads(page) == before
    assert box(page, "mnist.rank").is_checked()
    assert trouble == []


def test_one_table_shows_at_a_time(open_page: Open, two_tables: list[Scored]) -> None:
    page, trouble = open_page(two_tables)
    tabs = page.get_by_role("tab")
    assert tabs.all_inner_texts() == [
        "holdout quick\n6,000 images, at most 3 epochs",
        "kfold quick\n5 folds, 6,000 images, at most 3 epochs",
    ]
    assert len(labels(page)) == 18
    tabs.nth(1).click()
    assert labels(page) == ["svm"]
    assert page.get_by_role("tabpanel").count() == 1
    assert page.get_by_role("tab", selected=True).inner_text().startswith("kfold quick")
    assert status(page) == "1 model"
    tabs.nth(1).press("ArrowRight")
    assert len(labels(page)) == 18
    assert page.evaluate("document.activeElement.id") == "holdout-quick-tab"
    page.keyboard.press("End")
    assert labels(page) == ["svm"]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert labels(page) == ["svm"]
    assert tabs.nth(0).get_attribute("tabindex") == "-1"
    assert trouble == []


def test_without_javascript_all_tables_stand_there_with_the_columns_of_the_start(
    open_page: Open, two_tables: list[Scored]
) -> None:
    scripted, _ = open_page(two_tables, viewport=WIDE)
    page, _ = open_page(two_tables, viewport=WIDE, java_script_enabled=False)
    assert page.locator("table.leaderboard:visible").count() == 2
    assert page.locator("thead th[data-unshown]:visible").count() == 0
    assert page.locator("thead th[data-unshown]").count() == (6 * 2 + 1) + (6 + 1)
    first = page.locator("section.board").first.locator("thead th[data-column]:visible").all()
    assert [head.get_attribute("data-column") for head in first] == heads(scripted)
    group = page.locator("thead th.group", has_text="MNIST").nth(1).bounding_box()
    rank = page.locator("th[data-column='mnist.rank']").first.bounding_box()
    assert group is not None
    assert rank is not None
    assert group["x"] == rank["x"]
    assert page.locator(".jump a").count() == 2
    assert page.get_by_role("tab").count() == 0


def test_the_address_keeps_what_was_chosen(open_page: Open, two_tables: list[Scored]) -> None:
    page, trouble = open_page(two_tables, viewport=WIDE)
    page.get_by_label("Search").fill("e")
    page.get_by_label("classic", exact=True).check()
    page.get_by_label("Training CPU ≤").fill("2 h")
    page.get_by_role("button", name="Parameters").click()
    page.get_by_role("button", name="Parameters").click()
    page.get_by_text("Columns", exact=True).click()
    box(page, "costs.wall").check()
    box(page, "mnist.n").uncheck()
    chosen = labels(page), heads(page), status(page)
    assert fragment(page) == (
        "#sort=-costs.parameters&q=e&family=classic&cpu=2+h&show=costs.wall&hide=mnist.n"
    )
    page.reload()
    assert (labels(page), heads(page), status(page)) == chosen
    assert page.get_by_label("Search").input_value() == "e"
    assert page.locator("th[aria-sort]:visible").get_attribute("aria-sort") == "descending"
    assert page.get_by_label("classic", exact=True).is_checked()
    assert [url for url in trouble if "/index.html" not in url] == []


def test_back_and_forward_go_through_the_choices(open_page: Open, two_tables: list[Scored]) -> None:
    page, _ = open_page(two_tables)
    page.get_by_label("Search").fill("svm")
    page.get_by_role("tab").nth(1).click()
    assert fragment(page) == "#table=kfold-quick&q=svm"
    page.go_back()
    assert labels(page) == ["svm", "svm[C=1,kernel=poly]"]
    assert fragment(page) == "#q=svm"
    page.go_forward()
    assert labels(page) == ["svm"]
    page.get_by_role("tab").nth(0).click()
    page.get_by_role("button", name="Clear").click()
    assert fragment(page) == ""


def test_links_to_a_part_of_a_table_show_it(open_page: Open, two_tables: list[Scored]) -> None:
    page, _ = open_page(two_tables)
    plain = page.url
    page.get_by_label("Search").fill("forest")
    page.locator("a.failed:visible").click()
    assert labels(page) == ["random_forest"]
    page.goto("about:blank")
    page.goto(f"{plain}#kfold-quick")
    assert labels(page) == ["svm"]
    assert page.locator("#kfold-quick").is_visible()


@pytest.mark.parametrize(
    "hash_",
    [
        "table=x&sort=constructor&show=__proto__&hide=model&family=nobody",
        "q=%E0%A4%A&parameters=<img src=x onerror=\"document.title='run'\">",
        "%",
        "sort=-model&show=&hide=",
    ],
)
def test_a_broken_address_does_no_harm(open_page: Open, sweep: list[Scored], hash_: str) -> None:
    page, trouble = open_page(sweep)
    address = page.url
    page.goto("about:blank")
    page.goto(f"{address}#{hash_}")
    page.wait_for_timeout(100)
    assert page.title().startswith("Leaderboard")
    assert "of 18 models" in status(page) or status(page) == "18 models"
    assert heads(page)[:2] == ["model", "fashion.rank"]
    assert [text for text in trouble if "/index.html" not in text and "blank" not in text] == []


def test_all_can_be_done_with_the_keyboard(front: Page) -> None:
    front.get_by_label("Search").focus()
    reached = []
    for _ in range(24):
        front.keyboard.press("Tab")
        reached.append(front.evaluate(
            "(e => e.name || e.value || (e.textContent || '').trim())(document.activeElement)"
        ))  # fmt: skip
        outline = front.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", str(reached[-1])[:40]
    assert reached[:6] == ["family", "family", "parameters", "cpu", "Columns", "Copy"]
    assert reached[7:10] == ["Model", "#", "Accuracy %"]
    summary = front.get_by_text("Columns", exact=True)
    summary.press("Enter")
    box(front, "costs.wall").press("Space")
    assert "costs.wall" in heads(front)
    front.keyboard.press("Escape")
    assert not box(front, "costs.wall").is_visible()
    assert front.evaluate("document.activeElement.textContent") == "Columns"


def test_a_click_elsewhere_closes_the_columns(front: Page) -> None:
    front.get_by_text("Columns", exact=True).click()
    assert box(front, "costs.wall").is_visible()
    front.get_by_role("heading", level=1).click()
    assert not box(front, "costs.wall").is_visible()


def test_two_datasets_fit_and_heads_stay_in_sight(front: Page) -> None:
    region, table = front.locator(".scroll").first, front.locator("table.leaderboard")
    assert table.evaluate("t => t.offsetWidth") <= region.evaluate("r => r.clientWidth")
    front.evaluate("scrollTo(0, 900)")
    head = front.locator("th[data-column='costs.memory']").bounding_box()
    assert head is not None
    assert 0 <= head["y"] < 100
