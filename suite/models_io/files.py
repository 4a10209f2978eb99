"""Writes a fitted model in its library's format, and reads one back without executing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.errors import ModelError
from suite.models_io.boosted_file import LightGBMModel, read_xgboost, write_lightgbm, write_xgboost
from suite.models_io.keras_file import KerasModel, write_keras
from suite.models_io.saved import LARGEST_FILE, REQUIRES, SUFFIXES
from suite.models_io.skops_file import TRUSTED, read_skops, write_skops
from suite.registry import install_command, missing_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WRITERS: dict[str, Callable[[Any, Path], None]] = {
    "keras": write_keras,
    "skops": write_skops,
    "xgboost": write_xgboost,
    "lightgbm": write_lightgbm,
}
READERS: dict[str, Callable[[Path], Any]] = {
    "keras": KerasModel,
    "skops": read_skops,
    "xgboost": read_xgboost,
    "lightgbm": LightGBMModel,
}
# Attributes in which a wrapper offers the library's own model.
OFFERED = ("estimator", "model")
# Batches of another size may round the last digits otherwise.
TOLERANCE = 1e-5


def write_checked(
    model: object,
    folder: Path,
    X: NDArray[np.float32],
    predictions: NDArray[np.uint8],
    probabilities: NDArray[np.float32] | None,
) -> str:
    """Write a fitted model and make sure that what was written predicts the same.

    A model of Keras, scikit-learn, XGBoost or LightGBM is written as it is, and so are the suite's
    own wrappers of scikit-learn. Of another wrapper, the model in its attribute `estimator` or
    `model` is, provided that it predicts the same by itself.

    Args:
        model: What `build` returned, fitted.
        folder: Where to write; the file is called `model` with the suffix of its format.
        X: Images in the model's view.
        predictions: What the model predicted for them, uint8 (n,).
        probabilities: Its probabilities, float32 (n, 10), where it has any.

    Returns:
        The format, one of `SUFFIXES`.

    Raises:
        ModelError: It can't be stored so that it can be loaded safely; the message says why.
    """
    reasons = []
    for part, format_ in _storable(model):
        path = folder / f"model{SUFFIXES[format_]}"
        try:
            missing = missing_of(REQUIRES[format_])
            if missing:
                raise ModelError(f"not installed: {install_command(missing)}")
            WRITERS[format_](part, path)
            if path.stat().st_size > LARGEST_FILE:
                raise ModelError(f"its file would have more than {LARGEST_FILE:,} bytes")
            _check_same(read(path, format_), X, predictions, probabilities)
        except Exception as error:  # a plugin's own class may raise anything
            reasons.append(_reason(type(part).__name__, error))
            path.unlink(missing_ok=True)
        else:
            return format_
    raise ModelError("; ".join(reasons) or _no_library(model))


def read(path: Path, format_: str) -> Any:
    """Read a model in this process; nothing in the file is executed.

    Native parsers may crash on crafted bytes: `apart.classify` reads in a process of its own.

    Args:
        path: The model file.
        format_: One of `SUFFIXES`.

    Returns:
        An object with `predict`, and `predict_proba` where the model has probabilities.

    Raises:
        ModelError: It can't be read, or holds what may not be loaded.
    """
    try:
        return READERS[format_](path)
    except ModelError:
        raise
    except Exception as error:  # whatever broken bytes make a library raise
        raise ModelError(
            f"{path.name}: not an intact {format_} model ({_first_line(error)})"
        ) from error


def _storable(model: object) -> Iterator[tuple[object, str]]:
    """The model itself, or else what it offers, with the format of each."""
    own = format_of(model)
    if own:
        yield model, own
    for name in OFFERED:
        part = getattr(model, name, None)
        format_ = format_of(part)
        if part is not None and format_:
            yield part, format_


def format_of(model: object) -> str:
    """The format that a model is stored in, by the library that its class comes from; or ""."""
    names = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(model).__mro__]
    libraries = {name.partition(".")[0] for name in names}
    for library in ("keras", "xgboost", "lightgbm"):
        if library in libraries:
            return library
    return "skops" if "sklearn" in libraries or names[0] in TRUSTED else ""


def _check_same(
    loaded: Any,
    X: NDArray[np.float32],
    predictions: NDArray[np.uint8],
    probabilities: NDArray[np.float32] | None,
) -> None:
    import numpy as np

    if not np.array_equal(loaded.predict(X), predictions):
        raise ModelError("loaded again by itself, it predicts other classes")
    if probabilities is None:
        return
    again = loaded.predict_proba(X) if hasattr(loaded, "predict_proba") else None
    if again is None or not np.allclose(again, probabilities, rtol=0, atol=TOLERANCE):
        raise ModelError("loaded again by itself, it gives other probabilities")


def _no_library(model: object) -> str:
    return (
        f"{type(model).__name__} is of none of the libraries whose models can be stored (Keras, "
        "scikit-learn, XGBoost, LightGBM), and offers none as its attribute estimator or model"
    )


def _reason(name: str, error: Exception) -> str:
    return f"{name}: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else ""
    return (text if isinstance(error, ModelError) else f"{type(error).__name__}: {text}")[:300]
