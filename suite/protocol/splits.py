"""Which images train, validate and test: a pure function of labels, rules and seed.

The generator is NumPy's `RandomState`, whose stream is frozen by policy (NEP 19): the same seed
gives the same split with every version of NumPy, which `Generator` does not promise.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from suite.errors import UsageError
from suite.protocol.rules import Preset, Protocol
from suite.protocol.seeds import order_seed, split_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int32]

HOLDOUT_PARTS = 5  # one fifth validates: the split of 80 % and 20 %


@dataclass(frozen=True, kw_only=True)
class Split:
    """The images of one run, as indices.

    Attributes:
        train: Training images in the order in which the model gets them: int32, (n,).
        validation: Validation images, likewise out of the training set; (0,) without any.
        test: The images that are scored: int32, (m,).
        scores_training_images: Whether `test` indexes the training set (a fold) rather than the
            official test set.
    """

    train: Indices
    validation: Indices
    test: Indices
    scores_training_images: bool

    @cached_property
    def sha256(self) -> str:
        """Sum over the index arrays of all parts and which set the test part is from."""
        total = hashlib.sha256()
        origin = "train" if self.scores_training_images else "test"
        for name, part in (
            ("train", self.train),
            ("validation", self.validation),
            (f"test:{origin}", self.test),
        ):
            total.update(f"{name}:{len(part)}:".encode())
            total.update(np.ascontiguousarray(part, dtype="<i4").tobytes())
        return total.hexdigest()


def make_split(
    train_labels: NDArray[np.uint8],
    test_count: int,
    protocol: Protocol,
    preset: Preset,
    seed: int,
    fold: int | None = None,
) -> Split:
    """Divide a dataset.

    Args:
        train_labels: Labels of the whole training set: uint8, (n,).
        test_count: Number of official test images.
        protocol: Which parts there are.
        preset: Caps the training images (stratified, after the split) and validation to a quarter
            of that.
        seed: The base seed.
        fold: Which fold is scored, for a protocol with folds.

    Returns:
        The split; the same for equal arguments, on every machine.

    Raises:
        UsageError: A fold is given or lacking against the protocol.
    """
    if (fold is None) != (protocol.folds == 0) or (fold or 0) >= max(protocol.folds, 1):
        raise UsageError(
            f"protocol {protocol.name} has {protocol.folds or 'no'} folds, but fold is {fold}"
        )
    everything = np.arange(len(train_labels), dtype=np.int32)
    test = np.arange(test_count, dtype=np.int32)
    validation = everything[:0]
    train = everything
    if protocol.folds:
        part = _stratified_parts(train_labels, protocol.folds, split_seed(seed))
        train, test = everything[part != fold], everything[part == fold]
    elif protocol.validates:
        part = _stratified_parts(train_labels, HOLDOUT_PARTS, split_seed(seed))
        train, validation = everything[part != 0], everything[part == 0]
    random = np.random.RandomState(order_seed(seed))
    train = train[random.permutation(len(train))]
    validation = validation[random.permutation(len(validation))]
    if preset.max_images is not None:
        train = _stratified_cap(train, train_labels, preset.max_images)
        validation = _stratified_cap(validation, train_labels, preset.max_images // 4)
    return Split(
        train=train,
        validation=validation,
        test=test,
        scores_training_images=protocol.folds > 0,
    )


def _stratified_parts(labels: NDArray[np.uint8], parts: int, seed: int) -> NDArray[np.int64]:
    """A part number for each image: sizes, and each class within them, differ by one at most."""
    random = np.random.RandomState(seed)
    shuffled = random.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    # Dealing the classes out one after another, without starting anew at each, keeps whole parts
    # as even as the classes within them.
    part = np.empty(len(labels), dtype=np.int64)
    part[by_class] = np.arange(len(labels)) % parts
    return part


def _stratified_cap(indices: Indices, labels: NDArray[np.uint8], limit: int) -> Indices:
    """The first images of each class, `limit` in all: classes keep their proportions.

    Ranks within a class are scaled by its size, so that the lowest `limit` of them hold the same
    part of each class. `indices` come shuffled, and the kept ones stay in their order.
    """
    if len(indices) <= limit:
        return indices
    own = labels[indices]
    position = np.empty(len(indices), dtype=np.float64)
    for label in np.unique(own):
        members = np.flatnonzero(own == label)
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
    keep = np.argsort(position, kind="stable")[:limit]
    kept: Indices = indices[np.sort(keep)]
    return kept
