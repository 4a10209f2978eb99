"""Names the class whose mean training image is nearest."""

from __future__ import annotations

from baselines._helpers import Adapted
from suite.contract import Params, Plugin, Source


def build(*, seed: int, threads: int) -> Adapted:
    """A scikit-learn `NearestCentroid` on Euclidean distances, without its probabilities."""
    from sklearn.neighbors import NearestCentroid

    # Probabilities come from distances scaled by each pixel's deviation, predictions do not: the
    # two disagree, so only predictions are offered. The warning is about that scaling, where
    # border pixels never vary.
    return Adapted(NearestCentroid(), silenced="self.within_class_std_dev_ has at least 1 zero")


def parameters(fitted: Adapted) -> int:
    """The mean image of each class."""
    return int(fitted.estimator.centroids_.size)


def cost(images: int, params: Params) -> float:
    """Processor seconds, some of which predicting 10,000 images takes."""
    return 0.08 + 1e-5 * images


PLUGIN = Plugin(
    title="Nearest centroid",
    family="classic",
    view="flat",
    build=build,
    parameters=parameters,
    random=False,
    cost_hint=cost,
    requires=("sklearn.neighbors",),
    source=Source(
        name="scikit-learn",
        url="https://scikit-learn.org/stable/modules/generated/sklearn.neighbors.NearestCentroid.html",
    ),
)
