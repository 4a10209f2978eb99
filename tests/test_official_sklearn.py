"""The sweep of the paper's scikit-learn benchmark has each of its rows, with its settings."""

from __future__ import annotations

import csv
import re
from typing import Any

import pytest
from typer.testing import CliRunner

from suite.cli import app
from suite.config import read_config
from suite.protocol.rules import PRESETS, preset_changes
from suite.selection import Selection, select_models
from suite.source_hash import PROJECT_ROOT

SWEEP = PROJECT_ROOT / "configs" / "official_sklearn.toml"
REFERENCE = PROJECT_ROOT / "reports" / "reference" / "official_sklearn_benchmark.csv"
# Rows of Table 3 by classifier: 126 in all.
ROWS = {
    "DecisionTreeClassifier": 12, "ExtraTreeClassifier": 12, "GaussianNB": 1,
    "GradientBoostingClassifier": 7, "KNeighborsClassifier": 12, "LinearSVC": 18,
    "LogisticRegression": 5, "MLPClassifier": 8, "PassiveAggressiveClassifier": 3,
    "Perceptron": 3, "RandomForestClassifier": 18, "SGDClassifier": 15, "SVC": 12,
}  # fmt: skip
MODELS = {
    "DecisionTreeClassifier": "decision_tree", "ExtraTreeClassifier": "extra_tree",
    "GaussianNB": "gaussian_nb", "GradientBoostingClassifier": "gradient_boosting",
    "KNeighborsClassifier": "knn", "LinearSVC": "linear_svm",
    "LogisticRegression": "logistic_regression", "MLPClassifier": "mlp",
    "PassiveAggressiveClassifier": "passive_aggressive", "Perceptron": "perceptron",
    "RandomForestClassifier": "random_forest", "SGDClassifier": "sgd", "SVC": "svm",
}  # fmt: skip
# What scikit-learn 0.19 did where the paper prints nothing, and today's defaults differ from it.
UNPRINTED = {
    "gaussian_nb": {"var_smoothing": 1e-9},
    "gradient_boosting": {"max_features": None, "learning_rate": 0.1},
    "linear_svm": {"dual": True, "max_iter": 1000},
    "logistic_regression": {"solver": "liblinear", "max_iter": 100, "tol": 1e-4},
    "mlp": {"n_iter_no_change": 2, "epochs": 200},
    "passive_aggressive": {"epochs": 5},
    "perceptron": {"epochs": 5, "alpha": 1e-4, "l1_ratio": 0.0},
    "sgd": {"epochs": 5, "alpha": 1e-4},
    "svm": {"gamma": "auto"},
}


def rows() -> list[dict[str, str]]:
    with REFERENCE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def settings(row: dict[str, str]) -> dict[str, Any]:
    """The settings that the paper prints, by the names and in the terms of the plugins."""
    printed = dict(re.findall(r"(\w+)=(\[.*?\]|[^,]+)", row["parameters"]))
    values: dict[str, Any] = {}
    for name, text in printed.items():
        numbers = [float(number) for number in re.findall(r"[\d.]+", text)]
        if name == "priors":
            values["uniform_priors"] = numbers == [0.1] * 10
        elif name == "loss" and text in {"log", "deviance"}:
            values |= {"loss": "log_loss"} if row["classifier"] == "SGDClassifier" else {}
        elif row["classifier"] == "LogisticRegression" and name in {"penalty", "multi_class"}:
            values |= {"l1_ratio": float(text == "l1")} if name == "penalty" else {}
        else:
            values[name] = numbers if text.startswith("[") else text
    return {name: _number(value) for name, value in values.items()}


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, str) and re.fullmatch(r"[\d.]+", value) else value


def identities(selections: tuple[Selection, ...]) -> list[tuple[str, str]]:
    return [(selection.model.name, selection.variant) for selection in selections]


@pytest.fixture(scope="module")
def swept() -> tuple[Selection, ...]:
    return select_models(read_config(SWEEP).models)[1]


@pytest.fixture(scope="module")
def referred() -> list[Selection]:
    """What each row of the reference selects, in its order."""
    found = [select_models([row["selection"]])[1] for row in rows()]
    assert {len(selections) for selections in found} == {1}
    return [selections[0] for selections in found]


def test_the_reference_has_every_row_once() -> None:
    counts = {name: sum(row["classifier"] == name for row in rows()) for name in ROWS}
    assert counts == ROWS
    assert len({(row["classifier"], row["parameters"]) for row in rows()}) == 126


def test_the_sweep_selects_what_the_reference_names(
    swept: tuple[Selection, ...], referred: list[Selection]
) -> None:
    assert len(set(identities(swept))) == len(swept) == 126
    assert len(set(identities(tuple(referred)))) == 126
    assert set(identities(swept)) == set(identities(tuple(referred)))


def test_each_row_has_the_settings_of_the_paper(referred: list[Selection]) -> None:
    for row, selection in zip(rows(), referred, strict=True):
        expected = settings(row)
        assert selection.model.name == MODELS[row["classifier"]]
        assert {name: selection.params[name] for name in expected} == expected, row


def test_each_row_has_the_settings_that_the_paper_leaves_to_its_library(
    referred: list[Selection],
) -> None:
    for selection in referred:
        expected = {"scaling": "standard", **UNPRINTED.get(selection.model.name, {})}
        assert {name: selection.params[name] for name in expected} == expected, selection.label


def test_the_preset_limits_nothing(swept: tuple[Selection, ...]) -> None:
    preset = PRESETS[read_config(SWEEP).preset or ""]
    assert preset.max_images is None
    for selection in swept:
        assert not preset_changes(selection.params, preset, selection.model.plugin.presets)


def test_accuracies_are_percentages_of_both_datasets_or_absent() -> None:
    on_file = 0
    for row in rows():
        fashion, mnist = row["fashion_accuracy_percent"], row["mnist_accuracy_percent"]
        assert bool(fashion) == bool(mnist)
        if fashion:
            on_file += 1
            assert 40 < float(fashion) < 90
            assert 50 < float(mnist) < 98
    assert on_file == 94


def dry_run(datasets: str, folder: str) -> str:
    arguments = ["--config", str(SWEEP), "--datasets", datasets, "--seeds", "1", "--dry-run"]
    done = CliRunner().invoke(app, ["run", *arguments, "--results", folder])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_seed_of_the_sweep_is_126_runs_a_dataset(tmp_path) -> None:
    assert "126 runs to do (full, paper)" in dry_run("digits", str(tmp_path))


@pytest.mark.real_data
def test_a_seed_of_the_sweep_is_252_runs(tmp_path) -> None:
    assert "252 runs to do (full, paper)" in dry_run("fashion,mnist", str(tmp_path))
