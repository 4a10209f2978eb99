"""Which rows of a ranking can't be told from a better one: groups with a letter behind the rank.

Pairs of rows are compared as `suite.stats.paired` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.stats.paired import Pairs

SIGNIFICANCE = 0.05


def corrected(pairs: Pairs) -> NDArray[np.float64]:
    """p-values of all pairs of a column, corrected for their number: (rows, rows).

    All pairs are compared, since which row is first is the data's choice, so that a correction for
    the comparisons with that row alone would be too small (of 40 equal models, one in three
    rankings would be divided).
    """
    count = len(pairs.mean)
    above = np.triu_indices(count, 1)
    found = np.ones((count, count))
    found[above] = holm(pairs.p_values()[above])
    return np.minimum(found, found.T)


def tie_groups(p_values: NDArray[np.float64]) -> list[int]:
    """Divide a ranking into groups of rows that can't be told from the group's first row.

    From each group's first row downwards, the first row that can begins the next group.

    Args:
        p_values: Corrected p-values of all pairs of rows, the best row first: (rows, rows).

    Returns:
        The group of each row, counted from 1.
    """
    count = len(p_values)
    groups: list[int] = []
    while len(groups) < count:
        top = len(groups)
        differs = np.flatnonzero(p_values[top, top + 1 :] < SIGNIFICANCE)
        members = 1 + (int(differs[0]) if len(differs) else count - top - 1)
        groups += [groups[-1] + 1 if groups else 1] * members
    return groups


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-values corrected for their number: S. Holm, Scandinavian Journal of Statistics 6 (1979).

    The same as `statsmodels.stats.multitest.multipletests(..., method="holm")`, a library of 65 MB
    that takes half a second to import.

    Args:
        p_values: Of the comparisons of one family: (n,).

    Returns:
        The corrected values, in the same order.
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    corrected_values = np.empty(len(p_values))
    corrected_values[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return corrected_values
