"""What a model's page shows besides its results: parameters, mistakes, calibration, machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from reports.mistakes import WrongImages
from reports.model_pages import model_pages, to_html
from reports.model_view import environments, parameters_of, weights
from reports.shell import Shell
from reports.tables import build_tables
from suite.data.datasets import Dataset, load
from suite.data.known import DATASETS
from suite.records.arrays import RunArrays
from suite.records.record import CONFIDENCE_SCALE, Count
from suite.records.store import StoredRun
from suite.registry import Registry, discover
from suite.stats.scoring import Scored, score

MakeScored = Callable[..., Scored]
MakeStored = Callable[..., StoredRun]
Visit = Callable[[Page, Path], list[str]]
Axe = Callable[[Page], list[tuple[str, list[str]]]]
TITLES = {name: info.title for name, info in DATASETS.items()}


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUITE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield load("digits")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return discover()


@pytest.fixture
def text(stored: MakeStored, digits: Dataset, registry: Registry) -> Callable[..., str]:
    """The page of a model with two seeds that is sure of some mistakes, or gives no sureness."""

    def make(*, sure: bool = True, tables: int = 1, **changes: Any) -> str:
        labels = np.array(digits.labels("test"))
        wrong = WrongImages(10)
        runs = []
        for seed in range(2):
            for preset in ("standard", "quick")[:tables]:
                predictions = labels.copy()
                predictions[: 20 + seed] = (labels[: 20 + seed] + 1) % 10
                confidence = np.linspace(0.3, 1, len(labels)) * CONFIDENCE_SCALE
                arrays = RunArrays(
                    predictions=predictions,
                    confidence=np.round(confidence).astype(np.uint16) if sure else None,
                )
                run = stored(None, dataset="digits", seed=seed, preset=preset, **changes)
                run = replace(run, arrays=arrays)
                runs.append(score(run, labels))
                wrong.watch(run, labels)
        found = build_tables(runs, {}, tuple(DATASETS))
        pages = model_pages(found, (), registry, wrong, {"digits": digits})
        shell = Shell(TITLES, "1", (("index.html", "Leaderboard"),))
        ((_, html),) = to_html(pages, shell)
        return html

    return make


@pytest.fixture
def open_page(browser: Browser, visit: Visit, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    contexts = []

    def opened(html: str, **options: Any) -> tuple[Page, list[str]]:
        file = tmp_path / "svm.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        return page, visit(page, file)

    yield opened
    for context in contexts:
        context.close()


def test_the_surest_mistakes_are_pictures_with_both_classes(
    text: Any, open_page: Any, digits: Dataset
) -> None:
    page, trouble = open_page(text())
    pictures = page.locator(".mistakes img")
    labels = digits.labels("test")
    # Both seeds get the first 20 wrong, and are surer of later images.
    assert [one.get_attribute("alt") for one in pictures.all()] == [
        f"Test image {n}: {labels[n]}, taken for {(labels[n] + 1) % 10}"
        for n in range(19, 9, -1)
    ]  # fmt: skip
    assert "2 of 2 runs" in page.locator(".mistakes li").first.inner_text()
    assert pictures.first.evaluate("one => one.naturalWidth") == 28
    assert trouble == []


def test_without_probabilities_most_runs_decide_and_there_is_no_calibration(
    text: Any, open_page: Any
) -> None:
    page, _ = open_page(text(sure=False))
    assert "gives no probabilities" in page.locator("main").inner_text()
    first = page.locator(".mistakes li").first.inner_text()
    assert "image 0" in first
    assert "%" not in first
    assert page.locator("svg.reliability").count() == 0


def test_the_reliability_diagram_has_its_figures_in_a_table(text: Any, open_page: Any) -> None:
    page, _ = open_page(text())
    page.get_by_text("Figures", exact=True).click()
    rows = page.locator(".calibration tbody tr")
    assert rows.count() == page.locator("svg.reliability circle").count() > 5
    images = [int(row.locator("td").first.inner_text()) for row in rows.all()]
    assert sum(images) == 2 * 360
    assert "Expected calibration error" in page.locator(".calibration figcaption").inner_text()


def test_other_metrics_stand_in_a_table_of_their_own(text: Any, open_page: Any) -> None:
    page, _ = open_page(text(log_loss=0.25))
    table = page.get_by_role("region", name="Other metrics")
    cells = table.locator("tbody td").all_inner_texts()
    assert "holdout · standard" in table.locator("tbody th").first.inner_text()
    assert cells[2] == "0.250"
    assert all(float(cell) > 0 for cell in cells[:4])


def test_parameters_other_than_the_default_are_marked_and_explained(
    text: Any, open_page: Any
) -> None:
    values = {"C": 1.0, "kernel": "rbf", "gamma": "scale", "scaling": "none"}
    page, _ = open_page(text(parameters=values, variant="0123456789"))
    region = page.get_by_role("region", name="Parameters")
    rows = [row.locator("th, td").all_inner_texts() for row in region.locator("tbody tr").all()]
    assert rows[0] == ["C", "1.0", "10.0", "Weight of training errors against a wide margin."]
    assert all(default == "" and meaning for _, _, default, meaning in rows[1:])
    assert page.locator("a[href$='sklearn.svm.SVC.html']").inner_text() == "sklearn.svm.SVC"
    assert "Support vector machine" in page.locator("main").inner_text()


def test_a_model_that_is_not_known_has_no_defaults() -> None:
    (one,) = parameters_of({"C": 2.0}, None)
    assert (one.name, one.value, one.default) == ("C", "2.0", "")


def test_parameters_are_counted_with_those_that_are_trained(scored: MakeScored) -> None:
    def run(total: int, trainable: int | None) -> Scored:
        return scored(0.9, parameter_count=Count(total=total, trainable=trainable))

    assert weights([run(1_200, 1_000), run(1_200, 1_000)]) == "1,200, 1,000 of them trainable"
    assert weights([run(50, None), run(60, None)]) == "50 to 60"
    assert weights([scored(None), scored(0.9, parameter_count=None)]) == ""


def test_equal_environments_are_told_once(scored: MakeScored) -> None:
    runs = [scored(0.9, seed=0), scored(0.9, seed=1), scored(0.9, seed=2, fold=3),
            scored(0.9, seed=4, environment={"processor": "Other"})]  # fmt: skip
    told = environments(runs)
    assert [seeds for seeds, _ in told] == ["0, 1, 2 (fold 3)", "4"]
    assert told[1][1].processor == "Other"


def test_commits_make_no_other_software(scored: MakeScored) -> None:
    runs = [scored(0.9, seed=seed, environment={"git_commit": str(seed) * 40, "git_dirty": dirty})
            for seed, dirty in ((0, False), (1, True))]  # fmt: skip
    assert [seeds for seeds, _ in environments(runs)] == ["0, 1"]


def test_a_page_leads_to_its_comparison_with_other_models(scored: MakeScored) -> None:
    tables = build_tables([scored(0.9), scored(0.8, dataset="mnist")], {}, tuple(DATASETS))
    pages = model_pages(tables, (), Registry(models={}))
    known = {("holdout-standard", "mnist", "svm"): "compare.html#table=holdout-standard&a=svm"}
    ((_, html),) = to_html(pages, Shell(TITLES, "1"), comparisons=known)
    assert html.count("Compare with another model") == 1
    assert 'href="../compare.html#table=holdout-standard&amp;a=svm"' in html


def test_pale_points_of_few_predictions_are_told(text: Any, open_page: Any) -> None:
    page, _ = open_page(text())
    rows = page.locator(".calibration tbody tr td:nth-child(2)").all_text_contents()
    few = sum(int(images.replace(",", "")) < 10 for images in rows)
    assert page.locator("svg.reliability circle.few").count() == few
    told = "pale points are fewer than 10" in page.locator(".calibration figcaption").inner_text()
    assert told == (few > 0)


def test_on_paper_the_page_is_as_wide_as_the_sheet(scored: MakeScored, open_page: Any) -> None:
    runs = [scored(0.9, 12_000, protocol="kfold", fold=fold, engine="tensorflow 2.21.0",
                   log_loss=0.25, fit_cpu_seconds=12_345.6) for fold in range(5)]  # fmt: skip
    tables = build_tables(runs, {}, tuple(DATASETS))
    ((_, html),) = to_html(model_pages(tables, (), Registry(models={})), Shell(TITLES, "1"))
    # An A4 sheet less its margins, in CSS pixels.
    page, _ = open_page(html, viewport={"width": 703, "height": 900})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 900})
    runs_table = page.get_by_role("region", name="Runs")
    assert runs_table.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_the_machine_opens_below_the_runs(text: Any, open_page: Any) -> None:
    page, _ = open_page(text())
    assert not page.get_by_text("AMD EPYC 9B14").is_visible()
    page.get_by_text("Machines and software").click()
    shown = page.locator(".environment").inner_text()
    for part in ("AMD EPYC 9B14, 2 cores, 23 GiB", "numpy 2.3.1", "Python 3.11.9", "cpu"):
        assert part in shown


def test_a_page_of_several_tables_begins_with_its_contents(text: Any, open_page: Any) -> None:
    page, _ = open_page(text(tables=2))
    links = page.get_by_role("navigation", name="On this page").get_by_role("link")
    for link in links.all():
        target = str(link.get_attribute("href"))
        assert page.locator(f"[id='{target[1:]}']").count() == 1
    assert links.count() == 4
    page, _ = open_page(text())
    assert page.get_by_role("navigation", name="On this page").count() == 0


def test_the_page_is_accessible_and_fits_a_phone(text: Any, open_page: Any, axe: Axe) -> None:
    history = [{"epoch": i + 1, "accuracy": 0.5, "val_accuracy": 0.6 + i / 20} for i in range(3)]
    page, trouble = open_page(
        text(tables=2, history=history), viewport={"width": 390, "height": 800}
    )
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(page) == []
    assert trouble == []
