"""The formats of XGBoost and LightGBM: numbers only, read by the libraries' own parsers.

These trust their input: of 150 files of each format that were cut short at random, 6 of XGBoost's
(3.2.0) and 128 of LightGBM's (4.7.0) crashed the reader or kept it busy without end. Hence the sum
in the description, and a process of its own (`apart`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLASSES = 10
PIXELS = 784
_LAST_LINE = b"pandas_categorical:null"  # of LightGBM's text; without it, it reads cut files


def write_xgboost(model: Any, path: Path) -> None:
    """Write a fitted `XGBClassifier` as universal binary JSON."""
    model.save_model(path)


def read_xgboost(path: Path) -> Any:
    """Read an `XGBClassifier`.

    Raises:
        ModelError: It is for other images or classes.
    """
    from xgboost import XGBClassifier

    model = XGBClassifier(n_jobs=1)
    model.load_model(path)
    if model.n_classes_ != CLASSES or model.n_features_in_ != PIXELS:
        raise ModelError(f"{path.name}: no model of {CLASSES} classes and {PIXELS} pixels")
    return model


def write_lightgbm(model: Any, path: Path) -> None:
    """Write the booster of a fitted `LGBMClassifier` as text.

    Raises:
        ModelError: The classes are not 0 to 9, which the text does not tell.
    """
    if list(model.classes_) != list(range(CLASSES)):
        raise ModelError("its classes are not 0 to 9, and LightGBM's format has no place for them")
    model.booster_.save_model(path)


class LightGBMModel:
    """A booster read from LightGBM's text."""

    def __init__(self, path: Path) -> None:
        """Load it.

        Raises:
            ModelError: It is for other images or classes.
        """
        if not path.read_bytes().rstrip().endswith(_LAST_LINE):
            raise ModelError(f"{path.name}: cut short, its last line is missing")
        from lightgbm import Booster

        self._booster = Booster(model_file=path)
        if self._booster.num_feature() != PIXELS:
            raise ModelError(f"{path.name}: no model of {PIXELS} pixels")

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.integer[Any]]:
        """The most probable class of each image: integers, (n,)."""
        classes: NDArray[np.integer[Any]] = self.predict_proba(X).argmax(axis=1)
        return classes

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """The probability of each class: float64, (n, 10)."""
        probabilities: NDArray[np.float64] = self._booster.predict(X, num_threads=1)
        return probabilities
