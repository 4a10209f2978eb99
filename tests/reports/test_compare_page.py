"""The page that compares two models, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from reports import compare_page, formats, pictures, verdicts
from reports.cells import rank_text
from reports.pairs import Contest, contests
from reports.rows import Description
from reports.shell import Shell
from reports.tables import build_tables
from suite.data.datasets import Dataset, load
from suite.data.known import DATASETS
from suite.stats.paired import mcnemar
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
Visit = Callable[[Page, Path], list[str]]
Open = Callable[..., tuple[Page, list[str]]]
Axe = Callable[[Page], list[tuple[str, list[str]]]]
TITLES = {name: info.title for name, info in DATASETS.items()}
IMAGES = 360
# Parts of the images that each model has right, and the seeds of its runs.
MODELS = {"knn": (0.97, (0, 1)), "mlp": (0.9, (0, 1)), "svm": (0.8, (1, 2)), "lone": (0.7, (9,))}
HOSTILE = "</script><script>document.title='run'</script>\"'&<img src=x onerror=alert(1)>\u202e" * 3


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUITE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield load("digits")


def outcomes(model: str) -> dict[int, np.ndarray]:
    worth, seeds = MODELS[model]
    return {
        seed: np.random.default_rng([seed, *model.encode()]).random(IMAGES) < worth
        for seed in seeds
    }


@pytest.fixture
def runs(scored: MakeScored) -> Callable[..., list[Scored]]:
    def make(**changes: Any) -> list[Scored]:
        given = {"dataset": "digits"} | changes
        return [
            replace(scored(right.mean(), IMAGES, model=model, seed=seed, **given),
                    right=np.packbits(right))
            for model in MODELS
            for seed, right in outcomes(model).items()
        ]  # fmt: skip

    return make


@pytest.fixture
def write(digits: Dataset, tmp_path: Path) -> Callable[..., Path]:
    def written(runs: Sequence[Scored], descriptions: Mapping[Any, Any] = {}) -> Path:
        tables = build_tables(runs, descriptions, tuple(DATASETS))
        shell = Shell(TITLES, "1.0", (("index.html", "Leaderboard"), ("compare.html", "Compare")))
        datasets = {"digits": digits}
        text = compare_page.to_html(list(contests(tables)), datasets, shell, {"knn"})
        file = tmp_path / "compare.html"
        file.write_text(text, encoding="utf-8")
        sheet = tmp_path / compare_page.sheet_path(digits)
        sheet.parent.mkdir(exist_ok=True)
        sheet.write_bytes(pictures.sheet(digits.images("test")))
        return file

    return written


@pytest.fixture
def open_page(browser: Browser, visit: Visit, write: Callable[..., Path]) -> Iterator[Open]:
    """Opens the page of some runs; also gives what went wrong or was fetched besides."""
    contexts = []

    def opened(runs: Sequence[Scored], descriptions: Any = None, **options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        trouble = visit(page, write(runs, descriptions or {}))
        if options.get("java_script_enabled", True):
            # Two frames: the pictures that are shown have been asked for. "networkidle" may have
            # passed unseen on a busy machine.
            page.evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
        return page, trouble

    yield opened
    for context in contexts:
        context.close()


def slot(page: Page, name: str) -> str:
    return page.locator(f"[data-slot='{name}']").inner_text()


def state(page: Page) -> dict[str, str]:
    query = page.evaluate("location.hash.slice(1)")
    return {name: values[0] for name, values in parse_qs(query).items()}


def choose(page: Page, a: str, b: str) -> None:
    page.get_by_label("A", exact=True).select_option(a)
    page.get_by_label("B", exact=True).select_option(b)


def contest_of(made: Sequence[Scored]) -> Contest:
    (found,) = contests(build_tables(made, {}, tuple(DATASETS)))
    return found


@pytest.mark.parametrize(
    ("a", "b", "seeds"),
    [("knn", "mlp", (0, 1)), ("mlp", "knn", (0, 1)), ("svm", "mlp", (1,)), ("lone", "mlp", ())],
)
def test_figures_are_those_of_the_leaderboard(
    open_page: Open, runs: Any, a: str, b: str, seeds: tuple[int, ...]
) -> None:
    page, _ = open_page(runs())
    choose(page, a, b)
    contest = contest_of(runs())
    i, j = ([row.model for row in contest.rows].index(model) for model in (a, b))
    for which, row in enumerate((contest.rows[i], contest.rows[j])):
        assert slot(page, f"rank-{which}") == rank_text(row)
        accuracy = formats.accuracy(row.accuracy_mean, row.accuracy_std)
        assert slot(page, f"accuracy-{which}") == accuracy
        assert slot(page, f"runs-{which}") == str(row.runs)
    mean, half = contest.pairs.mean[i, j], contest.half_width[i, j]
    ends = [formats.signed(100 * end) for end in (mean - half, mean + half)]
    assert slot(page, "difference") == formats.signed(100 * mean)
    assert slot(page, "interval") == " to ".join(ends)
    assert slot(page, "p") == formats.p_value(contest.p_value[i, j])
    assert slot(page, "told") == f"{TITLES['digits']}: {verdicts.words(contest, i, j)}"
    assert slot(page, "method") == verdicts.method(contest, i, j)
    note = verdicts.NOTES[verdicts.note(contest, i, j)]
    assert page.locator("[data-slot='note']").is_visible() == bool(note)
    rows = page.locator("[data-slot='seeds'] tr").all()
    assert len(rows) == len(seeds)
    assert page.locator("[data-slot='no-seed']").is_visible() == (not seeds)
    assert page.locator("[data-slot='by-seed']").is_visible() == bool(seeds)
    for row, seed in zip(rows, seeds, strict=True):
        one, other = outcomes(a)[seed], outcomes(b)[seed]
        only = int((one & ~other).sum()), int((other & ~one).sum())
        cells = [cell.inner_text() for cell in row.locator("th, td").all()]
        assert cells == [str(seed), str((one & other).sum()), str(only[0]), str(only[1]),
                         str((~one & ~other).sum()), formats.p_value(mcnemar(*only))]  # fmt: skip


def test_each_verdict_and_note_has_its_words(
    open_page: Open, runs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "verdict", lambda *_: verdicts.Verdict.AHEAD)
    monkeypatch.setattr(verdicts, "note", lambda *_: verdicts.Note.OTHER_LETTER)
    page, _ = open_page(runs())
    choose(page, "mlp", "knn")
    said = slot(page, "told")
    assert "B is ahead, but the leaderboard can't tell the two apart" in said
    assert "all its 6 pairs" in said
    assert slot(page, "note") == verdicts.NOTES[verdicts.Note.OTHER_LETTER]
    page.locator("details summary").click()
    assert "not after correction" in page.locator("details tbody tr").first.inner_text()


def test_the_images_that_one_alone_gets_right_are_shown(
    open_page: Open, runs: Any, digits: Dataset
) -> None:
    page, trouble = open_page(runs())
    choose(page, "knn", "mlp")
    first, second = (np.stack(list(outcomes(model).values())) for model in ("knn", "mlp"))
    labels = digits.labels("test")
    for which, alone in ((0, first & ~second), (1, second & ~first)):
        places = np.flatnonzero(alone.all(axis=0))
        pictures_shown = page.locator(f"[data-slot='tiles-{which}'] [role=img]")
        names = [one.get_attribute("aria-label") for one in pictures_shown.all()]
        assert names == [f"Test image {n}, {labels[n]}" for n in places[: compare_page.MOST_IMAGES]]
        assert slot(page, f"alone-{which}").startswith(f"{len(places)} test image")
    assert all("/images/digits-" in url for url in trouble)
    assert trouble  # the sheet, and nothing else


def test_a_picture_shows_its_own_part_of_the_sheet(
    open_page: Open, runs: Any, digits: Dataset
) -> None:
    page, _ = open_page(runs(), viewport={"width": 1000, "height": 900})
    choose(page, "knn", "svm")
    picture = page.locator("[data-slot='tiles-0'] [role=img]").last
    load = "(async () => {const i = new Image(); i.src = address; await i.decode()})()"
    address = "getComputedStyle(shown).backgroundImage.slice(5, -2)"
    picture.evaluate(f"shown => {load.replace('address', address)}")
    image = int(str(picture.get_attribute("aria-label")).split()[2].rstrip(","))
    assert image >= pictures.COLUMNS  # beyond the first row of the sheet
    pillow = pytest.importorskip("PIL.Image")
    import io

    shot = pillow.open(io.BytesIO(picture.screenshot())).convert("L").resize((28, 28), 0)
    apart = np.abs(np.asarray(shot).astype(int) - digits.images("test")[image])
    assert np.median(apart) <= 9
    assert apart.mean() < 20


def test_the_address_holds_the_choice_and_gives_it_back(open_page: Open, runs: Any) -> None:
    page, _ = open_page([*runs(), *runs(preset="quick")])
    assert state(page) == {}
    page.get_by_label("Table").select_option("holdout-quick")
    choose(page, "svm", "knn")
    chosen = {"table": "holdout-quick", "dataset": "digits", "a": "svm", "b": "knn"}
    assert state(page) == chosen
    before = slot(page, "difference")
    page.reload()
    assert (state(page), slot(page, "difference")) == (chosen, before)
    page.get_by_role("button", name="Swap").click()
    assert state(page) == {**chosen, "a": "knn", "b": "svm"}
    assert slot(page, "difference") == before.replace("\N{MINUS SIGN}", "+")
    page.evaluate("location.hash = '#table=nothing&a=knn&b=<script>'")
    page.wait_for_function("location.hash.indexOf('nothing') < 0")
    assert state(page) == {**chosen, "table": "holdout-standard", "a": "knn", "b": "mlp"}


def test_what_can_t_be_compared_is_said(open_page: Open, runs: Any) -> None:
    page, trouble = open_page(runs())
    choose(page, "knn", "knn")
    assert slot(page, "told") == "Choose two different models"
    assert not page.locator(".figures").is_visible()
    choose(page, "knn", "mlp")
    assert page.locator(".figures").is_visible()
    assert not [text for text in trouble if "/images/" not in text]


def test_neighbours_stand_in_a_table_and_lead_to_their_pair(open_page: Open, runs: Any) -> None:
    page, _ = open_page(runs())
    page.locator("details summary").click()
    rows = page.locator("details tbody tr")
    assert rows.count() == 3
    contest = contest_of(runs())
    difference = formats.signed(100 * contest.pairs.mean[1, 2])
    assert difference in rows.nth(1).inner_text()
    assert formats.p_value(contest.p_value[1, 2]) in rows.nth(1).inner_text()
    rows.nth(1).get_by_role("link").click()
    page.wait_for_function("document.querySelector('[name=a]').value === 'mlp'")
    assert state(page) == {"table": "holdout-standard", "dataset": "digits", "a": "mlp",
                           "b": "svm"}  # fmt: skip
    assert slot(page, "difference") == difference


def test_a_model_with_a_page_is_linked_to_it(open_page: Open, runs: Any) -> None:
    page, _ = open_page(runs())
    choose(page, "knn", "mlp")
    links = page.locator("#result a")
    assert [link.get_attribute("href") for link in links.all()] == ["models/knn.html"]


def test_without_javascript_it_says_what_to_do_and_has_no_dead_controls(
    open_page: Open, runs: Any
) -> None:
    page, trouble = open_page(runs(), java_script_enabled=False)
    assert "suite compare A B" in page.locator("noscript").inner_text()
    assert page.locator("button:visible, select:visible, h2:visible").count() == 1
    page.locator("details summary").click()
    assert page.locator("details tbody tr").first.is_visible()
    assert trouble == []


def test_nothing_to_compare_is_said(open_page: Open, scored: MakeScored) -> None:
    page, trouble = open_page([scored(0.9, dataset="digits"), scored(None, model="knn")])
    assert "nothing to compare" in page.locator("main").inner_text()
    assert page.locator("select:visible").count() == 0
    assert trouble == []


def test_hostile_text_runs_nothing_and_breaks_nothing(open_page: Open, runs: Any) -> None:
    hostile = {
        (model, ""): Description(title=HOSTILE, family=HOSTILE, label=HOSTILE) for model in MODELS
    }
    page, trouble = open_page(runs(), hostile, viewport={"width": 390, "height": 800})
    page.locator("details summary").click()
    assert page.title() == "Compare two models"
    assert not [text for text in trouble if "/images/digits-" not in text]
    assert page.locator("img").count() == 0
    assert "<script>" in slot(page, "name-0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_page_is_accessible_and_fits_a_phone(open_page: Open, runs: Any, axe: Axe) -> None:
    page, _ = open_page(runs(), viewport={"width": 390, "height": 800})
    page.locator("details summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(page) == []
