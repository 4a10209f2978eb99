"""Returns a class that there is not."""

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.full(len(X), 11)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="label_11",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
