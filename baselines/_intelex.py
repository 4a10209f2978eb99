"""Estimators of scikit-learn-intelex, where it is installed and gives scikit-learn's model."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def fastest(module: str, name: str) -> Any:
    """An estimator's class: scikit-learn-intelex's, or scikit-learn's where that is not installed.

    For classes that were measured to give the same model (docs/performance.md): `svm.SVC`, but for
    its own predictions (see `OneAgainstOne`), and `neighbors.KNeighborsClassifier`.

    Args:
        module: The module below `sklearn`, such as "svm".
        name: The class in it.
    """
    package = "sklearnex" if find_spec("sklearnex") else "sklearn"
    return getattr(import_module(f"{package}.{module}"), name)
