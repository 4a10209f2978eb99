from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reports.charts.figures import figures
from reports.charts.ranks import no_ranks
from reports.charts.style import SOFT, Figure
from reports.tables import Table
from suite.records.record import Count
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
MakeTable = Callable[..., Table]
Draw = Callable[..., dict[str, Figure]]
HOSTILE = "</script><script>document.title='run'</script><b>\"'\\`${x}\u202e\n" * 5


def layer_of(figure: Figure, mark: str) -> dict[str, Any]:
    """The only layer with a mark, but for the marks at the edge."""
    layers = [one for one in figure.spec["layer"] if one.get("name") != "edge"]
    (found,) = (one for one in layers if one["mark"]["type"] == mark)
    return dict(found)


def values(figure: Figure, mark: str) -> list[dict[str, Any]]:
    """The data of the only layer with a mark."""
    return list(layer_of(figure, mark).get("data", figure.spec.get("data"))["values"])


def three_datasets(scored: MakeScored, models: int = 10) -> list[Scored]:
    return [
        scored(0.9 - place / 100, model=f"m{place}", dataset=dataset)
        for place in range(models)
        for dataset in ("digits", "fashion", "mnist")
    ]


def assert_valid(figure: Figure) -> None:
    import altair

    altair.LayerChart.from_dict(dict(figure.spec))
    json.dumps(figure.spec, allow_nan=False)


def test_two_datasets_have_nine_charts_that_keep_to_the_schema(
    drawn: Draw, sweep: list[Scored]
) -> None:
    found = drawn(sweep)
    assert list(found) == [
        "fashion-parameters", "mnist-parameters", "fashion-training", "mnist-training",
        "fashion-mnist", "fashion-seeds", "mnist-seeds", "fashion-classes", "mnist-classes",
    ]  # fmt: skip
    for figure in found.values():
        assert_valid(figure)


def test_the_schema_notices_what_is_wrong(drawn: Draw, sweep: list[Scored]) -> None:
    figure = drawn(sweep)["fashion-training"]
    broken = json.loads(json.dumps(figure.spec))
    broken["layer"][0]["mark"]["type"] = "lien"
    with pytest.raises(Exception, match="lien"):
        assert_valid(Figure(name="", heading="", summary="", spec=broken))


def test_the_front_is_drawn_and_told(drawn: Draw, scored: MakeScored) -> None:
    runs = [
        scored(accuracy, model=model, parameter_count=Count(total=count))
        for model, accuracy, count in (
            ("small", 0.8, 1), ("large", 0.9, 5_000), ("beaten", 0.79, 400),
        )
    ]  # fmt: skip
    figure = drawn(runs)["fashion-parameters"]
    assert [p["x"] for p in values(figure, "line")] == [1, 5_000]
    assert layer_of(figure, "line")["mark"]["color"] == SOFT
    assert {p["model"] for p in values(figure, "point")} == {"small", "large", "beaten"}
    assert figure.summary == (
        "2 of 3 models are on the Pareto front (the line): no other is as accurate with fewer "
        "parameters. Its ends are small (80.00 %, 1 parameter) and large (90.00 %, 5,000 "
        "parameters)."
    )


def test_what_can_t_be_compared_or_is_not_known_is_left_out_and_counted(
    drawn: Draw, scored: MakeScored
) -> None:
    runs = [
        scored(0.9, model="a", parameter_count=None),
        scored(0.9, model="b"),
        scored(0.9, model="c", environment={"processor": "another"}),
        scored(0.9, model="d", fit_cpu_seconds=0.0),
    ]
    found = drawn(runs)
    assert {p["model"] for p in values(found["fashion-parameters"], "point")} == {"b", "c", "d"}
    assert {p["model"] for p in values(found["fashion-training"], "point")} == {"a", "b"}
    assert "Without 1 model that has no number of parameters" in found["fashion-parameters"].summary
    summary = found["fashion-training"].summary
    assert "Without 1 model of no measurable time, as the axis is logarithmic." in summary
    assert "Without 1 model that has no time" in summary


