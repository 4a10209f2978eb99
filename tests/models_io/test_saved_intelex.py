"""Models that scikit-learn-intelex trained are stored as scikit-learn's."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from baselines._one_against_one import OneAgainstOne
from suite.data.digits import make_digits
from suite.data.views import to_view
from suite.models_io.files import read, write_checked

pytest.importorskip("sklearnex")


@pytest.mark.parametrize("name", ["svm.SVC", "neighbors.KNeighborsClassifier"])
def test_a_model_of_intelex_is_stored_without_its_native_state(tmp_path, name):
    module, _, kind = name.partition(".")
    model = getattr(import_module(f"sklearnex.{module}"), kind)()
    model = OneAgainstOne(model) if kind == "SVC" else model
    images = make_digits()
    X, X_test = (to_view(images[part, "images"], "flat")[:400] for part in ("train", "test"))
    model.fit(X, images["train", "labels"][:400])
    predictions = model.predict(X_test).astype(np.uint8)
    assert write_checked(model, tmp_path, X_test, predictions, None) == "skops"
    stored = read(tmp_path / "model.skops", "skops")
    stored = stored.estimator if kind == "SVC" else stored
    assert type(stored).__module__.startswith("sklearn.")
    assert type(stored).__name__ == kind
