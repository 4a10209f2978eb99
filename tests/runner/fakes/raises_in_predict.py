"""Raises in predict."""

from suite.contract import Plugin, Source


class Model:
    def fit(self, X, y):
        return self

    def predict(self, X):
        raise ValueError("lost its weights")


def build(*, seed, threads):
    return Model()


PLUGIN = Plugin(
    title="raises_in_predict",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
