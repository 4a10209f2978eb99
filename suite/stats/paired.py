"""How two models differ on the same test images with the same seeds.

Their difference moves with both: other seeds (with other splits of the training images), and other
test images drawn in the same way. A paired bootstrap draws seeds and images anew, each with
replacement and both models' results together (the "pigeonhole" bootstrap of A. B. Owen, Annals of
Applied Statistics 1, 2007). The variance that it tends to with the number of draws has a closed
form, which is used here: it costs no draws and gives the same answer every time.

The share of the seeds is multiplied by n / (n - 1), since a few seeds show less than their whole
spread, and the difference is compared with a Student distribution whose degrees of freedom follow
from the shares (Welch and Satterthwaite): with three seeds, a difference has to be larger than with
many. With one seed only the images are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Difference:
    """A difference of mean accuracies, first model less second, and how far it can be trusted.

    Attributes:
        mean: The difference, a fraction of 1.
        deviation: Standard deviation of `mean`, by the bootstrap over seeds and images.
        freedom: Degrees of freedom of `deviation`; infinite with one seed.
        p_value: Probability of a difference as large as this, were the models equally good.
    """

    mean: float
    deviation: float
    freedom: float
    p_value: float

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Interval of the difference, of that coverage."""
        half = float(half_widths(self.deviation, self.freedom, confidence))
        return self.mean - half, self.mean + half


def difference(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Difference:
    """Compare two models.

    Args:
        first: Whether each prediction of the first model is right: bool, (seeds, images).
        second: Likewise for the second model, with the same seeds and images.

    Raises:
        ValueError: The shapes differ, or there are no seeds or images.
    """
    if first.shape != second.shape or first.ndim != 2 or not first.size:
        raise ValueError(
            f"the models' results have shapes {first.shape} and {second.shape}, expected (seeds, "
            "images) twice"
        )
    apart = first.astype(np.float64) - second
    mean, variance, freedom = spread(
        apart.mean(axis=1), np.mean(apart.mean(axis=0) ** 2), np.mean(apart**2), apart.shape[1]
    )
    p = p_values(mean, variance, freedom)
    return Difference(float(mean), float(np.sqrt(variance)), float(freedom), float(p))


def mcnemar(only_first: int, only_second: int) -> float:
    """p-value of McNemar's exact test: two fixed models on the same images.

    Q. McNemar, Psychometrika 12 (1947). It tells of these two fitted models, not of others that
    other seeds would have given.

    Args:
        only_first: How many images the first model alone got right.
        only_second: How many the second model alone got right.
    """
    return float(mcnemar_p_values(only_first, only_second))


def mcnemar_p_values(only_first: Any, only_second: Any) -> NDArray[np.float64]:
    """p-values of McNemar's exact test for many pairs.

    Args:
        only_first: As for `mcnemar`, one for each pair: whole numbers, (...).
        only_second: Likewise.
    """
    from scipy.special import bdtr

    first, second = (np.asarray(one, np.int64) for one in (only_first, only_second))
    fewer, apart = np.minimum(first, second).astype(np.float64), first + second
    # Which model is right on an image that one alone gets right is a coin's toss, of which both
    # ends are alike.
    return np.asarray(np.minimum(1.0, 2 * bdtr(fewer, apart, 0.5)))


def spread(by_seed: Any, image_squares: Any, squares: Any, images: int) -> tuple[Any, Any, Any]:
    """Mean, variance and degrees of freedom of the differences of many pairs of models.

    Args:
        by_seed: Differences of accuracy: (..., seeds).
        image_squares: Mean square of the images' differences, each a mean over seeds: (...).
        squares: Mean square of all single differences: (...).
        images: Number of test images.

    Returns:
        Three arrays of shape (...).
    """
    seeds = by_seed.shape[-1]
    mean, of_seeds = by_seed.mean(axis=-1), by_seed.var(axis=-1)
    of_images = np.maximum(image_squares - mean**2, 0.0)
    # What is left of a single difference without the means of its seed and of its image.
    left = np.maximum(squares - mean**2 - of_seeds - of_images, 0.0)
    share = of_seeds / (seeds - 1) if seeds > 1 else np.zeros_like(mean)
    variance = share + of_images / images + left / (images * seeds)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.where(share > 0, (seeds - 1) * (variance / share) ** 2, np.inf)
    return mean, variance, freedom


def p_values(mean: Any, variance: Any, freedom: Any) -> NDArray[np.float64]:
    """Probability of differences as large as these, were the models of each pair equally good."""
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stdtr(freedom, -np.abs(mean) / np.sqrt(variance))
    return np.asarray(np.where(mean == 0, 1.0, np.where(variance == 0, 0.0, p)))


def half_widths(deviation: Any, freedom: Any, confidence: float = 0.95) -> NDArray[np.float64]:
    """Half the widths of the intervals of differences of many pairs of models.

    Args:
        deviation: Standard deviations of the differences: (...).
        freedom: Their degrees of freedom, infinite with one seed: (...).
        confidence: Coverage of the intervals, in (0, 1).
    """
    from scipy.special import ndtri, stdtrit

    tail = 0.5 + confidence / 2
    finite = np.where(np.isinf(freedom), 1.0, freedom)
    factor = np.where(np.isinf(freedom), ndtri(tail), stdtrit(finite, tail))
    return np.asarray(factor * deviation)
