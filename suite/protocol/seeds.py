"""The seeds of a run's parts: hashes of (base seed, role), so that no part shifts another's."""

from __future__ import annotations

from suite.contract import derive_seed


def split_seed(seed: int) -> int:
    """Seed of the division into training, validation and folds: the same for every model."""
    return derive_seed(seed, "split")


def order_seed(seed: int) -> int:
    """Seed of the order in which training images are handed to the model."""
    return derive_seed(seed, "order")


def model_seed(seed: int, fold: int | None) -> int:
    """Seed that `build` gets; each fold has its own."""
    return derive_seed(seed, "model" if fold is None else f"model-fold-{fold}")
