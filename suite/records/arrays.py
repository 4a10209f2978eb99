"""What a run predicted: the arrays beside its record."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class RunArrays:
    """What a run predicted.

    Attributes:
        predictions: Class of each test image (of the fold's images under `kfold`): uint8, (n,).
        confidence: Probability of that class times 65,535, rounded: uint16, (n,); None where the
            model gives no probabilities.
        validation_predictions: Class of each validation image: uint8, (m,); None without any.
    """

    predictions: NDArray[np.uint8]
    confidence: NDArray[np.uint16] | None = None
    validation_predictions: NDArray[np.uint8] | None = None

    def present(self) -> dict[str, NDArray[Any]]:
        """The arrays that there are, by name."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: array for name, array in named.items() if array is not None}

    def sha256(self) -> str:
        """Sum over names, types, shapes and bytes, whatever file they are kept in."""
        total = hashlib.sha256()
        for name, array in sorted(self.present().items()):
            total.update(f"{name}:{array.dtype.str}:{array.shape}:".encode())
            total.update(np.ascontiguousarray(array).tobytes())
        return total.hexdigest()
