"""How many numbers a fitted model has, as far as its library tells, whatever the plugin says."""

from __future__ import annotations

import math
import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Attributes of fitted estimators of scikit-learn that hold what they predict with.
_ARRAYS = (
    ("coef_", "intercept_"),
    ("coefs_", "intercepts_"),
    ("support_vectors_", "dual_coef_", "intercept_"),
    ("theta_", "var_", "class_prior_"),
    ("_fit_X", "_y"),
    ("centroids_",),
)
# Where a wrapper keeps the model that it wraps.
_INSIDE = ("model", "estimator")
_DEEPEST = 5


@dataclass(frozen=True, kw_only=True)
class Known:
    """A count taken from the model's own library.

    Attributes:
        total: Numbers in the model.
        trainable: Those that training changes; None where the library makes no difference.
        exact: Whether it is all of the model; else a wrapper may hold more.
        how: What was counted.
    """

    total: int
    trainable: int | None = None
    exact: bool
    how: str

    @property
    def facts(self) -> dict[str, Any]:
        """As it travels between processes."""
        return dict(vars(self))


def known_count(fitted: Any) -> Known | None:
    """The numbers in a fitted model of Keras or of scikit-learn; None if it can't be told.

    Args:
        fitted: The model, or an object that keeps it in `model` or `estimator`.
    """
    for depth, model in enumerate(_nested(fitted)):
        if _is_keras(model):
            trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
            total = int(model.count_params())
            return Known(
                total=total, trainable=int(trainable), exact=True, how="Model.count_params()"
            )
        known = _arrays_of(model, exact=depth == 0)
        if known:
            return known
    return None


def _nested(fitted: Any) -> Iterator[Any]:
    """The model, and what it wraps from the outside to the inside."""
    for _ in range(_DEEPEST):
        yield fitted
        kept = (getattr(fitted, name, None) for name in _INSIDE)
        fitted = next((inner for inner in kept if inner is not None), None)
        if fitted is None:
            return


def ignores_averages(fitted: Any) -> bool:
    """Whether a Keras optimiser averaged weights (`use_ema`) that the model does not have.

    Args:
        fitted: The model, or an object that keeps it in `model` or `estimator`.
    """
    for model in _nested(fitted):
        optimizer = getattr(model, "optimizer", None) if _is_keras(model) else None
        if optimizer is not None:
            return optimizer.use_ema and optimizer.built and not _are_set(optimizer)
    # With augmentation, `KerasClassifier` compiles another model than the one that it keeps.
    make = getattr(fitted, "_optimizer", None)
    return callable(make) and bool(getattr(make(), "use_ema", False))


def _are_set(optimizer: Any) -> bool:
    """Whether the averages of an optimiser are the weights that it trained."""
    averages = optimizer._model_variables_moving_average
    pairs = zip(optimizer._trainable_variables, averages, strict=True)
    return all(
        bool((weight.numpy() == average.numpy()).all())
        for weight, average in pairs
        if average is not None
    )


def stored_bytes(fitted: Any) -> int | None:
    """Bytes of the pickled model, an upper limit of its numbers; None if it can't be pickled."""
    try:
        return len(pickle.dumps(fitted))
    except Exception:  # whatever the parts of a model make of being pickled
        return None


def _is_keras(model: Any) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(model, keras.Model)


def _arrays_of(model: Any, *, exact: bool) -> Known | None:
    if type(model).__module__.partition(".")[0] not in {"sklearn", "sklearnex", "daal4py"}:
        return None
    for names in reversed(_ARRAYS):
        arrays = [getattr(model, name, None) for name in names]
        if any(array is None for array in arrays):
            continue
        sizes = [_size(array) for array in arrays]
        if None not in sizes:
            total = sum(size for size in sizes if size is not None)
            return Known(total=total, exact=exact, how=" and ".join(names))
    return None


def _size(array: Any) -> int | None:
    if isinstance(array, list):
        return sum(int(getattr(part, "size", 1)) for part in array)
    size = getattr(array, "size", None)
    return size if isinstance(size, int) else None
