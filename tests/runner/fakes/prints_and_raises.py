"""Prints 8 MB, then raises."""

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        print("y" * 8_000_000)
        print("last words")
        raise RuntimeError("gave up")

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="prints_and_raises",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
