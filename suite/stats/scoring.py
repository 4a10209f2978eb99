"""From stored predictions to scores, with the labels that belong to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from suite.data.datasets import DATASETS, Dataset, load
from suite.data.duplicates import known_duplicates
from suite.errors import RecordError
from suite.protocol.rules import PROTOCOLS, Preset, Protocol, find_preset
from suite.protocol.splits import make_split
from suite.records.store import Damage, StoredRun
from suite.stats.calibration import Reliability, reliability
from suite.stats.metrics import accuracy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.records.record import Record

    Labels = NDArray[np.uint8]
    Places = NDArray[np.intp]


CLASSES = 10


@dataclass(frozen=True)
class Scored:
    """A record and what its predictions are worth.

    Attributes:
        record: The record.
        accuracy: Part of the scored images whose class was predicted; None for a failed run.
        images: How many images were scored; 0 for a failed run.
        accuracy_clean: Accuracy on the test images without a known near-duplicate among the
            training images; None for a failed run, for a fold, and where no list is known.
        right: Whether each prediction is right, `numpy.packbits`: uint8; None for a failed run.
        confusion: How many images of each class (row) were taken for each class (column): (10, 10);
            None for a failed run.
        reliability: Predictions by their confidence; None for a failed run, and for a model
            without probabilities.
    """

    record: Record
    accuracy: float | None
    images: int
    accuracy_clean: float | None = None
    right: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)
    confusion: NDArray[np.int64] | None = field(default=None, compare=False, repr=False)
    reliability: Reliability | None = field(default=None, compare=False, repr=False)


def score(run: StoredRun, labels: Labels, duplicates: Places | None = None) -> Scored:
    """Score one run.

    Args:
        run: The run.
        labels: Labels of the images that it predicted, in their order: uint8, (n,). Not looked at
            for a failed run.
        duplicates: Places of the images that have a near-duplicate among the training images, each
            once: (k,); None where they are not known.

    Returns:
        The score; without an accuracy for a run that failed.

    Raises:
        RecordError: The run says that it went well, but its predictions are missing or are not
            classes, one for each label, or their confidences are not numbers of 16 bits, one each.
    """
    if run.record.status != "ok":
        return Scored(run.record, None, 0)
    if run.arrays is None:
        raise RecordError("its status is ok, but it has no predictions")
    predictions = run.arrays.predictions
    if predictions.shape != labels.shape:
        raise RecordError(
            f"its predictions have shape {predictions.shape}, expected {labels.shape}: "
            "one for each image that was scored"
        )
    if predictions.dtype.kind != "u":
        raise RecordError(f"its predictions are {predictions.dtype}, expected uint8")
    if predictions.max(initial=0) >= CLASSES:
        raise RecordError(f"it predicts class {predictions.max()}, expected 0 to {CLASSES - 1}")
    confidence = run.arrays.confidence
    if confidence is not None and (
        confidence.shape != labels.shape or confidence.dtype != np.uint16
    ):
        raise RecordError(
            f"its confidences are {confidence.dtype} {confidence.shape}, expected uint16 "
            f"{labels.shape}: one for each prediction"
        )
    right = predictions == labels
    # In uint8, which holds both digits of 99: twice as fast as in whole words.
    both = labels * np.uint8(CLASSES) + predictions.astype(np.uint8, copy=False)
    counts = np.bincount(both, minlength=CLASSES**2)
    return Scored(
        run.record,
        accuracy(predictions, labels),
        len(labels),
        accuracy_clean=_without(duplicates, right),
        right=np.packbits(right),
        confusion=counts.reshape(CLASSES, CLASSES),
        reliability=None if confidence is None else reliability(confidence, right),
    )


def _without(duplicates: Places | None, right: NDArray[np.bool_]) -> float | None:
    """Accuracy on the other images."""
    if duplicates is None:
        return None
    images = len(right) - len(duplicates)
    return int(np.count_nonzero(right) - np.count_nonzero(right[duplicates])) / images


def score_all(
    found: Iterable[StoredRun | Damage],
    data_dir: Path | None = None,
    watch: Callable[[StoredRun, Labels], None] | None = None,
) -> tuple[tuple[Scored, ...], tuple[Damage, ...]]:
    """Score runs; each dataset is read once, and not at all where all its runs failed.

    No run's arrays are kept, so that runs that are read one by one (`suite.records.store.scan`)
    need little memory.

    Args:
        found: The runs, with the records among them that could not be read.
        data_dir: Where to look for the datasets first.
        watch: Called with each run that gave a result, once it is scored, and the labels of its
            images: the only chance to look at its arrays.

    Returns:
        The scores in the order of the runs, and the records that can't be read or scored with the
        reason.

    Raises:
        DataError: A dataset is missing or broken.
    """
    datasets: dict[str, Dataset] = {}
    labels: dict[tuple[object, ...], Labels] = {}
    duplicates: dict[str, Places | None] = {}
    scored: list[Scored] = []
    damaged: list[Damage] = []
    for run in found:
        if isinstance(run, Damage):
            damaged.append(run)
            continue
        record = run.record
        try:
            _rules(record)
            if record.status != "ok":
                scored.append(Scored(record, None, 0))
                continue
            dataset = _dataset_of(record, datasets, data_dir)
            key = _label_key(record)
            if key not in labels:
                labels[key] = scored_labels(record, dataset)
            if dataset.name not in duplicates:
                duplicates[dataset.name] = _duplicated(dataset.name)
            known = duplicates[dataset.name] if record.fold is None else None
            scored.append(score(run, labels[key], known))
            if watch is not None:
                watch(run, labels[key])
        except RecordError as error:
            damaged.append(Damage(run.path, str(error)))
    return tuple(scored), tuple(damaged)


def scored_labels(record: Record, dataset: Dataset) -> Labels:
    """Labels of the images that a run predicted, in their order.

    Args:
        record: The run.
        dataset: Its dataset.

    Returns:
        The official test labels, or those of the fold: uint8, (n,).

    Raises:
        RecordError: Protocol or preset are unknown, or the fold is not the one that was predicted.
    """
    protocol, preset = _rules(record)
    if not protocol.folds:
        return dataset.labels("test")
    train = dataset.labels("train")
    test_count = len(dataset.labels("test"))
    split = make_split(train, test_count, protocol, preset, record.seed, record.fold)
    if split.sha256 != record.split_hash:
        raise RecordError(
            f"its split is not the one that seed {record.seed}, fold {record.fold} gives now, "
            "so that its labels are not known"
        )
    return train[split.test]


def _rules(record: Record) -> tuple[Protocol, Preset]:
    """Protocol and preset of a run, failed or not, whose fold is one of theirs."""
    protocol, preset = PROTOCOLS.get(record.protocol), find_preset(record.preset)
    if protocol is None or preset is None:
        raise RecordError(
            f"its protocol {record.protocol} or preset {record.preset} is unknown to this version"
        )
    if (record.fold is None) != (protocol.folds == 0) or (record.fold or 0) >= max(
        protocol.folds, 1
    ):
        raise RecordError(f"its fold is {record.fold}, which protocol {protocol.name} can't have")
    return protocol, preset


def _duplicated(name: str) -> Places | None:
    """Places of the test images of a dataset that have a known near-duplicate."""
    pairs = known_duplicates(name)
    return None if pairs is None else np.array(sorted({p.test_index for p in pairs}), np.intp)


def _dataset_of(record: Record, loaded: dict[str, Dataset], data_dir: Path | None) -> Dataset:
    name = record.dataset.name
    if name not in DATASETS:
        raise RecordError(f"its dataset {name} is unknown to this version")
    if name not in loaded:
        loaded[name] = load(name, data_dir)
    if dict(loaded[name].sums) != record.dataset.sums:
        raise RecordError(f"it was made with other data than the {name} at hand: the sums differ")
    return loaded[name]


def _label_key(record: Record) -> tuple[object, ...]:
    """What the labels depend on; under a protocol with folds each split has its own."""
    name = record.dataset.name
    if record.fold is None:
        return name, record.protocol, record.preset
    return name, record.protocol, record.preset, record.seed, record.fold, record.split_hash
