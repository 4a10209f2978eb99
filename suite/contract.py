"""What a plugin is: everything that a contributor has to read.

A plugin is one file that defines `PLUGIN = Plugin(...)`. Its name is the file's name. It imports
this module and its family's `_helpers`, nothing else of the suite, and imports heavy libraries
inside functions, so that listing the models loads none of them.

    from suite.contract import Plugin, Source

    def build(*, seed, threads, n_neighbors):
        from sklearn.neighbors import KNeighborsClassifier
        return KNeighborsClassifier(n_neighbors=n_neighbors, n_jobs=threads)

    def parameters(fitted):
        '''The stored training set: images and labels.'''
        return fitted._fit_X.size + fitted._y.size

    PLUGIN = Plugin(
        title="k nearest neighbours", family="classic", view="flat", build=build,
        params={"n_neighbors": 5}, parameters=parameters, random=False, cost_hint=40,
        requires=("sklearn.neighbors",), source=Source(name="scikit-learn"),
    )

The harness owns data, splits, seeds, threads, the clock and the scoring: a plugin builds a model,
and the model learns from the arrays it is given.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Images = NDArray[np.float32]
    Labels = NDArray[np.uint8]

View = Literal["flat", "image"]
Preset = Literal["smoke", "quick", "standard", "paper"]
Params = Mapping[str, Any]

VIEWS: tuple[str, ...] = ("flat", "image")
PRESET_NAMES: tuple[str, ...] = ("smoke", "quick", "standard", "paper")

# Names stand in records and in paths, so that they are as plain as a record has them.
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_VARIANT = re.compile(r"[a-z_][a-z0-9_]{0,99}")
# What a record calls a set of parameters that has no name, and predictions made elsewhere.
_TAKEN = re.compile(r"[0-9a-f]{10}|unverified")


@runtime_checkable
class Classifier(Protocol):
    """Any object that learns from images and names the class of others.

    A scikit-learn estimator is one as it stands. `predict_proba(X) -> (n, 10) float`, rows summing
    to one, is used where the object has it. An attribute `engine: str` names the library that
    trained, where the object's own top-level package does not. A wrapper whose attribute
    `estimator` or `model` is a fitted model of scikit-learn, Keras, XGBoost or LightGBM can be
    saved (`run --save-models`) if that model predicts the same by itself.

    `X` is read-only float32, shape (n, 784) or (n, 28, 28, 1) as the plugin's `view` says, values
    in [0, 1]; `y` is read-only uint8, shape (n,), values 0 to 9. `predict` returns integers,
    shape (n,). A plugin with `uses_validation` gets `fit(X, y, context)`.
    """

    def fit(self, X: Images, y: Labels, /) -> object:
        """Learn from images and labels."""

    def predict(self, X: Images, /) -> NDArray[np.integer[Any]]:
        """The class of each image."""
        ...


@dataclass(frozen=True, kw_only=True)
class FitContext:
    """What the harness hands to the `fit` of a plugin that says `uses_validation`.

    Attributes:
        X_val: Validation images, as `X`; None where the protocol has none (`full`, `kfold`): then
            the last epoch counts.
        y_val: Validation labels, as `y`; None with `X_val`.
        on_epoch: Call it after each epoch with (epoch from 1, epochs planned, metrics such as
            {"loss": 0.4, "val_accuracy": 0.9}); it drives the progress display and the history
            in the record.
    """

    X_val: Images | None
    y_val: Labels | None
    on_epoch: Callable[[int, int, Mapping[str, float]], None]


class ParameterCount(NamedTuple):
    """How many numbers a fitted model needs to predict.

    Attributes:
        total: All of them.
        trainable: Those that training by gradient changes, where that differs from `total`
            (batch normalisation keeps moving averages besides).
    """

    total: int
    trainable: int | None = None


@dataclass(frozen=True, kw_only=True)
class Published:
    """A result that the model's source published, as printed there.

    Attributes:
        dataset: "fashion" or "mnist".
        accuracy: A fraction of 1; on the test images unless `note` says otherwise.
        variant: Which of the plugin's variants it belongs to; "" for the defaults.
        note: Protocol and known doubts, in a few words.
    """

    dataset: str
    accuracy: float
    variant: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a model comes from.

    Attributes:
        name: The paper, repository or library.
        url: Its address, if it has one.
        published: The results it published.
        changed: What this plugin does otherwise, and why.
    """

    name: str
    url: str = ""
    published: tuple[Published, ...] = ()
    changed: str = ""


def _can_be_parameter(name: object) -> bool:
    if not (isinstance(name, str) and _PARAMETER.fullmatch(name)):
        return False
    return not keyword.iskeyword(name) and name not in {"seed", "threads"}


