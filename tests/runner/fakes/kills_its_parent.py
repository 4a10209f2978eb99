"""Kills the process that started it, after starting one that would outlive both."""

import os
import signal
import subprocess
import sys
import time

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        script = (
            "import os, time; os.setsid(); os.fork() and os._exit(0); time.sleep(600)  # outlives"
        )
        subprocess.Popen([sys.executable, "-c", script]).wait()
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="kills_its_parent",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
