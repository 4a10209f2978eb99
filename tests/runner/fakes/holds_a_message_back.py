"""Sends a part of a message, which a reader would wait for, and eats memory meanwhile."""

import os
import struct
import sys
import time

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        frame = sys._getframe()
        while "pipe" not in frame.f_locals:
            frame = frame.f_back
        os.write(frame.f_locals["pipe"].fileno(), struct.pack("!i", 1_000))
        hoard = []
        while True:
            hoard.append(np.ones(2_000_000))  # 16 MB
            time.sleep(0.02)

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="holds_a_message_back",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
