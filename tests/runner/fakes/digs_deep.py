"""Leaves a folder that is deeper than Python recurses."""

import os
from pathlib import Path

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        os.chdir(os.environ["TMPDIR"])
        for _ in range(1_500):
            Path("d").mkdir()
            os.chdir("d")

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="digs_deep",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
