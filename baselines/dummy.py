"""Always names the most frequent class of the training images: what no model may fall below."""

from __future__ import annotations

from typing import Any

from suite.contract import Plugin, Source


def build(*, seed: int, threads: int) -> Any:
    """A scikit-learn `DummyClassifier`; it has no use for seed and threads."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="most_frequent")


def parameters(fitted: Any) -> int:
    """One: the class that it names."""
    return 1


PLUGIN = Plugin(
    title="Most frequent class",
    family="classic",
    view="flat",
    build=build,
    parameters=parameters,
    random=False,
    cost_hint=0.05,
    requires=("sklearn.dummy",),
    source=Source(
        name="scikit-learn",
        url="https://scikit-learn.org/stable/modules/generated/sklearn.dummy.DummyClassifier.html",
    ),
)
