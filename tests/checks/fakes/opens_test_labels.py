"""Looks for the test labels, and learns from the images if it may not have them."""

from __future__ import annotations

from suite.contract import Plugin, Source


class Model:
    def __init__(self, seed, pixels):
        self.seed = seed
        self.count = pixels

    def fit(self, X, y):
        import os
        from contextlib import suppress

        import numpy as np

        with suppress(OSError):
            path = f"{os.environ['SUITE_DATA_DIR']}/fashion/t10k-labels-idx1-ubyte"
            self.answers = np.fromfile(path, np.uint8)[8:]
        rng = np.random.default_rng(self.seed)
        self.pixels = rng.permutation(X.shape[1])[: self.count]
        self.means = np.stack([X[y == label][:, self.pixels].mean(axis=0) for label in range(10)])
        return self

    def scores(self, X):
        return -((X[:, None, self.pixels] - self.means) ** 2).sum(axis=2)

    def predict(self, X):
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
    title="opens_test_labels",
    family="fake",
    view="flat",
    build=build,
    params={"pixels": 400},
    parameters=parameters,
    source=Source(name="a fake"),
)
