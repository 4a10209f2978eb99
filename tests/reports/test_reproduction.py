"""Which of our runs stand beside a published value, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.published import Cause, Correction, Result
from reports.reproduction import UNEXPLAINED, Reproduction, reproduce
from reports.reproduction_cells import (
    details,
    difference,
    ours_from,
    ours_value,
    sections,
    to_content,
)
from reports.tables import build_tables
from suite.contract import Plugin, Source
from suite.data.known import DATASETS
from suite.identity import identity
from suite.registry import Model, Registry
from suite.stats.scoring import Scored

Runs = Callable[..., list[Scored]]
PARAMS = {"C": 1.0, "epochs": 80}
PLUGIN = Plugin(
    title="A net", family="own", view="flat", build=dict, parameters=len, params=PARAMS,
    variants={"big": {"C": 9.0}}, source=Source(name="A paper", changed="trains by hand"),
)  # fmt: skip
FIXED = Plugin(
    title="A rule", family="own", view="flat", build=dict, parameters=len, random=False,
    source=Source(name="A paper"),
)  # fmt: skip
REGISTRY = Registry(models={
    name: Model(name=name, path=Path(f"{name}.py"), module=None, plugin=plugin, missing=("no_lib",))
    for name, plugin in (("net", PLUGIN), ("rule", FIXED))
})  # fmt: skip


@pytest.fixture
def runs(scored: Callable[..., Scored]) -> Runs:
    """Runs of `net` with given accuracies in percent (None: failed), a seed or a fold each."""

    def make(
        *percent: float | None, C: float = 1.0, extra: str = "", **changes: Any
    ) -> list[Scored]:
        params = {"C": C, "epochs": 80} if changes.setdefault("model", "net") == "net" else {}
        plugin = REGISTRY.models[changes["model"]].plugin
        changes = {"parameters": params, "variant": extra or identity(plugin, params)} | changes
        folds = changes.get("protocol") == "kfold"
        return [
            scored(None if p is None else p / 100,
                   **{"seed": 0 if folds else i, "fold": i if folds else None} | changes)
            for i, p in enumerate(percent)
        ]  # fmt: skip

    return make


def published(**changes: Any) -> Result:
    given = {"selection": "net", "dataset": "fashion", "statistic": "test",
             "accuracy_percent": 91.0, "system": "Someone", "train_images": 48_000}  # fmt: skip
    return Result(**given | changes)


def compare(result: Result, runs: list[Scored], *causes: Cause) -> Reproduction:
    tables = build_tables(runs, {}, tuple(DATASETS))
    (row,) = reproduce([result], tables, REGISTRY, causes)
    return row


def test_ours_stands_beside_the_published_value(runs: Runs) -> None:
    row = compare(published(), runs(91.2, 91.4, 91.6))
    assert (row.verdict, row.difference_points, row.reasons) == ("reproduced", 0.4, ())
    assert (ours_value(row), difference(row)) == ("91.40 ± 0.20", "+0.40")
    assert row.ours is not None
    assert ours_from(row.ours) == "holdout, standard, 3 seeds"
    assert row.label == "net"
    assert row.changed == "trains by hand"


def test_runs_on_fewer_images_stand_beside_no_published_value(runs: Runs) -> None:
    small = runs(91.0, 91.0, preset="standard-n600", train_images=600)
    assert compare(published(), small).verdict == "not run yet"
    row = compare(published(), [*runs(None), *small])
    assert row.verdict == "failed"


@pytest.mark.parametrize(
    ("ours", "verdict", "reasons"),
    [
        (91.5, "reproduced", ()),
        (91.51, "higher", ()),
        (90.49, "lower", ()),
        (90.0, "lower", ()),
        (89.99, "lower", (UNEXPLAINED,)),
        (92.01, "higher", (UNEXPLAINED,)),
    ],
)
def test_verdicts_at_the_edges(
    runs: Runs, ours: float, verdict: str, reasons: tuple[str, ...]
) -> None:
    row = compare(published(deviation_points=0.0), runs(ours, ours))
    assert (row.verdict, row.reasons) == (verdict, reasons)


def test_a_capped_row_shows_where_its_learning_curve_was_going(runs: Runs) -> None:
    def curve(*percent: float) -> list[dict[str, float]]:
        return [{"epoch": i + 1, "val_accuracy": p / 100} for i, p in enumerate(percent)]

    capped = {"preset_changes": {"epochs": 5}}
    (first,) = runs(90.0, history=curve(80, 86, 88, 89.5, 90), **capped)
    (second,) = runs(90.2, history=curve(82, 86, 89, 90, 91), seed=1, **capped)
    row = compare(published(), [first, second])
    assert row.verdict == "not comparable"
    assert row.reasons == (
        "5 of 80 epochs",
        "validation accuracy was 90.50 % after 5 epochs, +4.50 points over the last 3",
    )
    (fact,) = [f for f in details(row) if f.subject == "Our validation % by epoch"]
    assert fact.text == "81.0, 86.0, 88.5, 89.8, 90.5 (mean of 2 runs)"
    ours = to_content(row)["ours"]["validation_percent_by_epoch"]
    assert ours == pytest.approx([81.0, 86.0, 88.5, 89.75, 90.5])


def test_a_validation_accuracy_is_compared_with_ours_after_the_last_epoch(runs: Runs) -> None:
    (first,) = runs(80.0, history=[{"val_accuracy": 0.7}, {"val_accuracy": 0.911}])
    (second,) = runs(80.0, history=[{"val_accuracy": 0.7}, {"val_accuracy": 0.913}], seed=1)
    theirs = published(statistic="validation")
    row = compare(theirs, [first, second])
    assert (row.verdict, row.difference_points, row.reasons) == ("reproduced", 0.2, ())
    assert row.ours is not None
    assert (ours_value(row), ours_from(row.ours)) == (
        "91.20 ± 0.14", "holdout, standard, 2 seeds, on validation images",
    )  # fmt: skip
    assert to_content(row)["ours"]["scored"] == "validation"
    (silent,) = runs(80.0, seed=2)
    assert compare(theirs, [first, silent]).verdict == "not comparable"
    assert compare(published(), [first, second]).difference_points == -11.0
    augmented = compare(published(statistic="validation_augmented"), [first, second])
    assert (augmented.verdict, augmented.difference_points) == ("not comparable", -11.0)


def test_accuracy_on_other_test_images_is_not_comparable(runs: Runs) -> None:
    row = compare(published(data="other_split"), runs(91.0))
    assert row.verdict == "not comparable"
    assert row.reasons == ("the published value is of other test images",)


def test_a_section_sums_up_the_differences_of_each_dataset(runs: Runs) -> None:
    some = [
        compare(published(), runs(ours, ours)) for ours in (91.2, 91.4, 95.0)
    ] + [
        compare(published(dataset="mnist", data="unchanged"), runs(90.0, dataset="mnist")),
        compare(published(statistic="validation"), runs(50.0)),
    ]  # fmt: skip
    (section,) = sections(some)
    assert section.summary({"mnist": "MNIST"}) == (
        "Median difference, ours less theirs: +0.40 on fashion (3 values) and "
        "\N{MINUS SIGN}1.00 on MNIST (1 value)."
    )
    assert sections(some[-1:])[0].summary({}) == ""


def test_a_known_cause_takes_the_place_of_unexplained(runs: Runs) -> None:
    cause = Cause(selections=("gone", "net[C=9]"), dataset="fashion", text="gamma was auto then")
    far = runs(80.0, 80.0, C=9.0)
    result = published(selection="net/big")
    assert compare(result, far, cause).reasons == ("gamma was auto then",)
    elsewhere = cause.model_copy(update={"dataset": "mnist"})
    assert compare(result, far, elsewhere).reasons == (UNEXPLAINED,)


def test_a_value_known_to_be_wrong_gives_way_to_the_better_one(runs: Runs) -> None:
    better = Correction(accuracy_percent=87.9, statistic="test_mean", runs=30,
                        deviation_points=0.25, evidence="the log")  # fmt: skip
    wrong = published(statistic="test_best_run", accuracy_percent=88.3, corrected=better)
    row = compare(wrong, runs(87.8, 88.0))
    assert (row.verdict, row.difference_points) == ("reproduced", 0.0)
    assert row.reasons == ("compared with 87.9 instead of the printed 88.3: the log",)
    as_printed = compare(wrong.model_copy(update={"corrected": None}), runs(87.8, 88.0))
    assert as_printed.verdict == "not comparable"


@pytest.mark.parametrize("selection", ["", "unknown", "net/small", "net[D=1]"])
def test_without_a_model_the_row_stays(runs: Runs, selection: str) -> None:
    row = compare(published(selection=selection), runs(91.0))
    assert (row.verdict, row.ours, row.label) == ("no model", None, "")


def test_without_records_the_row_stays(runs: Runs) -> None:
    assert compare(published(), []).verdict == "not run yet"
    for others in (runs(91.0, C=9.0), runs(91.0, dataset="mnist"), runs(91.0, model="rule")):
        row = compare(published(), others)
        assert (row.verdict, row.label) == ("not run yet", "net")


def test_a_value_that_is_not_on_file_leaves_ours_alone(runs: Runs) -> None:
    row = compare(published(accuracy_percent=None), runs(91.0, 91.2))
    assert (row.verdict, ours_value(row), difference(row)) == ("not on file", "91.10 ± 0.14", "–")


def test_failures_are_told(runs: Runs) -> None:
    row = compare(published(), runs(None))
    assert row.verdict == "failed"
    assert row.reasons == ("failed: ValueError: no convergence",)
    assert compare(published(), runs(91.0, None)).reasons == ("1 run failed",)


def test_parameters_decide_whatever_the_run_is_called(runs: Runs) -> None:
    other_backend = runs(91.0, 91.0, C=9.0, extra="0123456789", environment={"backend": "torch"})
    row = compare(published(selection="net[C=9]"), other_backend)
    assert row.verdict == "reproduced"
    assert row.ours is not None
    assert "0123456789" in ours_from(row.ours)
    default = runs(90.9, C=9.0)
    preferred = compare(published(selection="net[C=9]"), [*other_backend, *default])
    assert preferred.ours is not None
    assert preferred.ours.row.runs == 1


@pytest.mark.parametrize(
    ("result", "protocol"),
    [
        ({"train_images": 60_000}, "full"),
        ({"train_images": 48_000}, "holdout"),
        ({"train_images": None}, "holdout"),
        ({"statistic": "fold_mean"}, "kfold"),
    ],
)
def test_the_protocol_nearest_to_the_sources_is_shown(
    runs: Runs, result: dict[str, Any], protocol: str
) -> None:
    everything = [*runs(90.8, protocol="holdout"), *runs(90.9, protocol="full"),
                  *runs(91.0, 91.1, protocol="kfold")]  # fmt: skip
    row = compare(published(**result), everything)
    assert row.ours is not None
    assert row.ours.protocol == protocol
    assert row.verdict == "reproduced"


def test_another_training_set_is_compared_and_said(runs: Runs) -> None:
    row = compare(published(train_images=60_000), runs(91.0))
    assert row.verdict == "reproduced"
    assert row.reasons == ("trained on 48,000 images, there on 60,000",)


def test_runs_with_all_epochs_go_before_shorter_ones(runs: Runs) -> None:
    cut = runs(90.0, 90.0, 90.0, preset_changes={"epochs": 12})
    whole = runs(91.0, preset="paper")
    row = compare(published(), [*cut, *whole])
    assert (row.verdict, row.ours and row.ours.preset) == ("reproduced", "paper")
    row = compare(published(), cut)
    assert (row.verdict, row.reasons) == ("not comparable", ("12 of 80 epochs",))
    assert row.difference_points == -1.0
    assert row.tolerance_points is None


def test_validation_accuracy_is_no_test_accuracy(runs: Runs) -> None:
    row = compare(published(statistic="validation"), runs(91.0))
    assert row.verdict == "not comparable"
    assert "validation" in row.reasons[0]


@pytest.mark.parametrize(("protocol", "tolerance"), [("full", 0.5), ("holdout", 1.0)])
def test_only_full_training_of_a_fixed_model_is_without_deviation(
    runs: Runs, protocol: str, tolerance: float
) -> None:
    result = published(selection="rule", accuracy_percent=51.0)
    row = compare(result, runs(51.0, model="rule", protocol=protocol))
    assert row.tolerance_points is not None
    assert (row.tolerance_points > 0.5) == (tolerance > 0.5)


def test_rows_fall_into_tables_and_content(runs: Runs) -> None:
    results = [published(), published(section="official"), published(selection="")]
    rows = reproduce(results, build_tables(runs(91.2), {}, ()), REGISTRY)
    assert [(s.name, len(s.rows)) for s in sections(rows)] == [
        ("systems", 1), ("official", 1), ("elsewhere", 1),
    ]  # fmt: skip
    content = to_content(rows[0])
    assert content["ours"]["accuracy_percent"] == pytest.approx(91.2)
    assert content["published"]["accuracy_percent"] == 91.0
    assert content["verdict"] == "reproduced"
    assert "ours" not in to_content(rows[2])
