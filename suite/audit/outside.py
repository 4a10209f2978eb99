"""Predictions that were made elsewhere: read from a file, and kept as a record marked unverified.

Nothing but the predictions is known of such a run. It is scored like any other, lies in a folder of
its own below the results and has no place in rankings.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.audit.finding import shown
from suite.errors import DataError, UsageError
from suite.protocol.rules import PROTOCOLS
from suite.records.archive import parse_array, read_archive
from suite.records.arrays import RunArrays
from suite.records.reading import read_regular
from suite.records.record import (
    CONFIDENCE_SCALE,
    LONGEST_SOURCE,
    UNVERIFIED,
    DatasetFacts,
    Environment,
    Origin,
    Record,
    make_record,
)
from suite.registry import normal_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.audit.known import Known
    from suite.stats.scoring import Scored

CLASSES = 10
LARGEST_FILE = 16 * 2**20
COLUMNS = ("index", "prediction", "confidence")
_NAME = re.compile(r"[a-z0-9_]{1,60}")
_UNKNOWN = "not recorded"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the user says of predictions.

    Attributes:
        model: Name of the model.
        dataset: Name of the dataset whose official test images were predicted.
        protocol: How the training images were used: "full" or "holdout".
        preset: How much of a full training was done.
        seed: A number that tells several runs of the model apart.
        source: Address, or words, by which a reader finds who made them and how.
    """

    model: str
    dataset: str
    protocol: str
    preset: str
    seed: int
    source: str


def import_record(path: Path, claim: Claim, known: Known) -> tuple[Record, RunArrays]:
    """The record of predictions in a file.

    Args:
        path: CSV with the columns index and prediction, and confidence where there is one; NPZ with
            arrays of these names; or NPY with the predictions alone, in the order of the images.
        claim: What the user says of them.
        known: The models and datasets.

    Raises:
        UsageError: The claim can't be: a name that is taken, a protocol with folds, no source.
        DataError: The file is missing, broken, or has not one class for each test image; or the
            dataset is.
    """
    name = _checked_name(claim, known)
    if PROTOCOLS[claim.protocol].folds:
        raise UsageError(
            f"predictions under {claim.protocol} can't be imported: its images are not the "
            "official test images. Use --protocol full or holdout"
        )
    source = "".join(c if c.isprintable() else " " for c in claim.source).strip()
    if not 1 <= len(source) <= LONGEST_SOURCE:
        raise UsageError(f"--source has {len(source)} characters, expected 1 to {LONGEST_SOURCE}: "
                         "the address or words by which a reader finds who made them")  # fmt: skip
    dataset = known.dataset(claim.dataset)
    split = known.split(claim.dataset, claim.protocol, claim.preset, claim.seed, None)
    content = _content(path)
    arrays = read_predictions(content, path, len(split.test))
    record = make_record(
        model=name,
        variant=UNVERIFIED,
        parameters={},
        source_hash=hashlib.sha256(content).hexdigest(),
        dataset=DatasetFacts(name=claim.dataset, sums=dict(dataset.sums)),
        protocol=claim.protocol,
        preset=claim.preset,
        split_hash=split.sha256,
        train_images=len(split.train),
        seed=claim.seed,
        threads=1,
        status="ok",
        arrays_sha256=arrays.sha256(),
        environment=Environment(
            processor=_UNKNOWN, cores=0, memory_mib=0, system=_UNKNOWN, python=_UNKNOWN, packages={}
        ),
        origin=Origin(source=source, file=shown(path.name)),
        started_at=known.now.isoformat(timespec="seconds"),
    )
    return record, arrays


def _checked_name(claim: Claim, known: Known) -> str:
    name = normal_name(claim.model)
    if not _NAME.fullmatch(name):
        raise UsageError(f"{shown(claim.model)!r} is no name for a model. Use up to 60 letters, "
                         "digits and _")  # fmt: skip
    if name in known.registry.models:
        raise UsageError(f"the name {name} is taken by a model of the suite; use another, such as "
                         f"my_{name}")  # fmt: skip
    return name


def _content(path: Path) -> bytes:
    try:
        return read_regular(path, LARGEST_FILE)
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror})") from error
    except ValueError as error:
        raise DataError(f"{path}: {error}; expected predictions of one test set") from error


