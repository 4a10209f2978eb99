"""What the guide in `docs/` says is what the code does."""

from __future__ import annotations

import dataclasses
import pydoc
import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from reports.methods_page import seeds
from reports.reproduction_rule import Verdict
from suite.checks.check import check
from suite.contract import FitContext, ParameterCount, Plugin, Published, Source
from suite.data.datasets import load
from suite.protocol.rules import DEFAULT_PRESET, DEFAULT_PROTOCOL, PRESETS, PROTOCOLS
from suite.protocol.splits import make_split
from suite.records.record import Status
from suite.stats.calibration import BINS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONTRACT, PROTOCOL, STATISTICS, INDEX = (
    (DOCS / f"{name}.md").read_text() for name in ("contract", "protocol", "statistics", "README")
)
GENERATED = {"leaderboard.md", "reproduction.md", "releases.md"}
GUIDE = sorted(path.name for path in DOCS.glob("*.md") if path.name not in GENERATED)


def first_cells(text: str) -> set[str]:
    """What stands in the first cells of a page's tables, word by word."""
    cells = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", CONTRACT, re.DOTALL)


@pytest.mark.parametrize("described", [Plugin, Source])
def test_every_field_of_a_plugin_has_a_row(described):
    assert {field.name for field in dataclasses.fields(described)} <= first_cells(CONTRACT)


def test_the_other_fields_of_the_contract_are_named():
    for name in (*(f.name for f in dataclasses.fields(FitContext)), *ParameterCount._fields):
        assert re.search(rf"[`.(, ]{name}\b", CONTRACT), name
    published = ", ".join(field.name for field in dataclasses.fields(Published))
    assert f"a `Published` ({published})" in CONTRACT


def test_every_status_of_a_run_has_a_row():
    assert set(get_args(Status)) <= first_cells(CONTRACT)


def test_the_example_of_the_contract_keeps_all_rules(tmp_path):
    path = tmp_path / "ridge.py"
    path.write_text(examples()[0])
    reports = list(check([str(path)]))
    assert [report.label for report in reports] == ["ridge", "ridge", "ridge/strong"]
    assert [outcome for report in reports for outcome in report.failed] == []


@pytest.mark.parametrize("validates", [True, False])
def test_the_example_of_training_by_epochs_learns_and_tells(validates):
    names: dict[str, type] = {}
    exec(examples()[1], names)
    data, told = load("digits"), []
    X, y = (np.asarray(data.images("test"), np.float32) / 255).reshape(-1, 784), data.labels("test")
    X.setflags(write=False)
    held_out = (X[300:], y[300:]) if validates else (None, None)
    context = FitContext(
        X_val=held_out[0], y_val=held_out[1], on_epoch=lambda *news: told.append(news)
    )
    model = names["Perceptron"](seed=1, epochs=2).fit(X[:300], y[:300], context)
    assert (model.predict(X[300:]) == y[300:]).mean() > 0.6
    assert [(epoch, epochs) for epoch, epochs, _ in told] == [(1, 2), (2, 2)]
    assert all(("val_accuracy" in metrics) == validates for _, _, metrics in told)


def marked(name: str, default: str) -> str:
    return f"`{name}` (default)" if name == default else f"`{name}`"


def test_the_protocols_are_those_of_the_code():
    for protocol in PROTOCOLS.values():
        (line,) = re.findall(
            rf"^\| {re.escape(marked(protocol.name, DEFAULT_PROTOCOL))} \| \D.*$",
            PROTOCOL, re.MULTILINE,
        )  # fmt: skip
        trained, validation, _ = line.strip("| ").split(" | ")[1:]
        assert (validation == "none") == (not protocol.validates)
        assert (f"{protocol.folds} stratified folds" in trained) == (protocol.folds > 0)


def test_the_presets_are_those_of_the_code():
    for preset in PRESETS.values():
        images = "all" if preset.max_images is None else f"at most {preset.max_images:,}"
        epochs = (
            "as the source says" if preset.max_epochs is None else f"at most {preset.max_epochs}"
        )
        cells = (
            marked(preset.name, DEFAULT_PRESET), images, epochs, str(preset.seeds),
            "yes" if preset.publishable else "no",
        )  # fmt: skip
        assert f"| {' | '.join(cells)} |" in PROTOCOL


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=lambda p: p.name)
def test_the_numbers_of_images_are_those_of_the_splits(protocol):
    labels = np.repeat(np.arange(10, dtype=np.uint8), 6_000)
    fold = 0 if protocol.folds else None
    splits = {p.name: make_split(labels, 10_000, protocol, p, 0, fold) for p in PRESETS.values()}
    assert splits["paper"].sha256 == splits["standard"].sha256
    sizes = [f"{len(splits[name].train):,} + {len(splits[name].validation):,}"
             for name in ("smoke", "quick", "standard")]  # fmt: skip
    row = f"| `{protocol.name}` | {' | '.join(sizes)} | {len(splits['paper'].test):,} |"
    assert row in PROTOCOL


def test_every_seed_has_a_row():
    roles = {seed.role.replace("fold-0", "fold-<k>") for seed in seeds()}
    assert roles <= first_cells(PROTOCOL)


def test_functions_that_are_named_exist():
    named = set(re.findall(r"`((?:suite|reports)(?:\.[a-z_]+)+)`", STATISTICS))
    assert len(named) > 15
    assert [name for name in named if pydoc.locate(name) is None] == []


def test_every_figure_of_the_methods_page_is_explained():
    page = (ROOT / "reports" / "templates" / "methods.html.jinja").read_text()
    terms = re.findall(r'<dt id="[^"]+">([^<]+)</dt>', page)
    assert len(terms) > 15
    words = " ".join(STATISTICS.split()).lower()
    missing = [term for term in terms if term.lower() not in words]
    # Costs are in one sentence.
    assert set(missing) <= {"Training, CPU time", "Training, wall time"}
    assert "by processor (cpu) and wall time" in words


def test_every_verdict_on_published_values_has_a_row():
    assert set(get_args(Verdict)) <= first_cells(STATISTICS)


def test_numbers_of_the_statistics_are_those_of_the_code():
    from reports import reproduction_rule as rule
    from reports.groups import MOST_ROWS
    from suite.stats.ties import SIGNIFICANCE

    for told in (
        f"{BINS} bins",
        f"more than {MOST_ROWS} rows",
        f"at {100 * SIGNIFICANCE:g} %",
        f"{rule.MARGIN_POINTS} points ({rule.FOLDS_MARGIN_POINTS} for means over folds)",
    ):
        assert told in STATISTICS
    assert rule.COMBINED_DEVIATIONS == 2
    assert "two deviations of the difference" in STATISTICS


def test_the_index_has_every_page():
    linked = set(re.findall(r"\]\(([^)#]+)\)", INDEX))
    assert set(GUIDE) - {"README.md"} <= linked


def slug(heading: str) -> str:
    """How forges name a heading in addresses."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "page",
    [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = page.parent / path if path else page
        if not file.exists():
            broken.append(target)
        elif anchor and file.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            if anchor not in {slug(heading) for heading in headings}:
                broken.append(target)
    assert broken == []
