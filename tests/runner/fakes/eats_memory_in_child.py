"""Has a process of its own take ever more memory."""

import subprocess
import sys

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        subprocess.run(
            [
                sys.executable,
                "-c",
                "hoard = []\nwhile True: hoard.append(bytearray(b'1') * 16_000_000)",
            ],
            check=True,
        )

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="eats_memory_in_child",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
