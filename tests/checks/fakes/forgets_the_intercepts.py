"""Logistic regression that does not count all of its numbers."""

from __future__ import annotations

from suite.contract import Plugin, Source


def build(*, seed, threads):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.01, max_iter=300)


def parameters(fitted):
    """The coefficients."""
    return fitted.coef_.size


PLUGIN = Plugin(
    title="forgets_the_intercepts",
    family="fake",
    view="flat",
    build=build,
    parameters=parameters,
    random=False,
    requires=("sklearn.linear_model",),
    source=Source(name="a fake"),
)
