"""A kernel SVM whose predictions are computed with matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import Images, Labels

BATCH_IMAGES = 500  # bounds the kernel matrix: 100 MB for 25,000 support vectors


class OneAgainstOne:
    """An `SVC`, scikit-learn's or its intelex's, whose predictions are matrix products.

    LIBSVM evaluates the kernel pair by pair, which takes 10 to 20 times as long for the same
    predictions. scikit-learn-intelex 2026.2 trains the same machine 5 times as fast as LIBSVM, but
    predicted wrongly on a processor with AMX: on Fashion-MNIST, with the RBF kernel and C = 10, 92
    of 10,000 images otherwise than the pairs' own decision values after 6,000 training images.

    Attributes:
        estimator: The `SVC`.
        engine: The library that trains: "sklearn" or "sklearnex".
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator
        self.engine = type(estimator).__module__.partition(".")[0]

    def fit(self, X: Images, y: Labels) -> OneAgainstOne:
        """Fit to X, float32 (n, 784), and y, uint8 (n,)."""
        self.estimator.fit(X, y)
        return self

    def predict(self, X: Images) -> NDArray[np.integer[Any]]:
        """The class that wins most pairs, the first of several: integers, (n,)."""
        import numpy as np
        from sklearn.metrics.pairwise import pairwise_kernels

        svc = self.estimator
        kernel = {"gamma": svc._gamma, "degree": svc.degree, "coef0": svc.coef0}
        vectors = np.asarray(svc.support_vectors_, dtype=np.float64)
        weights, first, second = self._pairs()
        winners = np.empty(len(X), dtype=np.intp)
        for start in range(0, len(X), BATCH_IMAGES):
            batch = np.asarray(X[start : start + BATCH_IMAGES], dtype=np.float64)
            values = pairwise_kernels(batch, vectors, svc.kernel, filter_params=True, **kernel)
            wins = values @ weights + svc._intercept_ > 0  # (batch, pairs)
            votes = wins @ first + ~wins @ second  # (batch, classes)
            winners[start : start + len(batch)] = votes.argmax(axis=1)
        classes: NDArray[np.integer[Any]] = svc.classes_[winners]
        return classes

    def _pairs(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Each pair's coefficients (vectors, pairs), and which class each side votes for.

        LIBSVM keeps, for a support vector of class i, its coefficients against the other classes
        in order: row j - 1 of `_dual_coef_` for j > i, row j for j < i.
        """
        import numpy as np

        svc = self.estimator
        count = len(svc.classes_)
        ends = np.cumsum(svc._n_support)
        own = [slice(end - n, end) for end, n in zip(ends, svc._n_support, strict=True)]
        pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
        weights = np.zeros((len(svc.support_vectors_), len(pairs)))
        for column, (i, j) in enumerate(pairs):
            weights[own[i], column] = svc._dual_coef_[j - 1, own[i]]
            weights[own[j], column] = svc._dual_coef_[i, own[j]]
        one_hot = np.eye(count, dtype=np.int64)
        return weights, one_hot[[i for i, _ in pairs]], one_hot[[j for _, j in pairs]]
