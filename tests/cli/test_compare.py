"""`suite compare` on records with known predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from typer.testing import CliRunner, Result

from reports.rows import Row
from reports.site import summarise
from suite.cli import app
from suite.data.datasets import load
from suite.data.known import DATASETS
from suite.records.arrays import RunArrays
from suite.records.record import DatasetFacts, Environment, make_record
from suite.records.store import Store, open_store, scan

# Test images that a run has wrong, by model and seed.
WRONG = {
    ("knn", 0): range(10),
    ("knn", 1): range(5, 12),
    ("svm", 0): range(3, 5),
    ("svm", 1): range(4, 6),
    ("svm", 2): range(300),
}


def add(store: Store, model: str, seed: int, wrong: range, **changes: Any) -> Path:
    predictions = np.array(load("digits").labels("test"))
    predictions[list(wrong)] = (predictions[list(wrong)] + 1) % 10
    arrays = RunArrays(predictions=predictions)
    content: dict[str, Any] = {
        "model": model, "parameters": {}, "source_hash": "a" * 64, "protocol": "holdout",
        "preset": "standard", "split_hash": "b" * 64, "train_images": 1_150, "seed": seed,
        "threads": 1, "status": "ok", "fit_cpu_seconds": 1.5,
        "dataset": DatasetFacts(name="digits", sums=DATASETS["digits"].sums),
        "environment": Environment(processor="Any", cores=1, memory_mib=1, system="any",
                                   python="3", packages={}),
        "started_at": "2026-05-01T12:00:00Z", "arrays_sha256": arrays.sha256(),
    } | changes  # fmt: skip
    return store.add(make_record(**content), arrays)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    with open_store(tmp_path / "results") as store:
        for (model, seed), wrong in WRONG.items():
            add(store, model, seed, wrong)
    return tmp_path / "results"


def compare(results: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["compare", *arguments, "--results", str(results)])


def column(results: Path) -> dict[str, Row]:
    """The leaderboard's rows of the same records."""
    rows = summarise(scan(results)).tables[0].rows
    return {row.model: row for row in rows}


def test_the_figures_are_those_of_the_leaderboard(results: Path) -> None:
    done = compare(results, "svm", "knn", "--json")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert (content["first"], content["second"]) == ("svm", "knn")
    (pair,) = content["comparisons"]
    rows = column(results)
    for told, model in zip(pair["rows"], ("svm", "knn"), strict=True):
        row = rows[model]
        assert told["accuracy_mean"] == row.accuracy_mean
        assert (told["rank"], told["tie_group"]) == (row.rank, row.tie_group)
        assert told["seeds"] == list(row.seeds)
    mean = pair["difference"]["mean"]
    assert mean == pytest.approx(pair["rows"][0]["accuracy_mean"]
                                 - pair["rows"][1]["accuracy_mean"])  # fmt: skip
    low, high = pair["difference"]["interval_95"]
    assert low < mean < high
    assert pair["difference"]["p_corrected"] >= pair["difference"]["p_value"]


def test_runs_are_set_side_by_side_on_the_seeds_that_both_have(results: Path) -> None:
    (pair,) = json.loads(compare(results, "svm", "knn", "--json").stdout)["comparisons"]
    first, second = pair["common_seeds"]
    assert (first["seed"], first["only_first"], first["only_second"]) == (0, 8, 0)
    assert (second["seed"], second["only_first"], second["only_second"]) == (1, 6, 1)
    assert second["p_value"] == pytest.approx(binomtest(6, 7).pvalue)
    # With every seed of its own, the third of svm's among them, which has the first 300 wrong.
    assert pair["first_alone"] == pair["second_alone"] == []


def test_other_models_count_in_what_is_known_of_seeds(tmp_path: Path) -> None:
    found = []
    for others in ((), ((0, range(40)), (1, range(45, 130)))):
        with open_store(tmp_path / str(len(others))) as store:
            add(store, "svm", 0, range(2))
            add(store, "knn", 0, range(2, 30))
            for seed, wrong in others:
                add(store, "logistic_regression", seed, wrong)
        results = tmp_path / str(len(others))
        (pair,) = json.loads(compare(results, "svm", "knn", "--json").stdout)["comparisons"]
        found.append(pair)
    alone, among = found
    assert "images alone" in alone["method"]
    assert "freedom" not in alone["difference"]
    assert alone["verdict"] == "A is better"
    assert "stands in" in among["method"]
    assert among["difference"]["p_value"] > alone["difference"]["p_value"]


