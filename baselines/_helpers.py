"""What several classic models share: their common source, adapters, costs and counts."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.contract import Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import Images, Labels


def benchmark_source(
    *, defaults: str = "", benchmark: str = "nothing is known that differs from scikit-learn 0.19"
) -> Source:
    """Fashion-MNIST's own scikit-learn benchmark: Table 3 of arXiv:1708.07747.

    Args:
        defaults: What the plugin's defaults do otherwise, besides the scaling, which all leave out.
        benchmark: Where today's scikit-learn does otherwise than the one of the benchmark (0.19),
            even with the settings of `configs/official_sklearn.toml`.
    """
    own = "; ".join(filter(None, (defaults, "pixels in [0, 1] are not standardised")))
    return Source(
        name="Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
        url="https://arxiv.org/abs/1708.07747",
        changed=f"with the defaults: {own}. With the benchmark's settings "
        f"(configs/official_sklearn.toml): {benchmark}",
    )


class Adapted:
    """A scikit-learn estimator with one known warning silenced and its probabilities left out.

    Attributes:
        estimator: The estimator.
        engine: The library that trains.
    """

    def __init__(self, estimator: Any, *, silenced: str) -> None:
        """Wrap an estimator.

        Args:
            estimator: The unfitted estimator.
            silenced: Regular expression for the start of the warning that `fit` may give.
        """
        self.estimator = estimator
        self.engine = type(estimator).__module__.partition(".")[0]
        self._silenced = silenced

    def fit(self, X: Images, y: Labels) -> Adapted:
        """Fit the estimator to X, float32 (n, 784), and y, uint8 (n,)."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=self._silenced)
            self.estimator.fit(X, y)
        return self

    def predict(self, X: Images) -> NDArray[np.integer[Any]]:
        """The class of each image of X, float32 (n, 784): integers, (n,)."""
        classes: NDArray[np.integer[Any]] = self.estimator.predict(X)
        return classes


class AdaptedWithProbabilities(Adapted):
    """An `Adapted` that offers the estimator's probabilities."""

    def predict_proba(self, X: Images) -> NDArray[np.floating[Any]]:
        """The probability of each class for each image of X, float32 (n, 784): floats, (n, 10)."""
        probabilities: NDArray[np.floating[Any]] = self.estimator.predict_proba(X)
        return probabilities


def interpolated_cost(images: int, measured: Mapping[int, float]) -> float:
    """Seconds for a number of images, between measured points on a log-log scale.

    Where a cost grows neither linearly nor by one power, measured points say it best. Beyond the
    last point its neighbour's slope goes on.

    Args:
        images: Training images.
        measured: Processor seconds by number of training images; two points or more.
    """
    sizes = sorted(measured)
    upper = next((i for i, size in enumerate(sizes) if size >= images), len(sizes) - 1)
    low, high = sizes[max(upper, 1) - 1], sizes[max(upper, 1)]
    slope = math.log(measured[high] / measured[low]) / math.log(high / low)
    return float(measured[low] * (max(images, 1) / low) ** slope)


def tree_numbers(splits: int, leaves: int, *, values: int) -> int:
    """Numbers in decision trees: 4 a split (feature, threshold, two children), `values` a leaf."""
    return 4 * splits + values * leaves


def sklearn_tree_numbers(tree: Any) -> int:
    """Numbers in a fitted scikit-learn tree: 4 a split, as many as there are classes a leaf."""
    leaves = int(tree.get_n_leaves())
    return tree_numbers(tree.tree_.node_count - leaves, leaves, values=len(tree.classes_))


def linear_numbers(model: Any) -> int:
    """Numbers in a fitted linear model: a coefficient a class and feature, an intercept a class."""
    return int(model.coef_.size + model.intercept_.size)
