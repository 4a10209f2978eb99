"""A model that takes a moment, whose parameter makes as many rows as are wanted."""

import time

from suite.contract import Plugin, Source


class Model:
    def __init__(self, shrink):
        from sklearn.neighbors import NearestCentroid

        self.model = NearestCentroid(shrink_threshold=shrink / 1000)

    def fit(self, X, y):
        self.model.fit(X, y)
        time.sleep(0.15)

    def predict(self, X):
        return self.model.predict(X)


def build(*, seed, threads, shrink):
    return Model(shrink)


PLUGIN = Plugin(
    title="soaked",
    family="fake",
    view="flat",
    build=build,
    params={"shrink": 1},
    random=False,
    parameters=lambda fitted: fitted.model.centroids_.size,
    source=Source(name="a test"),
)
