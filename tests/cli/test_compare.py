"""`suite compare` on records with known predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from typer.testing import CliRunner, Result

from suite.cli import app
from suite.data.datasets import load
from suite.data.known import DATASETS
from suite.records.arrays import RunArrays
from suite.records.record import DatasetFacts, Environment, make_record
from suite.records.store import Store, open_store

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


def test_only_common_seeds_count_and_images_are_told(results: Path) -> None:
    done = compare(results, "svm", "knn", "--json")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert (content["first"], content["second"]) == ("svm", "knn")
    (pair,) = content["comparisons"]
    images = len(load("digits").labels("test"))
    assert pair["accuracies"] == pytest.approx([1 - 2 / images, 1 - 8.5 / images])
    assert pair["difference"]["mean"] == pytest.approx(6.5 / images)
    low, high = pair["difference"]["interval_95"]
    assert low < pair["difference"]["mean"] < high
    first, second = pair["seeds"]
    assert (first["seed"], first["only_first"], first["only_second"]) == (0, 8, 0)
    assert (second["seed"], second["only_first"], second["only_second"]) == (1, 6, 1)
    assert second["p_value"] == pytest.approx(binomtest(6, 7).pvalue)
    assert pair["first_alone"] == [6, 7, 8, 9]  # knn is wrong there with both seeds
    assert pair["second_alone"] == []


def test_the_terminal_says_who_is_better_and_how_sure_that_is(results: Path) -> None:
    done = compare(results, "svm", "knn")
    assert done.exit_code == 0, done.output
    for text in ("A svm", "B knn", "protocol holdout, preset standard", "mean of 2 seeds",
                 "seed 0: only A right 8, only B right 0", "such as 6, 7, 8, 9",
                 "bootstrap over seeds"):  # fmt: skip
        assert text in " ".join(done.stdout.split()), text


def test_one_seed_says_that_other_seeds_may_differ(tmp_path: Path) -> None:
    with open_store(tmp_path / "r") as store:
        add(store, "svm", 0, range(2))
        add(store, "knn", 0, range(60))
    done = compare(tmp_path / "r", "svm", "knn")
    assert "A is better" in done.stdout
    assert "One seed" in done.stdout
    content = json.loads(compare(tmp_path / "r", "knn", "svm", "--json").stdout)
    assert "freedom" not in content["comparisons"][0]["difference"]
    assert "B is better" in compare(tmp_path / "r", "knn", "svm").stdout


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
    assert "mean of 1 seed" in done.stdout
