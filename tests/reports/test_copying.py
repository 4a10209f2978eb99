"""The table as it is shown, copied as Markdown, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Page

from suite.stats.scoring import Scored

Open = Callable[..., tuple[Page, list[str]]]
WIDE = {"width": 1280, "height": 900}
HOSTILE = "=1|`**x**`_y_ <b>&amp;\\end{tabular} $#%~^\"', [z]"


@pytest.fixture
def copied(open_page: Open) -> Callable[..., str]:
    """Opens a page of some runs, does something there and copies the table in a format."""

    def copy(runs: list[Scored], form: str, before: Callable[[Page], object] | None = None) -> str:
        page, trouble = open_page(runs, viewport=WIDE)
        page.evaluate(
            "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => {"
            "window.copied = text; }}})"
        )
        if before:
            before(page)
        page.get_by_text("Copy", exact=True).click()
        page.get_by_role("button", name=form).click()
        page.wait_for_function("window.copied !== undefined")
        assert trouble == []
        assert re.fullmatch(rf"Copied \d+ rows as {form}", page.get_by_role("status").inner_text())
        return str(page.evaluate("window.copied"))

    return copy


def cells(markdown: str) -> list[list[str]]:
    """The table's cells, without markup, as a forge shows them."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    entities = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#124;": "|", "&amp;": "&"}

    def text(cell: str) -> str:
        assert "<" not in cell, cell
        return re.sub("|".join(entities), lambda match: entities[match[0]], cell)

    return [[text(cell) for cell in row] for row in found]


def test_markdown_has_what_is_shown_in_its_order(
    copied: Callable[..., str], sweep: list[Scored]
) -> None:
    def choose(page: Page) -> None:
        page.get_by_label("Search").fill("tree")
        page.get_by_role("button", name="Parameters").click()
        page.get_by_text("Columns", exact=True).click()
        for key in ("mnist.rank", "mnist.accuracy", "mnist.n", "costs.memory", "costs.size"):
            page.locator(f".panel input[value='{key}']").uncheck()

    text = copied(sweep, "Markdown", choose)
    assert text.startswith("Fashion-MNIST and MNIST, protocol holdout, preset quick. Accuracy in")
    caption = text.split("\n")[0]
    assert "below" not in caption
    assert "head" not in caption
    assert "brackets" in caption
    assert cells(text) == [
        ["Model", "Label", "Family", "Fashion-MNIST: rank", "Fashion-MNIST: accuracy %",
         "Fashion-MNIST: n", "Costs: parameters", "Costs: training CPU s",
         "Costs: prediction µs / image"],
        ["Decision tree", "decision_tree", "classic", "16", "78.91 ± 0.18 (78.10–79.70)", "3",
         "13,204", "30.9", "0.420"],
        ["Extremely randomised trees", "extra_trees", "classic", "–", "out of memory",
         "0, 3 failed", "–", "–", "–"],
    ]  # fmt: skip


def test_csv_has_a_number_a_field(copied: Callable[..., str], sweep: list[Scored]) -> None:
    rows = list(csv.DictReader(io.StringIO(copied(sweep, "CSV"))))
    assert len(rows) == 18
    first = rows[0]
    assert (first["Model"], first["Notes"]) == ("Four convolutions (cmasch)", "3 of 20 epochs")
    assert first["Costs: parameters"] == "441000"
    assert float(first["Fashion-MNIST: accuracy %"]) == 93.45
    assert float(first["Fashion-MNIST: accuracy %, deviation"]) == 0.08
    assert float(first["Fashion-MNIST: accuracy %, 95 % low"]) < 93.45
    assert float(first["Fashion-MNIST: accuracy %, 95 % high"]) > 93.45
    failed = next(row for row in rows if row["Label"] == "extra_trees")
    assert failed["Fashion-MNIST: accuracy %"] == "out of memory"
    assert failed["Costs: parameters"] == ""


def test_latex_is_a_table_of_its_own(copied: Callable[..., str], sweep: list[Scored]) -> None:
    lines = copied(sweep, "LaTeX").splitlines()
    assert lines[2] == r"\begin{tabular}{llll" + "r" * 11 + "}"
    assert r"LeNet-5 & lenet5 & cnn & 3 of 20 epochs & 10 &" in "\n".join(lines)
    assert any(r"machine\_learning\_mastery/same\_padding" in line for line in lines)
    assert any(r"93.45 $\pm$ 0.08 (92.95--93.92)" in line for line in lines)
    body = [line for line in lines if line.endswith(r"\\")]
    assert len(body) == 19
    assert {len(re.findall(r"(?<!\\)&", line)) for line in body} == {14}


@pytest.fixture
def hostile(scored: Callable[..., Scored]) -> list[Scored]:
    changes = {"parameters": {"p": 1}, "preset_changes": {"p": HOSTILE}}
    return [scored(0.9, model="svm", **changes), scored(0.8, model="mlp")]


def test_any_text_stays_text(copied: Callable[..., str], hostile: list[Scored]) -> None:
    note = f"p {HOSTILE} instead of 1"
    table = cells(copied(hostile, "Markdown"))
    assert table[0][3] == "Notes"
    assert table[1][3] == note
    rows = list(csv.DictReader(io.StringIO(copied(hostile, "CSV"))))
    assert [row["Notes"] for row in rows] == [note, ""]
    latex = copied(hostile, "LaTeX")
    assert r"\end{tabular} \$" not in latex
    assert (
        r"=1\textbar{}`**x**`\_y\_ \textless{}b\textgreater{}\&amp;\textbackslash{}end\{tabular\} "
        r"\$\#\%\textasciitilde{}\textasciicircum{}\textquotedbl{}', [z] instead"
    ) in latex


def test_a_text_like_a_formula_is_no_formula(open_page: Open, sweep: list[Scored]) -> None:
    page, _ = open_page(sweep)
    rows = [{"names": [text], "figures": []} for text in ("=1+1", "@x", "[a", "-")]
    content = {"names": ["Model"], "figures": [], "isAccuracy": [], "rows": rows}
    assert page.evaluate("content => suite.toCsv(content)", content) == (
        "Model\n'=1+1\n'@x\n[a\n'-\n"
    )
    assert "{[}a" in page.evaluate("c => suite.toLatex({caption: '', ...c})", content)


def test_without_a_clipboard_the_text_can_be_selected(open_page: Open, sweep: list[Scored]) -> None:
    page, trouble = open_page(sweep, viewport=WIDE)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_text("Copy", exact=True).click()
    page.get_by_role("button", name="CSV").click()
    area = page.get_by_role("dialog").get_by_role("textbox")
    text = area.input_value()
    assert text.startswith("Model,Label,Family")
    assert (
        page.evaluate(
            "(e => e.value.slice(e.selectionStart, e.selectionEnd))(document.activeElement)"
        )
        == text
    )
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert page.evaluate("document.activeElement.value") == "csv"
    assert page.get_by_role("status").inner_text() == "18 models"
    assert trouble == []
