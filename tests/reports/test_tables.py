from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from reports.captions import facts, warning
from reports.rows import Description
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.errors import UsageError
from suite.protocol.rules import DEFAULT_PRESET, DEFAULT_PROTOCOL
from suite.stats.scoring import Scored
from suite.sweep import Settings

MakeScored = Callable[..., Scored]
ORDER = tuple(DATASETS)
TITLES = {name: info.title for name, info in DATASETS.items()}


def test_a_line_a_model_with_its_datasets_side_by_side(
    sweep: list[Scored], descriptions: Mapping[tuple[str, str], Description]
) -> None:
    (table,) = build_tables(sweep, descriptions, ORDER)
    assert table.datasets == ("fashion", "mnist")
    models = [(line.first.model, line.first.variant) for line in table.lines]
    assert sorted(models) == sorted(descriptions)
    svm = next(line for line in table.lines if line.first.label == "svm")
    assert set(svm.rows) == {"fashion", "mnist"}
    assert svm.costs is svm.rows["fashion"]


def test_lines_are_ordered_by_rank_on_the_first_dataset(sweep: list[Scored]) -> None:
    (table,) = build_tables(sweep, {}, ORDER)
    ranks = [line.rows["fashion"].rank for line in table.lines]
    done = [rank for rank in ranks if rank is not None]
    assert done == sorted(done)
    assert ranks[len(done) :] == [None]


def test_without_fashion_the_first_dataset_there_is_orders(scored: MakeScored) -> None:
    runs = [scored(0.8, model="a", dataset="mnist"), scored(0.9, model="b", dataset="mnist"),
            scored(0.99, model="a", dataset="digits")]  # fmt: skip
    (table,) = build_tables(runs, {}, ORDER)
    assert table.datasets == ("mnist", "digits")
    assert [line.first.model for line in table.lines] == ["b", "a"]


def test_an_unknown_dataset_comes_last(scored: MakeScored) -> None:
    runs = [scored(None, dataset="asl"), scored(0.9, dataset="digits")]
    (table,) = build_tables(runs, {}, ORDER)
    assert table.datasets == ("digits", "asl")


def test_costs_come_from_the_next_dataset_where_the_first_failed(scored: MakeScored) -> None:
    runs = [scored(None, dataset="fashion"), scored(0.9, dataset="mnist")]
    (table,) = build_tables(runs, {}, ORDER)
    (line,) = table.lines
    assert line.costs is line.rows["mnist"]


def test_presets_and_protocols_are_never_mixed(scored: MakeScored) -> None:
    runs = [
        scored(0.5, preset="smoke"), scored(0.8, preset="quick"),
        scored(0.9, preset="standard"), scored(0.91, preset="standard", protocol="full"),
    ]  # fmt: skip
    tables = build_tables(runs, {}, ORDER)
    assert len(tables) == 4
    for table in tables:
        (row,) = table.rows
        assert row.runs == 1
        assert row.rank == 1


def test_publishable_tables_come_first_then_the_largest(scored: MakeScored) -> None:
    runs = [scored(0.5, preset="smoke", seed=seed) for seed in range(3)]
    runs += [scored(0.8, preset="quick", seed=seed) for seed in range(5)]
    runs += [scored(0.9, preset="paper")]
    assert [t.preset for t in build_tables(runs, {}, ORDER)] == ["paper", "quick", "smoke"]


def test_training_sizes_are_never_mixed_and_come_last(scored: MakeScored) -> None:
    runs = [scored(0.9), scored(0.4, preset="smoke")]
    for size, seeds in ((600, 3), (6_000, 1)):
        runs += [scored(0.7, preset=f"standard-n{size}", train_images=size, seed=seed)
                 for seed in range(seeds)]  # fmt: skip
    tables = build_tables(runs, {}, ORDER)
    names = ["standard", "smoke", "standard-n6000", "standard-n600"]
    assert [table.preset for table in tables] == names
    assert [table.size for table in tables] == [None, None, 6_000, 600]
    assert [table.publishable for table in tables] == [True, False, False, False]
    assert [row.runs for table in tables for row in table.rows] == [1, 1, 1, 3]
    assert build_tables(runs, {}, ORDER, preset="standard")[0].preset == "standard"
    assert build_tables(runs, {}, ORDER, preset="standard-n600")[0].preset == "standard-n600"


def test_captions_tell_the_training_size(scored: MakeScored) -> None:
    run = scored(0.7, preset="standard-n600", train_images=600)
    (table,) = build_tables([run], {}, ORDER)
    said = {fact.subject: fact.text for fact in facts(table, TITLES)}
    assert said["Preset"].startswith("standard-n600: at most 600 training images, at most 12")
    banner = warning(table) or ""
    assert banner.startswith("Not publishable: trained on 600 images")
    assert "without --train-sizes" in banner


