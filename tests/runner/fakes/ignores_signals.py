"""Ignores every signal that can be ignored and hangs."""

import signal
import time

import numpy as np

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        # Children's ends can't be ignored in the sandbox: nobody would count their time.
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
            signal.signal(number, signal.SIG_IGN)
        while True:
            time.sleep(600)

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="ignores_signals",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
