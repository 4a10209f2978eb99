"""Returns NaN for probabilities."""

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)

    def predict_proba(self, X):
        return np.full((len(X), 10), np.nan)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="nan_probabilities",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
