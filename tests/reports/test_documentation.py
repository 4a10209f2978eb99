"""What a plugin's file tells of its model without being run."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.documentation import Described, described
from suite.registry import discover


@pytest.mark.parametrize(
    ("model", "name", "url"),
    [
        ("svm", "sklearn.svm.SVC",
         "https://scikit-learn.org/stable/modules/generated/sklearn.svm.SVC.html"),
        ("random_forest", "sklearn.ensemble.RandomForestClassifier",
         "https://scikit-learn.org/stable/modules/generated/"
         "sklearn.ensemble.RandomForestClassifier.html"),
        ("xgboost", "xgboost.XGBClassifier",
         "https://xgboost.readthedocs.io/en/stable/python/python_api.html#xgboost.XGBClassifier"),
        ("lightgbm", "lightgbm.LGBMClassifier",
         "https://lightgbm.readthedocs.io/en/stable/pythonapi/lightgbm.LGBMClassifier.html"),
    ],
)  # fmt: skip
def test_the_class_that_a_plugin_builds_is_found(model: str, name: str, url: str) -> None:
    (one,) = described(discover().models[model].path).classes
    assert (one.name, one.url) == (name, url)


def test_every_classic_model_has_its_library_s_page_and_a_summary() -> None:
    models = discover().models.values()
    found = {m.name: described(m.path) for m in models if m.path.parent.name == "baselines"}
    assert len(found) > 10
    assert [name for name, one in found.items() if not one.classes or not one.summary] == []


def test_networks_have_a_summary_and_no_page_of_parameters() -> None:
    found = described(discover().models["cmasch"].path)
    assert found.summary.startswith("The network of cmasch")
    assert found.classes == ()


@pytest.mark.parametrize("text", [None, "def (", "\x00", "from . import X\nimport sklearn.svm"])
def test_files_that_tell_nothing_are_no_error(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    if text is not None:
        path.write_text(text)
    assert described(path) == Described()


def test_helpers_functions_and_scalers_are_no_models(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "from elsewhere import Model\n"
        "fastest('svm')\nfastest(1, 2)\nother('svm', 'SVC')\n"
    )
    assert described(path).classes == ()
