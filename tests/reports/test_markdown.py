from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.formats import one_line
from reports.markdown import escape, to_markdown
from reports.rows import Description
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.grammar import parse as parse_selection
from suite.records.store import Damage
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
ORDER = tuple(DATASETS)
TITLES = {name: info.title for name, info in DATASETS.items()}
HOSTILE = "<script>alert(1)</script> | a\\| *b* _c_ `d` [e](http://f) ~~g~~ &lt; $h$ \u202e\n# i"


def parse(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def tables_of(text: str) -> list[list[list[str]]]:
    """The text of each cell, by table and line."""
    tables: list[list[list[str]]] = []
    inside = False
    for token in parse(text):
        inside = token.type in {"th_open", "td_open"} or (inside and token.type == "inline")
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type == "inline" and inside:
            tables[-1][-1].append("".join(t.content for t in token.children or ()))
    return tables


def test_a_line_a_model_with_both_datasets(
    sweep: list[Scored], descriptions: Mapping[tuple[str, str], Description]
) -> None:
    tables = build_tables(sweep, descriptions, ORDER)
    board, more, failures = tables_of(to_markdown(tables, (), TITLES))
    assert board[0][:4] == ["Model", "Fashion-MNIST rank", "Fashion-MNIST %", "n"]
    assert len(board) == len(more) == 1 + 18
    assert {len(line) for line in board} == {9}
    assert [line[0] for line in more[1:]] == [label_of(line[0]) for line in board[1:]]
    (svm,) = [line for line in board if "(svm)" in line[0]]
    assert svm[1:7] == ["9", "90.04\xa0±\xa00.08", "3", "6", "98.36\xa0±\xa00.15", "3"]
    (intervals,) = [line for line in more if line[0] == "svm"]
    assert intervals[1:3] == ["89.44–90.61", "98.09–98.59"]
    (cmasch,) = [line for line in board if "(cmasch)" in line[0]]
    assert cmasch[0].endswith("3 of 20 epochs")
    (trees,) = [line for line in board if "(extra_trees)" in line[0]]
    assert trees[1:4] == ["–", "out\xa0of\xa0memory", "0, 3 failed"]
    assert len(failures) == 1 + 7
    assert failures[1] == [
        "random_forest", "Fashion-MNIST", "2", "timeout",
        "still running after 600 s; its processes were ended",
    ]  # fmt: skip


def label_of(name: str) -> str:
    """The label in the first column, "Title (label); a note"."""
    return name.rpartition(" (")[2].partition(")")[0]


def test_long_labels_can_be_broken_and_are_still_selections(scored: MakeScored) -> None:
    label = "svm[C=100,kernel=poly,gamma=auto,scaling=standard]"
    descriptions = {("svm", ""): Description(title="SVM", family=None, label=label)}
    text = to_markdown(build_tables([scored(0.9)], descriptions, ORDER), (), TITLES)
    (shown,) = {line[0] for line in tables_of(text)[1][1:]}
    assert max(len(word) for word in shown.split()) < 20
    (read,), (meant,) = parse_selection(shown), parse_selection(label)
    assert (read.name, read.changes) == (meant.name, meant.changes)


def test_short_presets_carry_a_warning_and_tables_stay_apart(scored: MakeScored) -> None:
    runs = [scored(0.8, preset="quick", train_images=6_000), scored(0.9)]
    text = to_markdown(build_tables(runs, {}, ORDER), (), TITLES)
    assert len(tables_of(text)) == 4
    assert text.index("preset standard") < text.index("preset quick")
    assert "> **Not publishable: trained on 6,000 images" in text


def test_damaged_records_are_listed(scored: MakeScored) -> None:
    damage = Damage(Path("results/a|b/seed-0.json"), "changed | after it was written")
    text = to_markdown(build_tables([scored(0.9)], {}, ORDER), [damage], TITLES)
    assert tables_of(text)[-1][1:] == [
        ["results/a|b/seed-0.json", "changed | after it was written"]
    ]


@given(st.text(st.characters(exclude_categories=())))
@example(HOSTILE)
@example("\\")
@example("\\|")
@example("a_b_c _d_ __e__")
@example("![x](y) <http://z>")
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    source = f"| a | b |\n|:--|:--|\n| {escape(text)} | end |\n"
    (table,) = tables_of(source)
    assert table[1] == [one_line(text), "end"]
    kinds = {t.type for token in parse(source) for t in token.children or ()}
    assert kinds <= {"text"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(text=st.text(min_size=1))
@example(text=HOSTILE)
def test_any_text_keeps_the_columns(scored: MakeScored, text: str) -> None:
    error = {"type": text, "message": text, "traceback": text}
    runs = [
        scored(0.9, parameters={"p": "x"}, preset_changes={"p": text}),
        scored(None, model="knn", error=error, environment={"processor": text}),
    ]
    descriptions = {("svm", ""): Description(title=text, family=text, label=text)}
    tables = build_tables(runs, descriptions, ORDER)
    source = to_markdown(tables, [Damage(Path("x"), text)], {"fashion": text})
    board, more, failures, damaged = tables_of(source)
    assert [len(board), len(more), len(failures), len(damaged)] == [3, 3, 2, 2]
    assert {len(line) for line in board} == {6}
    assert {len(line) for line in more} == {6}
    assert {len(line) for line in failures} == {5}
    assert {len(line) for line in damaged} == {2}
    assert not {t.type for t in parse(source)} & {"html_block", "code_block", "fence"}
    inline = {t.type for token in parse(source) for t in token.children or ()}
    assert inline <= {"text", "strong_open", "strong_close"}


def test_the_same_records_give_the_same_text(sweep: list[Scored]) -> None:
    one = to_markdown(build_tables(sweep, {}, ORDER), (), TITLES)
    assert one == to_markdown(build_tables(reversed(sweep), {}, ORDER), (), TITLES)


@pytest.mark.parametrize("count", [1, 3])
def test_a_single_line_needs_no_special_case(scored: MakeScored, count: int) -> None:
    runs = [scored(0.9, seed=seed) for seed in range(count)]
    board, _ = tables_of(to_markdown(build_tables(runs, {}, ORDER), (), TITLES))
    assert board[1][2] == ("90.00\xa0±\xa00.00" if count > 1 else "90.00")
