from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reports.formats import one_line
from reports.page import to_html
from reports.rows import Description
from reports.shell import Shell
from reports.tables import Table, build_tables
from suite.data.known import DATASETS
from suite.records.store import Damage
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
ORDER = tuple(DATASETS)
TITLES = {name: info.title for name, info in DATASETS.items()}
VOID = {"meta", "link", "input", "br", "colgroup", "wbr"}


class Outline(HTMLParser):
    """Tags with their attributes' names, texts, and whether every element is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Whether a label may be broken depends on its text.
        if tag != "wbr":
            self.tags[tag, tuple(name for name, _ in attrs)] += 1
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"script", "style"}:
            self.texts.append(data)


def render(tables: tuple[Table, ...], damaged: tuple[Damage, ...] = ()) -> str:
    return to_html(tables, damaged, Shell(TITLES, "1.2.3"))


def test_a_line_a_model_sorted_by_rank_without_any_script(
    sweep: list[Scored], descriptions: Mapping[tuple[str, str], Description]
) -> None:
    page = render(build_tables(sweep, descriptions, ORDER))
    for title in {d.title for d in descriptions.values()}:
        assert title in page
    assert page.count('<th scope="row" class="model"') == 18
    assert page.index("93.45 ± 0.08") < page.index("92.86 ± 0.08") < page.index("10.14 ± 0.13")
    assert page.count('data-sort="number" aria-sort="ascending"') == 1
    assert "3 of 20 epochs" in page
    assert "still running after 600 s" in page
    assert 'href="#holdout-quick-failed">3 failed' in page
    assert "94.3 †" in page


def test_the_page_is_well_formed_and_loads_nothing(sweep: list[Scored]) -> None:
    outline = Outline(render(build_tables(sweep, {}, ORDER)))
    assert outline.open == []
    references = [value for name, value in outline.attributes if name in {"src", "href"}]
    assert not [v for v in references if v and v.startswith(("http", "//"))]
    assert ("script", ()) in outline.tags
    ids = [value for name, value in outline.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {v[1:] for v in references if v and v.startswith("#")} <= set(ids)


def test_the_table_is_marked_up_for_readers(sweep: list[Scored]) -> None:
    outline = Outline(render(build_tables(sweep, {}, ORDER)))
    headings = [attrs for (tag, attrs), n in outline.tags.items() if tag == "th" for _ in range(n)]
    assert all("scope" in attrs for attrs in headings)
    assert sum(n for (tag, _), n in outline.tags.items() if tag == "caption") == 1


def test_mixed_presets_get_a_section_each(scored: MakeScored) -> None:
    runs = [scored(0.8, preset="quick"), scored(0.9), scored(0.95, protocol="full")]
    page = render(build_tables(runs, {}, ORDER))
    assert page.count('<table class="leaderboard"') == 3
    assert page.count('<p class="banner">Not publishable') == 1
    assert 'href="#full-standard"' in page


def test_damaged_records_are_listed_with_path_and_reason(scored: MakeScored) -> None:
    damage = Damage(Path("results/x/seed-0.json"), "changed after it was written")
    page = render(build_tables([scored(0.9)], {}, ORDER), (damage,))
    assert "results/x/seed-0.json" in page
    assert "changed after it was written" in page
    assert "1 damaged record<" in page


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(text=st.text(min_size=1))
@example(text="<script>alert(1)</script>")
@example(text="\"'><img src=x onerror=alert(1)>")
@example(text="</style></script></title>--><!--]]>&lt;{{ 7 * 7 }}{% raw %}")
@example(text="\u202eevil\u2066 " + "x" * 400)
def test_any_text_is_shown_and_nothing_else(scored: MakeScored, text: str) -> None:
    def page(word: str) -> str:
        error = {"type": word, "message": word, "traceback": f"Traceback: {word}"}
        runs = [
            scored(0.9, parameters={"p": "x"}, preset_changes={"p": word}, engine=word),
            scored(None, model="knn", error=error, started_at=word),
            scored(0.8, model="mlp", environment={"processor": word, "git_commit": f"c{word}"}),
        ]
        named = {
            ("svm", ""): Description(title=f"t{word}", family=f"f{word}", label=f"{word}[p=1]")
        }
        tables = build_tables(runs, named, ORDER)
        return to_html(tables, [Damage(Path("p"), word)], Shell({"fashion": word}, word))

    outline, harmless = Outline(page(text)), Outline(page("word"))
    assert outline.open == []
    assert outline.tags == harmless.tags
    assert one_line(f"t{text}") in outline.texts


def test_the_same_records_give_the_same_page(sweep: list[Scored]) -> None:
    assert render(build_tables(sweep, {}, ORDER)) == render(
        build_tables(reversed(sweep), {}, ORDER)
    )


def test_networks_show_their_learning_curve_and_others_none(scored: MakeScored) -> None:
    history = [{"epoch": 1, "val_accuracy": 0.8}, {"epoch": 2, "val_accuracy": 0.9}]
    runs = [scored(0.9, model="net", history=history), scored(0.8, model="svm")]
    page = render(build_tables(runs, {}, ORDER))
    assert page.count('<svg class="spark"') == 1
    assert "validation accuracy was 90.00 % after 2 epochs" in page
    assert "Curves: validation accuracy by epoch, each on a scale of its own" in page
    assert "Curves:" not in render(build_tables(runs[1:], {}, ORDER))


def test_labels_may_be_broken_between_words_and_parameters(scored: MakeScored) -> None:
    named = {("svm", ""): Description(title="SVM", family=None, label="svm_b/x[C=1,gamma=a<b]")}
    page = render(build_tables([scored(0.9)], named, ORDER))
    assert "svm_<wbr>b/<wbr>x[<wbr>C=1,<wbr>gamma=a&lt;b]" in page
    assert 'data-label="svm_b/x[C=1,gamma=a&lt;b]"' in page


def test_columns_that_have_to_be_chosen_are_in_the_page(sweep: list[Scored]) -> None:
    outline = Outline(render(build_tables(sweep, {}, ORDER)))
    heads = [value for name, value in outline.attributes if name == "data-column"]
    assert heads[:5] == ["model", "fashion.rank", "fashion.accuracy", "fashion.n",
                         "fashion.deviation"]  # fmt: skip
    assert heads[-6:] == ["costs.parameters", "costs.cpu", "costs.wall", "costs.prediction",
                          "costs.memory", "costs.size"]  # fmt: skip
    cells = sum(n for (tag, _), n in outline.tags.items() if tag == "td")
    failures = 7 * 4  # cells of the table of failed runs
    assert cells == 18 * (len(heads) - 1) + failures


def test_the_caption_says_which_images_were_scored(scored: MakeScored) -> None:
    assert "interval from the test images" in render(build_tables([scored(0.9)], {}, ORDER))
    folds = build_tables([scored(0.9, protocol="kfold", fold=0)], {}, ORDER)
    assert "interval from the training images" in render(folds)
