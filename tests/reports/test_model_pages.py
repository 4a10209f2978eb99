"""A page for each model: complete, escaped, linked, and right about how to run it again."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from reports import model_pages as module
from reports.model_pages import ModelPage, model_pages, to_html
from reports.page import to_html as front_page
from reports.published import Result
from reports.reproduction import reproduce
from reports.shell import Shell, code_spans
from reports.tables import build_tables
from suite.contract import Plugin, Source
from suite.data.known import DATASETS
from suite.registry import Model, Registry
from suite.selection import select
from suite.stats.scoring import CLASSES, Scored

MakeScored = Callable[..., Scored]
Visit = Callable[[Page, Path], list[str]]
ORDER = tuple(DATASETS)
TITLES = {name: info.title for name, info in DATASETS.items()}
HOSTILE = "<script>document.title='run'</script>\"'|<img src=x onerror=\"document.title=1\">\u202e"
HISTORY = [{"epoch": i + 1, "accuracy": 0.5 + i / 10, "val_accuracy": 0.6 + i / 20}
           for i in range(4)]  # fmt: skip


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """One model, `net`, whose plugin file is there."""
    path = tmp_path / "net.py"
    path.write_text("PLUGIN = None")
    plugin = Plugin(
        title="A net", family="own", view="flat", build=dict, parameters=len,
        params={"C": 1.0, "layers": (10, 5)}, variants={"big": {"C": 9.0}},
        source=Source(name="A paper", url="https://example.org/paper", changed="trains by hand"),
    )  # fmt: skip
    return Registry(models={"net": Model(name="net", path=path, module=None, plugin=plugin,
                                         missing=())})  # fmt: skip


@pytest.fixture
def runs(scored: MakeScored, registry: Registry) -> Callable[..., list[Scored]]:
    """Runs of `net` with seeds 0 to 2, of which the first class is never predicted."""

    def make(**changes: Any) -> list[Scored]:
        given = {
            "model": "net", "parameters": {"C": 1.0, "layers": [10, 5]}, "history": HISTORY,
            "source_hash": registry.models["net"].source_hash,
        } | changes  # fmt: skip
        confusion = np.diag(np.full(CLASSES, 1_000))
        confusion[0] = [0, 990, 10, *[0] * 7]
        return [replace(scored(0.9, seed=seed, **given), confusion=confusion) for seed in range(3)]

    return make


def pages_of(runs: list[Scored], registry: Registry, *results: Result) -> tuple[ModelPage, ...]:
    tables = build_tables(runs, {}, ORDER)
    return model_pages(tables, reproduce(results, tables, registry), registry)


def text_of(runs: list[Scored], registry: Registry, *results: Result) -> str:
    shell = Shell(TITLES, "1.2.3", (("index.html", "Leaderboard"),))
    ((_, text),) = to_html(pages_of(runs, registry, *results), shell)
    return text


def test_a_page_says_what_the_model_is_and_what_its_runs_gave(
    runs: Any, registry: Registry, scored: MakeScored
) -> None:
    published = Result(selection="net", dataset="fashion", statistic="test", system="Someone",
                       accuracy_percent=93.21)  # fmt: skip
    failed = scored(None, model="net", seed=3, parameters={"C": 1.0, "layers": [10, 5]})
    mnist = runs(dataset="mnist", preset="quick", preset_changes={"C": 0.5})
    text = text_of([*runs(), *mnist, failed], registry, published).replace("<wbr>", "")
    for shown in ("https://example.org/paper", "A paper", "trains by hand", ">1.0<",
                  ">(10,5)<", "90.00 ± 0.00", "93.21", "Someone", "no convergence",
                  "T-shirt/top", "99.0", "Accuracy by epoch, 50.0 to 80.0", "quick",
                  "not publishable", "C 0.5 instead of 1.0", "../index.html",
                  "fashion/holdout-standard/net/<", ">seed-2.json<",
                  "Written by version 1.2.3"):  # fmt: skip
        assert shown in text, shown
    assert text.count("<polyline") == 2 * 6  # training and validation of each run with a history
    assert "has changed since" in text  # the failed run is of other code
    assert "has changed since" not in text_of(runs(), registry)


def test_times_from_another_machine_than_most_are_marked(
    runs: Any, registry: Registry, scored: MakeScored
) -> None:
    def of(model: str, processor: str, dataset: str = "fashion") -> list[Scored]:
        own = {"parameters": {"C": 1.0, "layers": [10, 5]}} if model == "net" else {}
        return [scored(0.9, model=model, dataset=dataset, environment={"processor": processor},
                       **own)]  # fmt: skip

    others = [run for n in range(3) for run in of(f"other{n}", "Xeon")]
    tables = build_tables([*others, *of("net", "Xeon"), *of("net", "EPYC", "mnist")], {}, ORDER)
    (page,) = (p for p in model_pages(tables, (), registry) if p.entry == "net")
    ((_, text),) = to_html([page], Shell(TITLES, "1"))
    assert text.count("†</td>") == 1
    assert "not to be compared with theirs: <bdi>EPYC, 1 thread</bdi>" in text
    (alone,) = model_pages(build_tables(of("net", "EPYC"), {}, ORDER), (), registry)
    assert "†" not in dict(to_html([alone], Shell(TITLES, "1")))["models/net.html"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("those of `convnet`; ``sgd`` too", "those of <code>convnet</code>; <code>sgd</code> too"),
        ("`<b>` & <i>", "<code>&lt;b&gt;</code> &amp; &lt;i&gt;"),
        ("one ` alone, ``", "one ` alone, ``"),
    ],
)
def test_words_between_backticks_are_code(text: str, shown: str) -> None:
    assert code_spans(text) == shown


def test_a_class_that_is_never_predicted_has_no_precision(runs: Any, registry: Registry) -> None:
    (page,) = pages_of(runs(), registry)
    (part,) = page.parts
    assert np.isnan(part.classes.precision[0])
    assert part.confusion.sum() == 3 * 10_000
    assert "nan" not in text_of(runs(), registry)


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({}, ["--models", "net/default", "--seeds", "3"]),
        ({"parameters": {"C": 9.0, "layers": [10, 5]}, "variant": "big"}, ["--models", "net/big"]),
        ({"parameters": {"C": 2.0, "layers": [7]}, "variant": "0123456789"},
         ["--models", "net[C=2,layers=(7)]"]),
        ({"protocol": "kfold", "fold": 2, "preset": "quick"},
         ["--protocol", "kfold", "--preset", "quick"]),
        ({"preset": "standard-n600", "train_images": 600},
         ["--preset", "standard", "--train-sizes", "600"]),
        ({"threads": 4}, ["--threads", "4"]),
        ({"environment": {"backend": "jax", "precision": "bfloat16"}},
         ["KERAS_BACKEND=jax", "--precision", "bfloat16"]),
        ({"environment": {"backend": "x; rm y #"}}, ["KERAS_BACKEND=x; rm y #"]),
    ],
)  # fmt: skip
def test_the_command_does_the_same_runs_again(
    runs: Any, registry: Registry, changes: dict[str, Any], flags: list[str]
) -> None:
    made = runs(**changes)
    (page,) = pages_of(made, registry)
    words = shlex.split(page.parts[0].command)
    for flag in flags:
        assert flag in words, page.parts[0].command
    assert ("--train-sizes" in words) == ("--train-sizes" in flags)
    (selection,) = select(registry, [words[words.index("--models") + 1]])
    assert dict(selection.params) == made[0].record.parameters
    assert words[words.index("--results") + 1] != "results"


def test_the_size_of_the_model_is_told_where_it_is_known(runs: Any, registry: Registry) -> None:
    for size, told in ((3 * 2**20, True), (None, False)):
        ((_, text),) = to_html(pages_of(runs(model_bytes=size), registry), Shell(TITLES, "1"))
        assert ("Size: 3.00 MiB." in text) == told


@pytest.mark.parametrize(
    ("seeds", "words"), [((0, 1), "2"), ((0,), "1"), ((3,), "3,"), ((1, 5), "1,5")]
)
def test_seeds_are_spelled_as_the_command_line_reads_them(
    scored: MakeScored, registry: Registry, seeds: tuple[int, ...], words: str
) -> None:
    from suite.config import parse_seeds

    parameters = {"C": 1.0, "layers": [10, 5]}
    made = [scored(0.9, model="net", seed=seed, parameters=parameters) for seed in seeds]
    (page,) = pages_of(made, registry)
    given = shlex.split(page.parts[0].command)
    assert given[given.index("--seeds") + 1] == words
    assert parse_seeds(words) == seeds


def test_models_that_are_not_known_have_a_page_too(runs: Any) -> None:
    text = text_of(runs(), Registry(models={}))
    assert "not known to the suite" in text
    assert "<pre" not in text


def test_the_front_page_links_to_the_pages_that_there_are(runs: Any, registry: Registry) -> None:
    tables = build_tables(runs(), {}, tuple(DATASETS))
    assert 'href="models/net.html"' in front_page(tables, (), Shell(TITLES, "1"), {"net"})
    assert "models/" not in front_page(tables, (), Shell(TITLES, "1"))


def test_very_many_models_have_no_pages(
    runs: Any, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PAGES", 1)
    assert len(pages_of(runs(), registry)) == 1
    assert pages_of([*runs(), *runs(variant="big")], registry) == ()


def test_hostile_text_neither_runs_nor_breaks_a_page_in_a_browser(
    scored: MakeScored, browser: Browser, visit: Visit, tmp_path: Path
) -> None:
    error = {"type": HOSTILE, "message": HOSTILE}
    made = [
        scored(0.9, model="net", parameters={HOSTILE: HOSTILE}, engine=HOSTILE,
               environment={"git_commit": HOSTILE, "backend": HOSTILE}),
        scored(None, model="net", seed=1, error=error, parameters={HOSTILE: HOSTILE}),
    ]  # fmt: skip
    plugin = Plugin(title=HOSTILE, family=HOSTILE, view="flat", build=dict, parameters=len,
                    source=Source(name=HOSTILE, url="javascript:document.title=1//https://",
                                  changed=HOSTILE))  # fmt: skip
    path = tmp_path / "net.py"
    path.write_text("")
    registry = Registry(models={"net": Model(name="net", path=path, module=None, plugin=plugin,
                                             missing=())})  # fmt: skip
    file = tmp_path / "net.html"
    file.write_text(text_of(made, registry), encoding="utf-8")
    page = browser.new_page()
    assert visit(page, file) == []
    assert page.title() == "net"
    assert page.locator("img").count() == 0
    assert not page.locator("a[href^='javascript']").count()
    page.close()


def test_a_page_fits_a_phone_and_copies_its_command(
    runs: Any, registry: Registry, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "net.html"
    file.write_text(text_of(runs(), registry), encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("python -m suite run --datasets fashion")
    context.close()
