"""Principal components, told apart by a support vector machine with an RBF kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from baselines._helpers import interpolated_cost
from baselines._intelex import fastest
from baselines._one_against_one import OneAgainstOne
from suite.contract import Params, Plugin, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import Images, Labels


class Projected(OneAgainstOne):
    """A kernel SVM that gets images as their principal components.

    Attributes:
        projection: scikit-learn's `PCA`.
    """

    def __init__(self, projection: Any, estimator: Any) -> None:
        super().__init__(estimator)
        self.projection = projection

    def fit(self, X: Images, y: Labels) -> Projected:
        """Fit projection and SVM to X, float32 (n, 784), and y, uint8 (n,)."""
        super().fit(self.projection.fit_transform(X), y)
        return self

    def predict(self, X: Images) -> NDArray[np.integer[Any]]:
        """The class of each image of X, float32 (n, 784): integers, (n,)."""
        return super().predict(self.projection.transform(X))


def build(*, seed: int, threads: int, components: int, C: float, gamma: str | float) -> Projected:
    """scikit-learn's `PCA` before an `SVC`; neither draws at random.

    Params:
        components: Principal components that are kept.
        C: Weight of training errors against a wide margin.
        gamma: Width of the kernel: scale is 1 / (components × variance of the projections).
    """
    from sklearn.decomposition import PCA

    projection = PCA(components, svd_solver="covariance_eigh")
    return Projected(projection, fastest("svm", "SVC")(C=C, kernel="rbf", gamma=gamma))


def parameters(fitted: Projected) -> int:
    """Mean and components of the pixels, support vectors, coefficients, an intercept a pair."""
    projection, svc = fitted.projection, fitted.estimator
    machine = svc.support_vectors_.size + svc.dual_coef_.size + svc.intercept_.size
    return int(projection.mean_.size + projection.components_.size + machine)


def cost(images: int, params: Params) -> float:
    """Processor seconds, measured with 60 components and scikit-learn-intelex."""
    return interpolated_cost(images, {1_000: 0.3, 6_000: 2.3, 60_000: 33.0})


PLUGIN = Plugin(
    title="PCA and SVM",
    family="classic",
    view="flat",
    build=build,
    params={"components": 60, "C": 10.0, "gamma": "scale"},
    parameters=parameters,
    random=False,
    cost_hint=cost,
    requires=("sklearnex.svm|sklearn.svm",),
    source=Source(name="scikit-learn", url="https://scikit-learn.org"),
)
