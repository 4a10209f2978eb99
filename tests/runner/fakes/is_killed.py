"""Dies of a segmentation fault."""

import os
import signal

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        os.kill(os.getpid(), signal.SIGSEGV)

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="is_killed",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