def test_accuracy_is_spaced_by_the_logarithm_of_the_error(drawn: Draw, sweep: list[Scored]) -> None:
    y = layer_of(drawn(sweep)["fashion-parameters"], "point")["encoding"]["y"]
    assert (y["scale"]["type"], y["scale"]["reverse"]) == ("log", True)
    low, high = y["scale"]["domain"]
    # The best has 6.6 % errors; the models near chance are beyond the axis.
    assert 4 < low < 6.2
    assert 10 < high < 90
    assert y["axis"]["labelExpr"] == "format(100 - datum.value, '.3~f')"


def test_the_good_models_have_the_room_and_those_far_below_a_mark_at_the_edge(
    drawn: Draw, scored: MakeScored
) -> None:
    accuracies = [0.94 - place / 100 for place in range(10)] + [0.1]
    runs = [
        scored(accuracy, model=f"m{place}", dataset=dataset)
        for place, accuracy in enumerate(accuracies)
        for dataset in ("fashion", "mnist")
    ]
    found = drawn(runs)
    for name in ("fashion-parameters", "fashion-training", "fashion-mnist"):
        figure = found[name]
        assert_valid(figure)
        _, high = layer_of(figure, "point")["encoding"]["y"]["scale"]["domain"]
        assert 15 < high < 30
        (edge,) = (one for one in figure.spec["layer"] if one.get("name") == "edge")
        assert [point["model"] for point in edge["data"]["values"]] == ["m10"]
        assert len(values(figure, "point")) == 11
        assert figure.summary.endswith(" 1 model far below is drawn hollow at the edge.")
        assert "m10" not in {label["text"] for label in values(figure, "text")}
    few = drawn(runs[-6:])["fashion-parameters"]
    assert not any(one.get("name") == "edge" for one in few.spec["layer"])
    assert "hollow" not in few.summary


def test_variants_keep_the_end_of_their_names_and_no_label_means_two(
    drawn: Draw, scored: MakeScored
) -> None:
    labels = {"a": "a_rather_long_name_of_a_model/first",
              "b": "a_rather_long_name_of_a_model/other",
              "c": "another_long_name_of_a_model[alpha=1,beta=2,gamma=3]",
              "d": "another_long_name_of_a_model[alpha=1,beta=2,gamma=4]"}  # fmt: skip
    runs = [scored(0.8 + place / 20, model=model, parameter_count=Count(total=10**place))
            for place, model in enumerate(labels)]  # fmt: skip
    texts = {label["text"] for label in values(drawn(runs, labels)["fashion-parameters"], "text")}
    assert {"…/first", "…/other"} <= texts
    assert not any(text.startswith("another") for text in texts)


def test_a_single_run_is_not_hidden_by_its_mean(drawn: Draw, scored: MakeScored) -> None:
    runs = [scored(0.9, model="one"), *(scored(0.8, model="two", seed=seed) for seed in range(2))]
    figure = drawn(runs)["fashion-seeds"]
    assert [mean["model"] for mean in values(figure, "tick")] == ["two"]
    assert [mean["model"] for mean in values(figure, "rule")] == ["one", "two"]


def test_a_model_without_errors_is_drawn_at_half_an_error(drawn: Draw, scored: MakeScored) -> None:
    found = drawn([scored(1.0, images=500, model="perfect"), scored(0.9, images=500, model="b")])
    (perfect,) = (
        p for p in values(found["fashion-parameters"], "point") if p["model"] == "perfect"
    )
    assert perfect["error"] == pytest.approx(0.1)
    assert perfect["accuracy"] == "100.00"


def test_the_models_farthest_from_the_line_are_told(drawn: Draw, scored: MakeScored) -> None:
    runs = []
    for place in range(8):
        fashion, mnist = 0.8 + place / 100, 0.9 + place / 100
        if place == 3:
            fashion, mnist = 0.79, 0.97
        runs += [
            scored(fashion, model=f"m{place}", dataset="fashion"),
            scored(mnist, model=f"m{place}", dataset="mnist"),
        ]
    figure = drawn(runs)["fashion-mnist"]
    assert "m3 (79.00 and 97.00 %) does best on MNIST" in figure.summary
    assert "m3" in {p["text"] for p in values(figure, "text")}
    assert len(values(figure, "line")) == 2


