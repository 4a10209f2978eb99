"""Returns probabilities where classes are due."""

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.full((len(X), 10), 0.1)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="wrong_shape",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
