"""Stops the process that watches over it."""

import os
import signal
import time

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        os.kill(os.getppid(), signal.SIGSTOP)
        time.sleep(600)

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="stops_its_parent",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
