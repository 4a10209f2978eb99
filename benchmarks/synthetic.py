"""A results folder such as a large sweep leaves, made in seconds and without training anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count as integers
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.contract import Plugin
from suite.data.datasets import Dataset
from suite.identity import identity
from suite.records.archive import pack_archive
from suite.records.arrays import RunArrays
from suite.records.machine import package_versions
from suite.records.record import Count, DatasetFacts, Environment, Record, make_record
from suite.registry import discover

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEEDS = 5
EPOCHS = 12
ARRAY_SETS = 50
# Out of five models: as in the suite's own sweeps, where SVMs and linear models give none.
WITH_PROBABILITIES = 3
VALIDATION_IMAGES = 12_000
ACCURACY = 0.9


@dataclass(frozen=True)
class Entry:
    """A row of the leaderboard to be: a model with its parameters."""

    model: str
    variant: str
    plugin: Plugin
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Packed:
    """Predictions, and the npz file that holds them."""

    arrays: RunArrays
    sha256: str
    content: bytes


def write_records(folder: Path, count: int, datasets: list[Dataset]) -> None:
    """Write records of `SEEDS` seeds for each entry and dataset, until there are enough.

    The files are what `Store.add` writes, without its syncing. Every record is another one; the
    predictions are drawn from `ARRAY_SETS` sets a dataset, since making them takes longest.

    Args:
        folder: The results folder, empty.
        count: How many records.
        datasets: The datasets; their test labels decide what is a right prediction.
    """
    random = np.random.default_rng(0)
    sets = min(ARRAY_SETS, count)
    packed = {
        data.name: [
            _pack(_arrays(data.labels("test"), number % 5 < WITH_PROBABILITIES, random))
            for number in range(sets)
        ]
        for data in datasets
    }
    runs = (
        (entry, data, seed) for entry in entries() for data in datasets for seed in range(SEEDS)
    )
    for number, (entry, data, seed) in enumerate(islice(runs, count)):
        chosen = packed[data.name][number % sets]
        record = _record(entry, data, seed, chosen.sha256, random)
        path = folder / f"{record.key.stem}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".npz").write_bytes(chosen.content)
        path.write_text(record.to_json(), encoding="utf-8")


def entries() -> Iterator[Entry]:
    """The suite's models with their defaults, then with other numbers, without end."""
    models = list(discover().models.values())
    seen = set()
    for factor in integers(1):
        for model in models:
            parameters = {
                name: value * factor if type(value) in (int, float) else value
                for name, value in model.plugin.params.items()
            }
            variant = identity(model.plugin, parameters)
            if (model.name, variant) not in seen:
                seen.add((model.name, variant))
                yield Entry(model.name, variant, model.plugin, parameters)


def _arrays(
    labels: NDArray[np.uint8], probabilities: bool, random: np.random.Generator
) -> RunArrays:
    """Predictions of which about `ACCURACY` are right, and surer where they are."""
    right = random.random(len(labels)) < ACCURACY
    predictions = np.where(right, labels, random.integers(0, 10, len(labels))).astype(np.uint8)
    doubt = random.exponential(np.where(right, 0.05, 0.3)) ** 2
    confidence = np.round(np.clip(1 - doubt, 0.1, 1) * 65_535).astype(np.uint16)
    validation = random.integers(0, 10, VALIDATION_IMAGES).astype(np.uint8)
    return RunArrays(
        predictions=predictions,
        confidence=confidence if probabilities else None,
        validation_predictions=validation,
    )


def _pack(arrays: RunArrays) -> Packed:
    return Packed(arrays, arrays.sha256(), pack_archive(arrays.present()))


def _record(
    entry: Entry, data: Dataset, seed: int, arrays_sha256: str, random: np.random.Generator
) -> Record:
    cnn = entry.plugin.family == "cnn"
    seconds = float(random.lognormal(3, 1))
    history = tuple(
        {
            "epoch": epoch,
            "loss": float(random.random() / epoch),
            "accuracy": float(1 - random.random() / (epoch + 1)),
            "val_accuracy": float(1 - random.random() / (epoch + 1)),
        }
        for epoch in range(1, EPOCHS + 1)
    )
    return make_record(
        model=entry.model,
        variant=entry.variant,
        parameters=entry.parameters,
        preset_changes={"epochs": EPOCHS} if "epochs" in entry.parameters else {},
        source_hash=_sha256(entry.model),
        dataset=DatasetFacts(name=data.name, sums=dict(data.sums)),
        protocol="holdout",
        preset="standard",
        split_hash=_sha256(f"{data.name} {seed}"),
        train_images=48_000,
        seed=seed,
        threads=1,
        engine="keras" if cnn else "scikit-learn",
        status="ok",
        fit_wall_seconds=seconds * 1.02,
        fit_cpu_seconds=seconds,
        predict_wall_seconds=seconds / 40,
        peak_memory_mib=float(random.uniform(100, 900)),
        parameter_count=Count(total=int(random.integers(1_000, 5_000_000))),
        model_bytes=int(random.integers(10_000, 200_000_000)),
        history=history if cnn else None,
        log_loss=float(random.uniform(0.2, 0.5)),
        arrays_sha256=arrays_sha256,
        environment=Environment(
            processor="A processor of 2 cores",
            cores=2,
            memory_mib=8_000,
            system="Linux 6.1.0",
            python="3.11.7",
            packages=package_versions(),
            backend="tensorflow" if cnn else None,
            git_commit="0" * 40,
            git_dirty=False,
        ),
        started_at="2026-01-01T00:00:00+00:00",
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
