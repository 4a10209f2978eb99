"""Sends a small message that unpacks to a great one."""

import io
import sys

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        frame = sys._getframe()
        while "pipe" not in frame.f_locals:
            frame = frame.f_back
        text = b'{"kind": "nothing", "x": [' + b"[]," * 4_000_000 + b"[]]}"
        buffer = io.BytesIO()
        np.savez_compressed(buffer, facts=np.frombuffer(text, np.uint8))
        frame.f_locals["pipe"].send_bytes(buffer.getvalue())

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="packs_a_bomb",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
