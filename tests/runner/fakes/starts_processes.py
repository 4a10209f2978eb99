"""Starts processes that outlive it, one in a session of its own."""

import subprocess
import sys

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        for _ in range(2):
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # outlives"])
        script = (
            "import os, time; os.setsid(); os.fork() and os._exit(0); time.sleep(600)  # outlives"
        )
        subprocess.Popen([sys.executable, "-c", script]).wait()

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="starts_processes",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