def test_models_without_a_common_seed_are_compared_by_their_means(tmp_path: Path) -> None:
    with open_store(tmp_path / "r") as store:
        add(store, "svm", 0, range(2))
        add(store, "knn", 1, range(200))
    done = compare(tmp_path / "r", "svm", "knn")
    assert "A is better" in done.stdout
    assert "No seed that both have" in done.stdout
    assert "198 test images only A gets right" in done.stdout


def test_the_terminal_says_who_is_better_and_how_sure_that_is(results: Path) -> None:
    done = compare(results, "knn", "svm")
    assert done.exit_code == 0, done.output
    for text in ("A knn", "B svm", "protocol holdout, preset standard", "A rank 1 a, 97.64 ± 0.59",
                 "mean of 2 seeds", "B rank 2 a", "mean of 3 seeds", "corrected for all pairs",
                 "seed 0: only A right 0, only B right 8", "bootstrap over seeds"):  # fmt: skip
        assert text in " ".join(done.stdout.split()), text


def test_a_pair_that_only_the_correction_leaves_tied_is_not_called_better(tmp_path: Path) -> None:
    with open_store(tmp_path / "r") as store:
        for place, model in enumerate(("svm", "knn", "mlp", "sgd", "lightgbm", "xgboost")):
            add(store, model, 0, range(60 * place, 60 * place + 3 + 9 * place))
    done = " ".join(compare(tmp_path / "r", "svm", "knn").stdout.split())
    assert "A is ahead, but the leaderboard can't tell the two apart" in done
    assert "for all its 15 pairs" in done
    assert "B is ahead" in compare(tmp_path / "r", "knn", "svm").stdout
    assert column(tmp_path / "r")["svm"].tie_group == column(tmp_path / "r")["knn"].tie_group


def test_a_publishable_preset_comes_first_and_another_can_be_asked_for(tmp_path: Path) -> None:
    with open_store(tmp_path / "r") as store:
        for model in ("svm", "knn"):
            add(store, model, 0, range(1))
            for seed in (0, 1, 2):
                add(store, model, seed, range(1), preset="quick")
            add(store, model, 0, range(1), preset="of_another_version")
    assert "preset standard" in compare(tmp_path / "r", "svm", "knn").stdout
    asked = compare(tmp_path / "r", "svm", "knn", "--preset", "quick").stdout
    assert "preset quick" in asked
    assert "can't be told apart" in asked


def test_runs_on_all_images_come_before_those_on_fewer(tmp_path: Path) -> None:
    with open_store(tmp_path / "r") as store:
        for model in ("svm", "knn"):
            add(store, model, 0, range(1), preset="quick")
            for seed in (0, 1, 2):
                add(store, model, seed, range(1), preset="standard-n600", train_images=600)
    assert "preset quick" in compare(tmp_path / "r", "svm", "knn").stdout
    asked = compare(tmp_path / "r", "svm", "knn", "--preset", "standard-n600").stdout
    assert "preset standard-n600" in asked
    assert "mean of 3 seeds" in asked


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("svm", "svm"), "given twice"),
        (("svm", "nearest_centroid"), "there are: svm holdout-standard"),
        (("svm", "knn", "--preset", "paper"), "under paper"),
        (("svm", "knn", "--preset", "papr"), "Did you mean paper?"),
        (("svm", "knn", "--protocol", "kfold"), "folds"),
        (("svm", "kn"), "unknown model 'kn'"),
        (("svm[C=[1,2]]", "knn"), "means 2 models"),
    ],
)
def test_what_cannot_be_compared_is_told(results: Path, arguments: Any, told: str) -> None:
    done = compare(results, *arguments)
    assert done.exception is not None
    assert told in str(done.exception)


def test_a_damaged_record_is_named_and_gives_status_1(results: Path) -> None:
    path = results / "digits/holdout-standard/svm/seed-1.json"
    path.write_text(path.read_text().replace("1150", "1151"))
    done = compare(results, "svm", "knn")
    assert done.exit_code == 1
    assert str(path) in done.stderr
    assert "mean of 2 seeds" in done.stdout
