"""Facts about other people's numbers: the files in the package, and what is refused in them."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from reports.published import Result, load_published, read_facts, read_official
from reports.published_models import Resolver, all_results, by_model, of_plugin
from reports.published_words import kind, model_name, published_value, struck_out
from suite.contract import Plugin, Published, Source
from suite.errors import ConfigError
from suite.grammar import parse
from suite.registry import Model, Registry, discover

FACTS = load_published()
SYSTEMS = [r for r in FACTS.results if r.section == "systems"]

SYSTEM = """
[[system]]
name = "Someone"
url = "https://example.org"
defects = ["of all"]
[[system.result]]
dataset = "fashion"
statistic = "test"
accuracy_percent = 91.3
data = "after_fix"
"""
OFFICIAL = """selection,classifier,parameters,fashion_accuracy_percent,mnist_accuracy_percent
"svm[C=1,kernel=poly]",SVC,"C=1, kernel=poly",87.3,
gaussian_nb,GaussianNB,,51.1,52.4
"""


def value(selection: str, dataset: str = "fashion", **wanted: object) -> Result:
    """The one result of these files that fits."""
    (found,) = [
        r for r in SYSTEMS
        if (r.selection, r.dataset) == (selection, dataset)
        and all(getattr(r, name) == v for name, v in wanted.items())
    ]  # fmt: skip
    return found


@pytest.mark.parametrize("result", SYSTEMS, ids=lambda r: f"{r.title}-{r.dataset}")
def test_every_value_has_its_source_and_can_be_written_on_the_command_line(result: Result) -> None:
    assert result.printed_in
    assert result.protocol
    assert result.system
    assert result.url.startswith("https://") or result.system == "Fashion MNIST Report"
    assert result.dataset in ("fashion", "mnist")
    assert 0 < (result.printed_percent or 0) < 100
    assert (result.parameters is None) == (result.parameters_from == "")
    if result.selection:
        (item,) = parse(result.selection)
        assert item.variant or item.changes  # a name alone would be the model's variants, too


def test_no_value_stands_twice() -> None:
    keys = Counter((r.title, r.selection, r.dataset, r.statistic, r.printed_percent)
                   for r in SYSTEMS)  # fmt: skip
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize(
    ("selection", "dataset", "statistic", "percent", "parameters"),
    [
        ("rasiaq/v2", "fashion", "test", 91.33, 225_034),
        ("fashion_mnist_report/lenet5", "fashion", "validation", 92.11, 136_586),
        ("fashion_mnist_report/default", "fashion", "validation", 91.97, 693_962),
        ("vianasw/default", "fashion", "test", 92.26, 3_274_634),
        ("convnet/default", "fashion", "test", 91.6, 3_274_634),
        ("hardmaru/default", "mnist", "test", 99.22, 83_466),
        ("abelusha/default", "fashion", "test_mean", 92.159, 113_386),
        ("gchhablani/default", "fashion", "test", 92.1, 46_794),
        ("machine_learning_mastery/same_padding", "fashion", "fold_mean", 91.257, 628_630),
    ],
)
def test_values_agree_with_their_sources(
    selection: str, dataset: str, statistic: str, percent: float, parameters: int
) -> None:
    result = value(selection, dataset, statistic=statistic)
    assert result.printed_percent == percent
    assert result.parameters == parameters


def test_runs_give_mean_deviation_and_number() -> None:
    old, new = [r for r in SYSTEMS if r.system.startswith("cmasch") and r.runs_percent]
    assert published_value(old) == "93.43 ± 0.05"
    assert new.printed_percent == pytest.approx(93.266)
    # The population deviation of these five is 0.174, the sample deviation √(5/4) times that.
    assert new.figure().deviation_points == pytest.approx(0.174 * 1.25**0.5, abs=5e-4)
    assert kind(new) == "mean of 5 runs"


@pytest.mark.parametrize("selection", ["default", "same_padding", "more_filters"])
def test_fold_means_are_the_means_of_their_folds(selection: str) -> None:
    result = value(f"machine_learning_mastery/{selection}", statistic="fold_mean")
    assert sum(result.runs_percent) / 5 == pytest.approx(result.printed_percent, abs=5e-4)
    assert kind(result) == "mean of 5 folds"


def test_values_known_to_be_wrong_are_corrected_with_evidence() -> None:
    typo = value("xgboost/anktplwl91", "mnist")
    assert (struck_out(typo), published_value(typo)) == ("95.8", "96.81")
    best = value("heitorrapela/default")
    assert best.statistic == "test_best_run"
    assert (struck_out(best), published_value(best)) == ("88.33", "87.887 ± 0.25")
    assert kind(best) == "mean of 30 runs"
    assert "runs_history" in (best.corrected.evidence if best.corrected else "")
    assert struck_out(value("vianasw/default")) == ""


def test_what_was_listed_before_the_files_changed_is_marked() -> None:
    for result in SYSTEMS:
        listed = re.search(r"listed (2017-08-\d\d)", result.printed_in)
        if listed and result.dataset == "fashion":
            assert result.data == "before_fix", result.title


def test_a_systems_name_address_and_defects_are_its_results_too() -> None:
    (result,) = read_facts(SYSTEM + 'defects = ["of this one"]').results
    assert (result.system, result.url) == ("Someone", "https://example.org")
    assert result.defects == ("of all", "of this one")
    assert result.title == "Someone"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"test"', '"tset"', "system.0.result.0.statistic"),
        ("91.3", "0.913e3", "less than 100"),
        ("91.3", "0", "greater than 0"),
        ("91.3", '"91.3"', "accuracy_percent"),
        ('"after_fix"', '"unchanged"', "MNIST, and only MNIST"),
        ('"fashion"', '"mnist"', "MNIST, and only MNIST"),
        ('data = "after_fix"', 'data = "after_fix"\ncolour = "red"', "colour"),
        ("accuracy_percent = 91.3", "runs_percent = [91, 92]\nruns = 2", "already says"),
        ("accuracy_percent = 91.3", "runs_percent = [91]", "has one run"),
        ("accuracy_percent = 91.3", "accuracy_percent =", "not TOML"),
    ],
)
def test_mistakes_in_the_file_are_named(old: str, new: str, message: str) -> None:
    assert old in SYSTEM
    with pytest.raises(ConfigError, match=re.escape(message)):
        read_facts(SYSTEM.replace(old, new))


def test_the_benchmark_has_a_row_a_setting_and_dataset() -> None:
    rows = read_official(OFFICIAL)
    assert [(r.title, r.dataset, r.accuracy_percent) for r in rows] == [
        ("SVC, C=1, kernel=poly", "fashion", 87.3),
        ("SVC, C=1, kernel=poly", "mnist", None),
        ("GaussianNB", "fashion", 51.1),
        ("GaussianNB", "mnist", 52.4),
    ]
    assert {r.data for r in rows if r.dataset == "fashion"} == {"before_fix"}
    assert {(r.runs, r.train_images, r.section) for r in rows} == {(5, 60_000, "official")}
    assert published_value(rows[1]) == "not on file"


def test_the_package_has_the_whole_benchmark_or_nothing_of_it() -> None:
    official = [r for r in FACTS.results if r.section == "official"]
    there = files("reports").joinpath("reference", "official_sklearn_benchmark.csv").is_file()
    assert len(official) == (252 if there else 0)
    assert len({(r.selection, r.dataset) for r in official}) == len(official)


def model(name: str = "mine", *published: Published, **changes: object) -> Model:
    plugin = Plugin(
        title="Mine", family="own", view="flat", build=dict, parameters=len,
        params={"C": 1.0}, variants={"big": {"C": 9.0}},
        source=Source(name="A paper", url="https://example.org", published=published),
    )  # fmt: skip
    return Model(name=name, path=Path(f"{name}.py"), module=None, plugin=plugin, **changes)  # type: ignore[arg-type]


def test_plugins_bring_results_of_their_own() -> None:
    mine = model("mine", Published(dataset="mnist", accuracy=0.987, variant="big", note="one run"))
    (result,) = of_plugin(mine)
    assert (result.selection, result.accuracy_percent) == ("mine/big", pytest.approx(98.7))
    assert (result.system, result.protocol, result.data) == ("A paper", "one run", "unchanged")
    registry = Registry(models={"mine": mine})
    assert all_results(registry, FACTS) == (*FACTS.results, result)
    ((own, chosen),) = by_model(registry, FACTS)["mine"]
    assert (own, chosen.label) == (result, "mine/big")


@pytest.mark.parametrize("accuracy", [98.7, 0.0, -1.0, float("nan"), float("inf")])
def test_a_plugins_mistake_is_said_and_costs_nothing(accuracy: float) -> None:
    (result,) = of_plugin(model("mine", Published(dataset="", accuracy=accuracy, variant="[<")))
    assert result.accuracy_percent is None
    assert "no fraction of 1" in result.defects[0]
    assert Resolver(Registry(models={}))(result.selection) is None


def test_selections_are_found_whether_installed_or_not() -> None:
    resolve = Resolver(Registry(models={"mine": model(missing=("no_such_library",))}))
    found = [resolve(text) for text in ("mine", "mine/default", "mine/big", "mine[C=9]")]
    assert [s.variant for s in found if s] == ["", "", "big", "big"]
    for text in ("", "other", "mine/small", "mine[D=1]", "mine[["):
        assert resolve(text) is None


def test_a_model_is_called_by_its_label_or_by_what_it_would_be() -> None:
    result = value("hardmaru/default", "mnist")
    assert model_name(result) == "hardmaru"
    assert model_name(result, "hardmaru[epochs=3]") == "hardmaru[epochs=3]"


def test_models_that_exist_have_every_variant_that_the_file_names() -> None:
    registry = discover()
    resolve = Resolver(registry)
    for result in FACTS.results:
        for item in parse(result.selection) if result.selection else ():
            if item.name in registry.models:
                assert resolve(result.selection), result.selection