def test_the_default_protocol_and_preset_come_first_once_most_models_have_them(
    scored: MakeScored,
) -> None:
    grid = [
        scored(0.9, model=model, variant=f"v{number}", protocol="full", preset="paper")
        for model in ("knn", "mlp", "svm")
        for number in range(4)
    ]
    default = [scored(0.9, model="knn")]
    assert build_tables(grid + default, {}, ORDER)[0].protocol == "full"
    default.append(scored(0.9, model="svm"))
    tables = build_tables(grid + default, {}, ORDER)
    assert (tables[0].protocol, tables[0].preset) == (DEFAULT_PROTOCOL, DEFAULT_PRESET)
    assert build_tables(grid + default, {}, ORDER, preset="paper")[0].protocol == "full"


def test_the_default_table_is_what_a_sweep_makes_unless_told_otherwise() -> None:
    assert (Settings().protocol, Settings().preset) == (DEFAULT_PROTOCOL, DEFAULT_PRESET)


def test_what_is_asked_for_comes_first(scored: MakeScored) -> None:
    runs = [scored(0.5, preset="smoke"), scored(0.9), scored(0.9, protocol="full", preset="smoke")]
    tables = build_tables(runs, {}, ORDER, protocol="full")
    assert (tables[0].protocol, len(tables)) == ("full", 3)
    assert build_tables(runs, {}, ORDER, preset="smoke")[0].preset == "smoke"
    tables = build_tables(runs, {}, ORDER, protocol="full", preset="smoke")
    assert (tables[0].protocol, tables[0].preset) == ("full", "smoke")


def test_asking_for_what_is_not_there_names_what_is(scored: MakeScored) -> None:
    with pytest.raises(UsageError, match=r"preset paper.*There are: holdout-standard\."):
        build_tables([scored(0.9)], {}, ORDER, preset="paper")


def test_folds_are_labelled_so(scored: MakeScored) -> None:
    runs = [scored(0.9, 12_000, protocol="kfold", fold=fold) for fold in range(5)]
    (table,) = build_tables(runs, {}, ORDER)
    text = facts(table, TITLES)[0].text
    assert "over 5 folds of 1 seed" in text
    assert "training images, each scored in its fold (60,000 of Fashion-MNIST)" in text


def test_captions_say_what_everything_is(scored: MakeScored) -> None:
    runs = [scored(0.9, seed=0), scored(0.9, seed=1), scored(0.9, model="knn"),
            scored(0.8, model="mlp", threads=2, started_at="2026-06-02T08:00:00Z"),
            scored(None, model="gone")]  # fmt: skip
    (table,) = build_tables(runs, {}, ORDER)
    said = {fact.subject: fact.text for fact in facts(table, TITLES)}
    assert "sample standard deviation (divisor n − 1) over 1 to 2 seeds" in said["Accuracy"]
    assert "official test images (10,000 of Fashion-MNIST)" in said["Accuracy"]
    assert said["Protocol"].startswith("holdout: trained on a stratified 80 %")
    assert "at most 12 epochs; publishable" in said["Preset"]
    assert said["Machine"].startswith("AMD EPYC 9B14, 1 thread. †")
    assert "AMD EPYC 9B14, 2 threads" in said["Machine"]
    assert "commit " in said["Software"]
    assert "train-images-idx3-ubyte c59f468a" in said["Data"]
    assert said["Records"] == "5 runs of 2026-05-01 to 2026-06-02, 1 failed."
    assert warning(table) is None


def test_a_version_is_named_once_with_its_commits(scored: MakeScored) -> None:
    runs = [
        scored(0.9, seed=seed, environment={
            "git_commit": letter * 40, "packages": {"fashion-mnist-suite": version},
        })
        for seed, (letter, version) in enumerate([("b", "1.0"), ("a", "1.0"), ("c", "1.1")])
    ]  # fmt: skip
    (table,) = build_tables(runs, {}, ORDER)
    said = {fact.subject: fact.text for fact in facts(table, TITLES)}
    assert said["Software"] == (
        "Suite at version 1.0, commits aaaaaaaaaa and bbbbbbbbbb; version 1.1, commit cccccccccc."
    )


def test_uncommitted_changes_are_told(scored: MakeScored) -> None:
    (table,) = build_tables([scored(0.9, environment={"git_dirty": True})], {}, ORDER)
    said = {fact.subject: fact.text for fact in facts(table, TITLES)}
    assert "with uncommitted changes" in said["Software"]


@pytest.mark.parametrize("preset", ["smoke", "quick"])
def test_short_presets_are_not_publishable(scored: MakeScored, preset: str) -> None:
    (table,) = build_tables([scored(0.9, preset=preset, train_images=6_000)], {}, ORDER)
    banner = warning(table)
    assert banner is not None
    assert banner.startswith("Not publishable: trained on 6,000 images")


def test_a_table_of_failures_alone_has_captions_too(scored: MakeScored) -> None:
    (table,) = build_tables([scored(None, preset="tiny", protocol="loo")], {}, ORDER)
    assert "No run gave a result" in facts(table, TITLES)[0].text
    assert "unknown" in (warning(table) or "")
