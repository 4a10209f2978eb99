"""Classifies by the nearest mean image of each class, with some means for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suite.contract import Plugin, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class MeanTemplates:
    """Several mean images of each class, found by k-means; the nearest one names the class."""

    def __init__(self, seed: int, templates: int) -> None:
        self.seed = seed
        self.templates = templates

    def fit(self, X: NDArray[np.float32], y: NDArray[np.uint8]) -> MeanTemplates:
        import numpy as np
        from sklearn.cluster import KMeans

        centres, classes = [], []
        for digit in np.unique(y):
            images = X[y == digit]
            count = min(self.templates, len(images))
            means = KMeans(count, n_init=1, random_state=self.seed).fit(images)
            centres.append(means.cluster_centers_)
            classes += [digit] * count
        self.centres_ = np.concatenate(centres)
        self.classes_ = np.array(classes)
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.uint8]:
        from sklearn.metrics import pairwise_distances_argmin

        nearest: NDArray[np.uint8] = self.classes_[pairwise_distances_argmin(X, self.centres_)]
        return nearest


def build(*, seed: int, threads: int, templates: int) -> MeanTemplates:
    return MeanTemplates(seed, templates)


def parameters(fitted: Any) -> int:
    """The mean images, and the class of each."""
    return int(fitted.centres_.size + fitted.classes_.size)


PLUGIN = Plugin(
    title="Mean templates",
    family="classic",
    view="flat",
    build=build,
    params={"templates": 8},
    parameters=parameters,
    random=True,
    cost_hint=20.0,
    requires=("sklearn.cluster",),
    source=Source(
        name="Example of the suite",
        url="https://scikit-learn.org/stable/modules/clustering.html#k-means",
    ),
)
