"""Standardises the pixels for any classic model: mean 0 and variance 1 over the training images."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import Images, Labels


class Standardised:
    """A classifier that gets pixels standardised by the training images, in float64.

    Attributes:
        model: The classifier.
        scaler: scikit-learn's `StandardScaler`. A pixel that never varies stays as it is.
        engine: The library that trains.
    """

    def __init__(self, model: Any) -> None:
        """Wrap an unfitted classifier."""
        from sklearn.preprocessing import StandardScaler

        self.model = model
        self.scaler = StandardScaler(copy=False)
        self.engine = getattr(model, "engine", type(model).__module__.partition(".")[0])

    @property
    def scaling_numbers(self) -> int:
        """Numbers in the fitted scaler: a mean and a deviation for each pixel."""
        return int(self.scaler.mean_.size + self.scaler.scale_.size)

    def fit(self, X: Images, y: Labels) -> Standardised:
        """Fit scaler and classifier to X, float32 (n, 784), and y, uint8 (n,)."""
        self.model.fit(self.scaler.fit_transform(_wide(X)), y)
        return self

    def predict(self, X: Images) -> NDArray[np.integer[Any]]:
        """The class of each image of X, float32 (n, 784): integers, (n,)."""
        classes: NDArray[np.integer[Any]] = self.model.predict(self.scaler.transform(_wide(X)))
        return classes


class StandardisedWithProbabilities(Standardised):
    """A `Standardised` that offers the classifier's probabilities."""

    def predict_proba(self, X: Images) -> NDArray[np.floating[Any]]:
        """The probability of each class for each image of X, float32 (n, 784): floats, (n, 10)."""
        standardised = self.scaler.transform(_wide(X))
        probabilities: NDArray[np.floating[Any]] = self.model.predict_proba(standardised)
        return probabilities


def scaled(model: Any, scaling: str) -> Any:
    """A classifier that gets its pixels scaled.

    Args:
        model: The unfitted classifier.
        scaling: "none" for pixels in [0, 1] as they come, "standard" for mean 0 and variance 1.

    Returns:
        The model itself, or one around it.

    Raises:
        ValueError: Another scaling is asked for.
    """
    if scaling == "none":
        return model
    if scaling == "standard":
        offers = hasattr(model, "predict_proba")
        return StandardisedWithProbabilities(model) if offers else Standardised(model)
    raise ValueError(f"scaling is {scaling!r}, expected none or standard")


def counting_scaling(count: Callable[[Any], int]) -> Callable[[Any], int]:
    """A plugin's `parameters` for models that may be `Standardised`.

    Args:
        count: Counts the numbers in the model itself.

    Returns:
        The function that adds those of the scaler, which its docstring says.
    """

    @wraps(count)
    def parameters(fitted: Any) -> int:
        if isinstance(fitted, Standardised):
            return count(fitted.model) + fitted.scaling_numbers
        return count(fitted)

    also = "With standard scaling also a mean and a deviation for each pixel."
    parameters.__doc__ = f"{(count.__doc__ or '').rstrip()} {also}"
    return parameters


def _wide(X: Images) -> NDArray[np.float64]:
    """A copy in float64, which the scaler may overwrite."""
    import numpy as np

    return np.array(X, dtype=np.float64)
