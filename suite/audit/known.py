"""What records are checked against: the models, the datasets, the splits, the time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from suite.data.datasets import Dataset, load
from suite.protocol.rules import PROTOCOLS, preset_named
from suite.protocol.splits import Split, make_split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.records.record import Record, RunKey
    from suite.registry import Registry

    SplitKey = tuple[str, str, str, int, int | None]


class Known:
    """The suite's own facts; each dataset is read once and each split made once."""

    def __init__(self, registry: Registry, *, now: datetime, data_dir: Path | None = None) -> None:
        self.registry = registry
        self.now = now
        self._data_dir = data_dir
        self._datasets: dict[str, Dataset] = {}
        self._splits: dict[SplitKey, Split] = {}

    def dataset(self, name: str) -> Dataset:
        """A dataset of the suite.

        Raises:
            DataError: It is missing or broken.
        """
        if name not in self._datasets:
            self._datasets[name] = load(name, self._data_dir)
        return self._datasets[name]

    def split(self, dataset: str, protocol: str, preset: str, seed: int, fold: int | None) -> Split:
        """A split by the suite's rules.

        Raises:
            DataError: The dataset is missing or broken.
            UsageError: The protocol does not have the fold, or the preset is not known.
        """
        key = dataset, protocol, preset, seed, fold
        if key not in self._splits:
            data = self.dataset(dataset)
            self._splits[key] = make_split(
                data.labels("train"), len(data.labels("test")), PROTOCOLS[protocol],
                preset_named(preset), seed, fold,
            )  # fmt: skip
        return self._splits[key]

    def split_for(self, key: RunKey) -> Split:
        """The split of a run; errors as for `split`."""
        return self.split(key.dataset, key.protocol, key.preset, key.seed, key.fold)

    def split_of(self, record: Record) -> Split:
        """The split that a record's run has to have; its rules must be known ones."""
        return self.split_for(record.key)

    def labels_of(self, record: Record) -> NDArray[np.uint8]:
        """Labels of the images that a record's run predicted: uint8, (n,)."""
        split, data = self.split_of(record), self.dataset(record.dataset.name)
        return data.labels("train" if split.scores_training_images else "test")[split.test]

    def validation_labels_of(self, record: Record) -> NDArray[np.uint8]:
        """Labels of its validation images: uint8, (m,); none under some protocols."""
        return self.dataset(record.dataset.name).labels("train")[self.split_of(record).validation]
