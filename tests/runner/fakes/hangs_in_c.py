"""Spends its time in C code that never looks for signals."""

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        import hashlib

        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 2**31 - 1)

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="hangs_in_c",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
