"""The page of accuracy against training images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from math import log
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from reports.learning import SizeCurve, size_curves
from reports.learning_page import MOST_LABELS, NARROW, WIDE, _label_places, sections, to_html
from reports.shell import Shell
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
Visit = Callable[[Page, Path], list[str]]
TITLES = {name: info.title for name, info in DATASETS.items()}
SIZES = {600: 0.7, 6_000: 0.8, 48_000: 0.9}


def curves_of(scored: MakeScored, models: int = 3) -> tuple[SizeCurve, ...]:
    runs = [
        scored(accuracy - place / 1_000, model=f"model{place}", dataset=dataset, seed=seed,
               train_images=size, preset="standard" if size == 48_000 else f"standard-n{size}")
        for place in range(models)
        for dataset in ("fashion", "mnist")
        for size, accuracy in SIZES.items()
        for seed in range(2)
    ]  # fmt: skip
    return size_curves(build_tables(runs, {}, tuple(DATASETS)))


def test_a_section_a_dataset_with_a_line_a_model(scored: MakeScored) -> None:
    fashion, mnist = sections(curves_of(scored))
    assert (fashion.dataset, mnist.dataset) == ("fashion", "mnist")
    assert fashion.sizes == (600, 6_000, 48_000)
    assert [line.curve.first.model for line in fashion.lines] == ["model0", "model1", "model2"]
    for plot in fashion.plots:
        best = plot.lines[0].dots
        assert [dot.x for dot in best][::2] == [0, plot.layout.width]
        # Even steps of the logarithm of the images, and of the error: 30, 20 and 10 %.
        assert abs(best[1].x - plot.layout.width * 1 / (1 + 0.903)) < 1
        step = (best[1].y - best[2].y) / log(2)
        assert abs((best[0].y - best[1].y) - step * log(1.5)) < 1e-6
        heights = {round(percent, 6): y for y, percent in plot.up}
        assert {70, 80, 90} <= set(heights)
        assert abs(heights[80] - best[1].y) < 1e-6
        assert all(0 <= y <= plot.layout.height for y in heights.values())


def test_bars_show_the_spread_where_runs_differ(scored: MakeScored) -> None:
    runs = [
        scored(accuracy, model=model, seed=seed, train_images=size, preset=preset)
        for size, preset in ((600, "standard-n600"), (48_000, "standard"))
        for model, accuracies in (("spread", (0.88, 0.92)), ("single", (0.8,)))
        for seed, accuracy in enumerate(accuracies)
    ]
    (section,) = sections(size_curves(build_tables(runs, {}, tuple(DATASETS))))
    for plot in section.plots:
        spread, single = plot.lines
        dot = spread.end
        assert dot.ends is not None
        upper, lower = dot.ends
        # Mean 90 %, sample deviation 2.83 %: errors of 7.17, 10 and 12.83 %.
        ratio = (dot.y - upper) / (lower - dot.y)
        assert abs(ratio - log(10 / 7.1716) / log(12.8284 / 10)) < 1e-3
        assert 0 <= upper < lower <= plot.layout.height
        assert single.end.ends is None


def test_lines_differ_in_colour_or_dashes_and_a_model_keeps_its_own(scored: MakeScored) -> None:
    fashion, mnist = sections(curves_of(scored, 18))
    styles = {line.curve.first.model: line.style for line in fashion.lines}
    assert len(set(styles.values())) == 18
    assert styles == {line.curve.first.model: line.style for line in reversed(mnist.lines)}


def test_a_model_without_errors_is_drawn(scored: MakeScored) -> None:
    runs = [scored(accuracy, train_images=size, preset=preset)
            for accuracy, size, preset in ((0.9, 600, "standard-n600"), (1.0, 48_000, "standard"))
            ]  # fmt: skip
    (section,) = sections(size_curves(build_tables(runs, {}, tuple(DATASETS))))
    assert section.lines[0].dots[-1].y < section.lines[0].dots[0].y


def test_only_the_best_lines_have_labels(scored: MakeScored) -> None:
    lines = sections(curves_of(scored, MOST_LABELS + 3))[0].lines
    assert [line.label_y is not None for line in lines] == [True] * MOST_LABELS + [False] * 3


HEIGHT = min(WIDE.height, NARROW.height)


@given(st.lists(st.floats(0, HEIGHT), min_size=1, max_size=MOST_LABELS).map(sorted))
@example([0.0] * MOST_LABELS)
@example([float(HEIGHT)] * MOST_LABELS)
def test_labels_stand_apart_within_the_chart_and_near_their_lines(ends: list[float]) -> None:
    places = _label_places(ends, HEIGHT)
    assert all(b - a >= 16 - 1e-6 for a, b in pairwise(places))
    assert places[0] >= 0
    assert places[-1] <= HEIGHT + 1e-6
    if all(b - a >= 16 for a, b in pairwise(ends)):
        assert all(abs(place - end) < 1e-6 for place, end in zip(places, ends, strict=True))


def test_the_page_is_sound_in_a_browser(
    scored: MakeScored, browser: Browser, visit: Visit, axe: Callable[[Page], list[str]],
    tmp_path: Path,
) -> None:  # fmt: skip
    hostile = "<script>document.title='run'</script>|\u202e" * 6
    curves = [
        replace(curve, first=replace(curve.first, title=hostile, label=hostile), notes=(hostile,))
        for curve in curves_of(scored)
    ]
    file = tmp_path / "learning.html"
    file.write_text(to_html(curves, Shell(TITLES, "1"), {"model0"}), encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    assert visit(page, file) == []
    assert page.title().startswith("Learning from less")
    for shown, hidden, width in (("slim", "wide", 390), ("wide", "slim", 1280)):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator(f"svg.{shown} polyline").count() == 6
        assert page.locator(f"svg.{shown} circle").count() == 18
        assert all(svg.is_hidden() for svg in page.locator(f"svg.{hidden}").all())
        # All of the chart is on the screen, its labels within it.
        assert page.evaluate(
            """shown => [...document.querySelectorAll(`svg.${shown}`)].every(svg => {
                const box = svg.getBoundingClientRect();
                return box.width > 300 && box.right <= innerWidth
                    && [...svg.querySelectorAll('text')].every(
                        text => text.getBoundingClientRect().right <= box.right + 1);
            })""",
            shown,
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe(page) == []
    assert page.locator("td .mean").count() == 18
    assert page.locator("a[href='models/model0.html']").count() == 2
    context.close()
