"""scikit-learn's models in skops's format, which names types and holds data, but no code.

skops trusts scikit-learn's estimators by itself. `TRUSTED` adds by hand what else the models here
consist of; what a file asks for never counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

from suite.errors import ModelError
from suite.models_io.archives import check_archive

MEMBERS = r"schema\.json|[0-9]+\.np[yz]"
LARGEST_SCHEMA = 256 * 2**20
PIXELS = 784
_HIST = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"
_TREE = "sklearn.tree._tree.Tree"
TRUSTED = (
    # The suite's own: a model and its way to predict.
    "baselines._helpers.Adapted",
    "baselines._helpers.AdaptedWithProbabilities",
    "baselines._one_against_one.OneAgainstOne",
    "baselines._scaling.Standardised",
    "baselines._scaling.StandardisedWithProbabilities",
    # Trees: scikit-learn follows their indices unchecked; `_check_tree` checks them.
    _HIST,
    _TREE,
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "numpy.asarray",
)


def write_skops(model: Any, path: Path) -> None:
    """Write a model of scikit-learn's, or one of `TRUSTED`.

    Args:
        model: The fitted model.
        path: The file.
    """
    from skops.io import dump

    dump(_plain(model), path)


def _plain(model: Any) -> Any:
    """The model with scikit-learn-intelex's estimators replaced by scikit-learn's own.

    Beside the attributes that scikit-learn's have, theirs hold native state that can't be stored.
    """
    module, name = type(model).__module__, type(model).__name__
    if f"{module}.{name}" in TRUSTED:
        wrapper = copy(model)
        wrapper.__dict__.update((key, _plain(value)) for key, value in vars(model).items())
        return wrapper
    kinds = type(model).__mro__ if module.startswith("sklearnex.") else ()
    own = (k for k in kinds if k.__module__.startswith("sklearn.") and k.__name__ == name)
    kind: Any = next(own, None)
    if kind is None:
        return model
    twin = kind.__new__(kind)
    for key, value in vars(model).items():
        shown = key.removesuffix("internal")
        if shown == key and not key.startswith("_onedal"):
            twin.__dict__[key] = value
        elif shown != key:  # the value behind the properties `_dual_coef_` and `dual_coef_`
            names = (name for name in (shown, shown.lstrip("_")) if hasattr(model, name))
            twin.__dict__.update((name, getattr(model, name)) for name in names)
    return twin


def read_skops(path: Path) -> Any:
    """Read a model.

    Args:
        path: The file.

    Returns:
        An object with `predict`.

    Raises:
        ModelError: The file is broken, or holds a type that is not trusted.
    """
    check_archive(path, MEMBERS, required="schema.json")
    import zipfile

    from skops.io import load
    from skops.io.exceptions import UntrustedTypesFoundException

    with zipfile.ZipFile(path) as archive:
        if archive.getinfo("schema.json").file_size > LARGEST_SCHEMA:
            raise ModelError(f"{path.name}: schema.json has more than {LARGEST_SCHEMA:,} bytes")
    try:
        model = load(path, trusted=list(TRUSTED))
    except UntrustedTypesFoundException as error:
        found = str(error).splitlines()[0]
        raise ModelError(f"{path.name}: not only of types that may be loaded ({found})") from error
    if isinstance(model, type) or not callable(getattr(model, "predict", None)):
        raise ModelError(f"{path.name}: holds no classifier")
    for part in _parts(model):
        _check_tree(part, path)
    return model


def _parts(model: Any) -> Iterator[Any]:
    """A model and all that it consists of."""
    import numpy as np

    waiting, seen = [model], set()
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, (list, tuple, set)):
            waiting.extend(part)
        elif isinstance(part, np.ndarray):
            waiting.extend(part.ravel().tolist() if part.dtype == object else ())
        elif not isinstance(part, type):
            waiting.extend(getattr(part, "__dict__", {}).values())


def _check_tree(part: Any, path: Path) -> None:
    """Refuse a tree that would be left when it is followed, or be followed for ever."""
    import numpy as np

    kind = f"{type(part).__module__}.{type(part).__name__}"
    if kind == _TREE:
        left, right, feature = part.children_left, part.children_right, part.feature
        inner = left != -1
    elif kind == _HIST:
        left, right, feature = (part.nodes[name] for name in ("left", "right", "feature_idx"))
        inner = part.nodes["is_leaf"] == 0
        if part.nodes["is_categorical"].any():
            raise ModelError(f"{path.name}: holds a tree on categories, which pixels are not")
    else:
        return
    own = np.flatnonzero(inner)
    for children in (left, right):
        chosen = children[inner].astype(np.int64)
        # Whoever grows a tree numbers children after their parent.
        if ((chosen <= own) | (chosen >= len(inner))).any() or not len(inner):
            raise ModelError(f"{path.name}: holds a tree whose nodes do not belong together")
    chosen = feature[inner].astype(np.int64)
    if ((chosen < 0) | (chosen >= PIXELS)).any():
        raise ModelError(f"{path.name}: holds a tree that looks at what is no pixel")
