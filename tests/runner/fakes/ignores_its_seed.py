"""Draws from NumPy's global generator, whatever its seed."""

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.random.randint(0, 10, len(X))


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="ignores_its_seed",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
