"""Kills the process that started its parent."""

import os

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        import psutil

        psutil.Process(os.getppid()).parent().kill()

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="kills_the_fork_server",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