def test_every_run_of_the_best_models_is_a_point(drawn: Draw, sweep: list[Scored]) -> None:
    figure = drawn(sweep)["fashion-seeds"]
    assert len(values(figure, "point")) == sum(
        s.accuracy is not None and s.record.dataset.name == "fashion" for s in sweep
    )
    first = values(figure, "tick")[0]
    assert (first["model"], first["runs"]) == ("cmasch", "3")
    assert first["to"] < first["error"] < first["from"]


def test_only_the_best_twenty_have_a_line(drawn: Draw, scored: MakeScored) -> None:
    found = drawn([scored(0.5 + place / 100, model=f"m{place}") for place in range(30)])
    names = [one["name"] for one in values(found["fashion-seeds"], "rule")]
    assert names == [f"m{place}" for place in range(29, 9, -1)]
    assert len(values(found["fashion-classes"], "rect")) == 200
    assert len(values(found["fashion-parameters"], "point")) == 30


def test_missed_images_are_what_recall_lacks(drawn: Draw, scored: MakeScored) -> None:
    figure = drawn([scored(0.97), scored(0.95, seed=1)])["fashion-classes"]
    cells = {cell["class"]: cell for cell in values(figure, "rect")}
    assert cells["Shirt"]["missed"] == pytest.approx(40.0)
    assert (cells["Shirt"]["text"], cells["Shirt"]["recall"]) == ("40", "60.00")
    assert cells["Bag"]["text"] == "0.0"
    assert "miss Shirt most (40.0 %)" in figure.summary


def test_folds_are_called_folds(drawn: Draw, scored: MakeScored) -> None:
    runs = [scored(0.9, images=12_000, protocol="kfold", fold=fold) for fold in range(5)]
    figure = drawn(runs)["fashion-folds"]
    assert figure.heading == "Folds of the best models: Fashion-MNIST"
    assert [p["run"] for p in values(figure, "point")] == [f"0, fold {n}" for n in range(5)]


def test_mean_ranks_are_left_out_for_two_datasets_with_the_reason(
    make_table: MakeTable, sweep: list[Scored]
) -> None:
    table = make_table(sweep)
    assert not any("ranks" in figure.name for figure in figures(table, {}))
    assert "2 datasets and 16 models with results on all of them" in no_ranks(table)
    assert "Seeds and folds repeat a dataset" in no_ranks(table)


def test_mean_ranks_are_drawn_where_they_can_tell_models_apart(
    make_table: MakeTable, drawn: Draw, scored: MakeScored
) -> None:
    runs = three_datasets(scored)
    figure = drawn(runs)["ranks"]
    assert_valid(figure)
    assert [p["rank"] for p in values(figure, "point")] == list(range(1, 11))
    best, *_, worst = values(figure, "point")
    assert best["to"] < worst["from"]
    # Nemenyi: 3.164 √(10 · 11 / (6 · 3)).
    assert best["to"] - best["from"] == pytest.approx(7.82, abs=0.01)
    assert "10 models on 3 datasets" in figure.summary
    assert no_ranks(make_table(runs)) == ""


def test_nothing_comes_of_no_results(drawn: Draw, scored: MakeScored) -> None:
    assert drawn([scored(None), scored(None, dataset="mnist")]) == {}


def test_one_model_on_one_dataset(drawn: Draw, scored: MakeScored) -> None:
    found = drawn([scored(0.9), scored(None, dataset="mnist")])
    assert list(found) == [
        "fashion-parameters", "fashion-training", "fashion-seeds", "fashion-classes",
    ]  # fmt: skip
    for figure in found.values():
        assert_valid(figure)
    assert "1 of 1 model is on the Pareto front" in found["fashion-training"].summary


def test_hostile_and_equal_names_stay_text_and_apart(drawn: Draw, scored: MakeScored) -> None:
    labels = {"a": HOSTILE, "b": HOSTILE + "b", "c": "x" * 300}
    runs = [
        scored(0.9, model=model, dataset=dataset)
        for model in labels
        for dataset in ("fashion", "mnist")
    ]
    found = drawn(runs, labels)
    for figure in found.values():
        assert_valid(figure)
        assert "\u202e" not in json.dumps(figure.spec, ensure_ascii=False)
    names = [one["name"] for one in values(found["fashion-seeds"], "rule")]
    assert len(set(names)) == 3
    assert max(len(line) for name in names for line in name.split("\n")) <= 40
    assert max(len(p["text"]) for p in values(found["fashion-parameters"], "text")) <= 28
