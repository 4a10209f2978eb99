"""Raises an exception that can be neither pickled nor printed."""

import threading

from suite.contract import Plugin, Source


class Unprintable(Exception):
    def __init__(self):
        self.lock = threading.Lock()

    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class Model:
    def fit(self, X, y):
        raise Unprintable

    def predict(self, X):
        return [0] * len(X)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="raises_unprintable",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
