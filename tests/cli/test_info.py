from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from suite.cli.info import info
from suite.errors import PluginError, UsageError
from suite.registry import discover

PLUGIN = '''
from suite.contract import Plugin, Published, Source


def build(*, seed, threads, C, kernel):
    """A classifier.

    Params:
        C: Strength.
    """


def parameters(fitted):
    """Support vectors [all of them], dual coefficients and intercepts."""
    return 1


PLUGIN = Plugin(
    title="RBF [SVM]", family="own", view="flat", build=build,
    params={"C": 10.0, "kernel": "rbf"}, variants={"poly": {"kernel": "poly"}},
    presets={"quick": {"C": 1.0}}, parameters=parameters, uses_validation=True, random=False,
    cost_hint=lambda images, params: images / 1000 * params["C"],
    requires=("sklearn.svm", "no_such_library"),
    source=Source(name="Someone", url="https://example.org/model", published=(
        Published(dataset="fashion", accuracy=0.897, variant="poly", note="other split"),
    ), changed="The labels are not shuffled. " * 8),
)
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my-svm.py"
    path.write_text(PLUGIN)
    return path


def invoke(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(info)
    return CliRunner().invoke(app, list(arguments))


def test_json_has_every_field(file: Path) -> None:
    facts = json.loads(invoke(str(file), "--json").stdout)
    assert facts.pop("path") == str(file.resolve())
    assert len(facts.pop("source_hash")) == 64
    assert facts.pop("source") == {
        "name": "Someone",
        "url": "https://example.org/model",
        "published": [
            {"dataset": "fashion", "accuracy": 0.897, "variant": "poly", "note": "other split"}
        ],
        "changed": "The labels are not shuffled. " * 8,
    }
    (published,) = facts.pop("published")
    assert (published["model"], published["accuracy_percent"]) == ("my_svm/poly", 89.7)
    assert facts == {
        "name": "my_svm",
        "title": "RBF [SVM]",
        "family": "own",
        "view": "flat",
        "params": {"C": 10.0, "kernel": "rbf"},
        "meanings": {"C": "Strength."},
        "variants": {"poly": {"kernel": "poly"}},
        "presets": {"quick": {"C": 1.0}},
        "parameters": "Support vectors [all of them], dual coefficients and intercepts.",
        "uses_validation": True,
        "random": False,
        "cost_seconds": 600.0,
        "requires": ["sklearn.svm", "no_such_library"],
        "installed": False,
        "missing": ["no_such_library"],
        "install": "pip install no_such_library",
    }


@pytest.mark.parametrize("width", [60, 160])
def test_the_text_is_readable_at_any_width(
    file: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = invoke(str(file)).stdout.splitlines()
    text = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= width
    for words in (
        "my_svm: RBF [SVM]", "(n, 784)", "C = 10.0 (Strength.) kernel = rbf", "poly: kernel = poly",
        "quick: C = 1.0", "Support vectors [all of them], dual", "used while training",
        "every seed gives the same", "about 600 processor seconds", "pip install no_such_library",
        "https://example.org/model", "my_svm/poly on fashion: 89.7 %, test accuracy", "other split",
    ):  # fmt: skip
        assert words in text


def test_published_values_on_file_are_shown() -> None:
    text = " ".join(invoke("machine_learning_mastery").stdout.split())
    assert "machine_learning_mastery/same_padding on fashion: 91.257 ± 0.23 %" in text
    facts = json.loads(invoke("xgboost", "--json").stdout)
    assert 96.81 in [p.get("corrected", {}).get("accuracy_percent") for p in facts["published"]]


def test_a_cost_that_can_not_be_told(file: Path) -> None:
    file.write_text(PLUGIN.replace('params["C"]', 'params["D"]'))
    assert "cost unknown" in " ".join(invoke(str(file)).stdout.split())


@pytest.mark.parametrize("name", list(discover().models))
def test_every_model_can_be_shown(name: str) -> None:
    assert f"{name}: " in invoke(name).stdout
    assert json.loads(invoke(name, "--json").stdout)["name"] == name


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("no-such-model", "unknown model"),
        ("a,b", "expected one model, got 2"),
        ("a[", "expected"),
        ("svm/nosuch", "expected its name alone"),
        ("svm[C=2]", "expected its name alone"),
    ],
)
def test_mistakes(argument: str, message: str) -> None:
    error = invoke(argument).exception
    assert isinstance(error, UsageError)
    assert message in str(error)


def test_a_broken_file(file: Path) -> None:
    file.write_text("\n1 / 0\n")
    error = invoke(str(file)).exception
    assert isinstance(error, PluginError)
    assert "my-svm.py:2: ZeroDivisionError" in str(error)
