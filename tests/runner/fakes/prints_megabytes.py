"""Prints 64 MB, then ends well."""

import sys

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        for _ in range(64):
            print("x" * 1_000_000)
        sys.stderr.write("the end\n")

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="prints_megabytes",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
