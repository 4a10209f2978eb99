"""Takes a minute."""

import time

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        time.sleep(60)

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="sleeps",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
