"""Takes ever more memory."""

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        hoard = []
        while True:
            hoard.append(np.ones(2_000_000))  # 16 MB

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="eats_memory",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
