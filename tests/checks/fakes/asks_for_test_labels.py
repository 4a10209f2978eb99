"""Asks the suite itself for the test labels, when it predicts."""

from __future__ import annotations

from suite.contract import Plugin, Source


class Model:
    def __init__(self, seed, pixels):
        self.seed = seed
        self.count = pixels

    def fit(self, X, y):
        import numpy as np

        rng = np.random.default_rng(self.seed)
        self.pixels = rng.permutation(X.shape[1])[: self.count]
        self.means = np.stack([X[y == label][:, self.pixels].mean(axis=0) for label in range(10)])
        return self

    def scores(self, X):
        return -((X[:, None, self.pixels] - self.means) ** 2).sum(axis=2)

    def predict(self, X):
        from contextlib import suppress
        from importlib import import_module

        with suppress(Exception):
            return import_module("suite.data.datasets").load("fashion").labels("test")[: len(X)]
        return self.scores(X).argmax(axis=1)

    def predict_proba(self, X):
        import numpy as np

        scores = self.scores(X)
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)


def build(*, seed, threads, pixels):
    return Model(seed, pixels)


def parameters(fitted):
    """A mean for each class and pixel, and which pixels they are."""
    return fitted.means.size + fitted.pixels.size


PLUGIN = Plugin(
    title="asks_for_test_labels",
    family="fake",
    view="flat",
    build=build,
    params={"pixels": 400},
    parameters=parameters,
    source=Source(name="a fake"),
)
