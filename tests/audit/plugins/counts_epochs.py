"""Nearest centroids that drift a little each epoch: its records have all that records can have."""

import numpy as np

from suite.contract import ParameterCount, Plugin, Source


class Model:
    engine = "counted"

    def __init__(self, seed, epochs, scale):
        self.random = np.random.default_rng(seed)
        self.epochs, self.scale = epochs, scale

    def fit(self, X, y, context):
        self.centres = np.stack([X[y == label].mean(axis=0) for label in range(10)])
        for epoch in range(1, self.epochs + 1):
            self.centres += self.random.normal(0, self.scale, self.centres.shape)
            metrics = {"accuracy": float((self.predict(X) == y).mean())}
            if context.X_val is not None:
                right = self.predict(context.X_val) == context.y_val
                metrics["val_accuracy"] = float(right.mean())
            context.on_epoch(epoch, self.epochs, metrics)
        return self

    def predict_proba(self, X):
        distances = (self.centres**2).sum(axis=1) - 2 * X @ self.centres.T
        shares = np.exp(-(distances - distances.min(axis=1, keepdims=True)) / 10)  # (n, 10)
        return shares / shares.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


def build(*, seed, threads, epochs, scale):
    return Model(seed, epochs, scale)


PLUGIN = Plugin(
    title="Centroids that drift",
    family="test",
    view="flat",
    build=build,
    params={"epochs": 4, "scale": 0.01},
    variants={"still": {"scale": 0.0}},
    presets={"quick": {"scale": 0.02}},
    parameters=lambda fitted: ParameterCount(fitted.centres.size, fitted.centres.size - 10),
    uses_validation=True,
    cost_hint=5,
    source=Source(name="a test"),
)
