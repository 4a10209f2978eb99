"""Histograms of oriented gradients, told apart by a linear support vector machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from baselines._helpers import interpolated_cost, linear_numbers
from suite.contract import Params, Plugin, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import Images

SIDE = 28
CHUNK = 1_000  # images whose gradients are held at once


def build(*, seed: int, threads: int, C: float, cell: int, orientations: int) -> Any:
    """A pipeline of the features and a scikit-learn `LinearSVC`, solved in the primal.

    Params:
        C: Weight of training errors against a wide margin.
        cell: Side of a cell in pixels, of which there are as many as fit.
        orientations: Directions of a gradient, up to its sign, that a histogram counts.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import LinearSVC

    settings = {"cell": cell, "orientations": orientations}
    features = FunctionTransformer(histograms, kw_args=settings)
    return make_pipeline(features, LinearSVC(C=C, dual=False, random_state=0))


def histograms(X: Images, cell: int, orientations: int) -> NDArray[np.float32]:
    """The features of Dalal and Triggs (2005): blocks of 2 × 2 cells, each one cell further.

    Args:
        X: Images, (n, 784).
        cell: Side of a cell in pixels.
        orientations: Bins of a histogram.

    Returns:
        Shape (n, (cells - 1)² × 4 × orientations), where cells are those along a side.
    """
    import numpy as np

    chunks = [X[start : start + CHUNK] for start in range(0, len(X), CHUNK)]
    return np.concatenate([_blocks(_cells(chunk, cell, orientations)) for chunk in chunks])


def _cells(X: Images, cell: int, orientations: int) -> NDArray[np.float32]:
    """Each cell's histogram: the gradients' lengths, shared between the two nearest bins.

    Returns:
        Shape (n, cells, cells, orientations).
    """
    import numpy as np

    images = X.reshape(-1, SIDE, SIDE)
    down, across = np.zeros_like(images), np.zeros_like(images)
    down[:, 1:-1] = images[:, 2:] - images[:, :-2]
    across[:, :, 1:-1] = images[:, :, 2:] - images[:, :, :-2]
    length = np.hypot(down, across)
    position = np.arctan2(down, across) / np.float32(np.pi) % 1 * orientations - np.float32(0.5)
    below = np.floor(position)
    share = position - below
    cells = SIDE // cell
    used = cells * cell
    counted = np.empty((len(X), cells, cells, orientations), np.float32)
    for number in range(orientations):
        weight = np.where(below % orientations == number, 1 - share, np.float32(0))
        weight += np.where((below + 1) % orientations == number, share, np.float32(0))
        squares = (weight * length)[:, :used, :used].reshape(-1, cells, cell, cells, cell)
        counted[..., number] = squares.sum(axis=(2, 4))
    return counted


def _blocks(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cells in blocks of 2 × 2, each block of length 1, cut off at 0.2 and of length 1 again."""
    import numpy as np

    corners = (cells[:, :-1, :-1], cells[:, 1:, :-1], cells[:, :-1, 1:], cells[:, 1:, 1:])
    blocks = np.concatenate(corners, axis=3)
    for most in (0.2, 1.0):
        length = np.sqrt((blocks**2).sum(axis=3, keepdims=True) + np.float32(1e-6))
        blocks = np.minimum(blocks / length, np.float32(most))
    return blocks.reshape(len(blocks), -1)


def parameters(fitted: Any) -> int:
    """A coefficient for each class and feature, and an intercept for each class."""
    return linear_numbers(fitted[-1])


def cost(images: int, params: Params) -> float:
    """Processor seconds."""
    return interpolated_cost(images, {1_000: 5.5, 6_000: 12.0, 60_000: 125.0})


PLUGIN = Plugin(
    title="HOG and linear SVM",
    family="classic",
    view="flat",
    build=build,
    params={"C": 0.1, "cell": 4, "orientations": 9},
    parameters=parameters,
    random=False,
    cost_hint=cost,
    requires=("sklearn.svm",),
    source=Source(
        name="Histograms of oriented gradients for human detection",
        url="https://doi.org/10.1109/CVPR.2005.177",
        changed="Cells of 4 × 4 pixels instead of 8 × 8, for images of 28; no interpolation "
        "between cells.",
    ),
)
