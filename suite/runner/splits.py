"""The splits of a sweep, each made once, and the training sizes that its datasets allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from suite.data.datasets import Dataset
from suite.errors import UsageError
from suite.protocol.rules import Preset, Protocol, preset_named, reduced
from suite.protocol.splits import Split, make_split
from suite.records.record import RunKey


class Splits:
    """Makes and remembers the splits of a sweep."""

    def __init__(self, datasets: Mapping[str, Dataset], protocol: Protocol) -> None:
        self._datasets = datasets
        self._protocol = protocol
        self._made: dict[tuple[str, str, int, int | None], Split] = {}

    def __call__(self, key: RunKey) -> Split:
        """The split of a run.

        Raises:
            UsageError: Its preset is not known, or is reduced to so few training images that some
                class has none.
        """
        return self._of(key.dataset, preset_named(key.preset), key.seed, key.fold)

    def most(self, dataset: str, preset: Preset) -> int:
        """How many training images a preset that is not reduced has of a dataset.

        Where folds differ by an image, those of the fold that leaves the fewest. The number does
        not depend on the seed.
        """
        folds: Sequence[int | None] = range(self._protocol.folds) or (None,)
        return min(len(self._of(dataset, preset, 0, fold).train) for fold in folds)

    def presets(self, dataset: str, preset: Preset, sizes: Sequence[int]) -> tuple[Preset, ...]:
        """What a dataset is trained under: the preset reduced to each size.

        Args:
            dataset: Name of the dataset.
            preset: The preset; not a reduced one.
            sizes: Numbers of training images; empty for the preset alone.

        Returns:
            A preset a size, in their order. A size that is not below `most` changes nothing, and is
            the preset itself, once.
        """
        if not sizes:
            return (preset,)
        most = self.most(dataset, preset)
        return tuple(
            dict.fromkeys(reduced(preset, size) if size < most else preset for size in sizes)
        )

    def _of(self, dataset: str, preset: Preset, seed: int, fold: int | None) -> Split:
        key = dataset, preset.name, seed, fold
        if key not in self._made:
            data = self._datasets[dataset]
            labels, tested = data.labels("train"), len(data.labels("test"))
            split = make_split(labels, tested, self._protocol, preset, seed, fold)
            if preset.size is not None:
                self._check_classes(data, split)
            self._made[key] = split
        return self._made[key]

    def _check_classes(self, data: Dataset, split: Split) -> None:
        labels = data.labels("train")
        classes, there = np.unique(labels), np.unique(labels[split.train])
        if len(there) < len(classes):
            raise UsageError(
                f"train size {len(split.train)}: too few images of {data.name} for one of each of "
                f"its {len(classes)} classes ({len(there)} have one). Name a larger size"
            )