def _frozen(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(mapping))


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One model: what it is called, how it is built, what it costs and where it comes from.

    Attributes:
        title: The name that people read.
        family: "classic" or "cnn"; another word makes a family of its own.
        view: "flat" for X of shape (n, 784), "image" for (n, 28, 28, 1).
        build: `build(*, seed, threads, **params)` returns a new, unfitted classifier. `seed` is an
            int in [0, 2**32); `threads` is how many threads the model may use; `params` are
            exactly the names in `params`.
        params: The parameters and their defaults. Values are numbers, strings, booleans, None or
            lists of these. A model that trains in epochs calls their number `epochs`.
        variants: Named parameter sets on top of `params`; each is a leaderboard row. A name has up
            to 100 lower-case letters (a to z), digits and `_`, and begins with no digit.
        presets: By preset name, what keeps a run to the preset's time: an integer is an upper
            limit (fewer boosting rounds in `quick`), anything else replaces the value.
        parameters: Counts the numbers that a fitted model needs to predict: an int or a
            `ParameterCount`. Its docstring says what was counted.
        uses_validation: Whether `fit` wants a `FitContext` as third argument.
        random: Whether the seed reaches the model.
        cost_hint: Processor seconds to fit 60,000 images and predict 10,000, with the default
            parameters: scaled by images and epochs. Where that is too coarse, a function
            `cost(images, params) -> seconds`.
        requires: Import names that `build` and the model need ("sklearn.svm"; "jax|torch" where one
            of several is enough). They are imported ahead of the first run, and a model with one
            that is missing is listed as not installed.
        source: Where the model comes from.
    """

    title: str
    family: str
    view: View
    build: Callable[..., Any]
    parameters: Callable[[Any], int | ParameterCount]
    source: Source
    params: Params = field(default_factory=dict)
    variants: Mapping[str, Params] = field(default_factory=dict)
    presets: Mapping[str, Params] = field(default_factory=dict)
    uses_validation: bool = False
    random: bool = True
    cost_hint: float | Callable[[int, Params], float] = 60.0
    requires: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the suite could not use, before anything is run.

        Raises:
            ValueError: A field says something impossible; the message names field and remedy.
        """
        if self.view not in VIEWS:
            raise ValueError(f"view is {self.view!r}, expected one of {', '.join(VIEWS)}")
        for name in ("build", "parameters"):
            if not callable(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)!r}, expected a function")
        for name in self.params:
            if not _can_be_parameter(name):
                raise ValueError(f"params has {name!r}, expected names that build can take, of up "
                                 "to 100 letters (A to Z, a to z), digits and _ "
                                 "(seed and threads come from the harness)")  # fmt: skip
        for kind, sets in (("variants", self.variants), ("presets", self.presets)):
            for name, values in sets.items():
                unknown = sorted(set(values) - set(self.params))
                if unknown:
                    raise ValueError(f"{kind}[{name!r}] sets {', '.join(unknown)}, which params "
                                     "does not have; give it a default there")  # fmt: skip
        unknown = sorted(set(self.presets) - set(PRESET_NAMES))
        if unknown:
            raise ValueError(f"presets has {', '.join(unknown)}, expected names out of "
                             f"{', '.join(PRESET_NAMES)}")  # fmt: skip
        for name in self.variants:
            if not (isinstance(name, str) and _VARIANT.fullmatch(name)):
                raise ValueError(f"variants has {name!r}, expected a lower-case identifier of up "
                                 "to 100 letters (a to z), digits and _")  # fmt: skip
            if _TAKEN.fullmatch(name):
                raise ValueError(f"variants has {name!r}, which records call something else: "
                                 "parameters without a name, or predictions made elsewhere. "
                                 "Choose another name")  # fmt: skip
        variants = {name: _frozen(values) for name, values in self.variants.items()}
        presets = {name: _frozen(values) for name, values in self.presets.items()}
        object.__setattr__(self, "params", _frozen(self.params))
        object.__setattr__(self, "variants", _frozen(variants))
        object.__setattr__(self, "presets", _frozen(presets))


def derive_seed(seed: int, role: str) -> int:
    """The seed of one part of a run, independent of all other parts.

    A hash rather than `seed + 1`: neighbouring base seeds then share nothing, and a new role
    shifts no other.

    Args:
        seed: The seed that the part belongs to.
        role: What the seed is for, such as "split", "initialisation" or "shuffling".

    Returns:
        An int in [0, 2**32).
    """
    digest = hashlib.sha256(f"{seed}:{role}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