def read_predictions(content: bytes, path: Path, count: int) -> RunArrays:
    """Predictions out of a file's content.

    Args:
        content: The file.
        path: Its name, whose suffix says the format.
        count: Number of test images.

    Raises:
        DataError: It has not one class for each image, or can't be understood.
    """
    readers = {".csv": _from_csv, ".npz": _from_npz, ".npy": _from_npy}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path}: expected a file in {', '.join(readers)}, by its name")
    try:
        columns = reader(content)
        return _checked(columns, count)
    except (ValueError, TypeError, OverflowError, csv.Error) as error:
        raise DataError(f"{path}: {shown(str(error))}") from error


def _from_csv(content: bytes) -> dict[str, NDArray[Any]]:
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    header = [name.strip().lower() for name in next(reader, [])]
    if header not in ([*COLUMNS], [*COLUMNS[:2]]):
        raise ValueError(f"its first line is {shown(','.join(header))!r}, expected "
                         "index,prediction or index,prediction,confidence")  # fmt: skip
    numbers = (int, int, float)
    values: list[list[int | float]] = []
    for row in reader:
        if row and len(row) != len(header):
            raise ValueError(
                f"line {reader.line_num} has {len(row)} fields, expected {len(header)}"
            )
        try:
            read = [number(text) for number, text in zip(numbers, row, strict=False)]
        except ValueError as error:
            raise ValueError(f"line {reader.line_num}: {error}") from error
        values += [read] if row else []
    columns = zip(*values, strict=True) if values else ([] for _ in header)
    types = {"index": np.int64, "prediction": np.int64, "confidence": np.float64}
    # One by one: an array of texts would give each as much room as the longest needs.
    return {
        name: np.fromiter(column, types[name]) for name, column in zip(header, columns, strict=True)
    }


def _from_npz(content: bytes) -> dict[str, NDArray[Any]]:
    arrays = read_archive(content)
    unknown = sorted(set(arrays) - set(COLUMNS))
    if unknown or "prediction" not in arrays:
        raise ValueError(f"it has the arrays {shown(', '.join(sorted(arrays)))}, expected "
                         "prediction, and index and confidence where there are any")  # fmt: skip
    return arrays


def _from_npy(content: bytes) -> dict[str, NDArray[Any]]:
    return {"prediction": parse_array(content)}


def _checked(columns: dict[str, NDArray[Any]], count: int) -> RunArrays:
    """The arrays of a record, in the order of the images."""
    predictions = columns["prediction"]
    for name, array in columns.items():
        if array.shape != (count,):
            raise ValueError(f"{name} has shape {array.shape}, expected ({count},): one for each "
                             "official test image")  # fmt: skip
        kinds = "f" if name == "confidence" else "iu"
        if array.dtype.kind not in kinds:
            numbers = "floats" if name == "confidence" else "integers"
            raise ValueError(f"{name} is {array.dtype}, expected {numbers}")
    if predictions.min() < 0 or predictions.max() >= CLASSES:
        raise ValueError(f"predictions go from {predictions.min()} to {predictions.max()}, "
                         f"expected 0 to {CLASSES - 1}")  # fmt: skip
    index = columns.get("index", np.arange(count))
    if not np.array_equal(np.sort(index), np.arange(count)):
        raise ValueError(f"index has not each of 0 to {count - 1} once: it counts the official "
                         "test images in their order")  # fmt: skip
    order = np.argsort(index)
    confidence = columns.get("confidence")
    if confidence is not None:
        if not (np.isfinite(confidence).all() and confidence.min() >= 0 and confidence.max() <= 1):
            raise ValueError("confidence has values that are not from 0 to 1")
        scaled = np.round(confidence[order].astype(np.float64) * CONFIDENCE_SCALE)
        confidence = scaled.astype(np.uint16)
    return RunArrays(predictions=predictions[order].astype(np.uint8), confidence=confidence)


def is_near_chance(scored: Scored) -> bool:
    """Whether a score is so low that the predictions are probably in another order."""
    return scored.accuracy is not None and scored.accuracy < 2 / CLASSES
