"""Ends well, but leaves a thread that never ends."""

import threading
import time

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        threading.Thread(target=time.sleep, args=(600,)).start()

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="leaves_a_thread",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
