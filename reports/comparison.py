"""Two models side by side, on the same test images with the same seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from suite.errors import UsageError
from suite.protocol.rules import PROTOCOLS, find_preset
from suite.records.store import Damage, StoredRun
from suite.selection import Selection
from suite.stats.paired import Difference, difference, mcnemar
from suite.stats.scoring import Scored, score_all


@dataclass(frozen=True)
class SeedPair:
    """Both models' runs with one seed.

    Attributes:
        seed: The seed.
        only_first: Test images that the first model alone got right.
        only_second: Test images that the second model alone got right.
        p_value: McNemar's exact test of these two fitted models.
    """

    seed: int
    only_first: int
    only_second: int
    p_value: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two models on one dataset, under one protocol and preset.

    Attributes:
        dataset: Name of the dataset.
        protocol: Name of the protocol.
        preset: Name of the preset.
        accuracies: Mean accuracy of each, over the seeds that both have.
        difference: First less second.
        seeds: Both models' runs, seed by seed.
        first_alone: Test images (places in the test set, from 0) that the first model got right
            and the second wrong with every seed.
        second_alone: Likewise, the other way round.
    """

    dataset: str
    protocol: str
    preset: str
    accuracies: tuple[float, float]
    difference: Difference
    seeds: tuple[SeedPair, ...]
    first_alone: tuple[int, ...]
    second_alone: tuple[int, ...]

    def to_content(self) -> dict[str, Any]:
        """The comparison as JSON holds it; an infinite number of degrees of freedom is absent."""
        content = asdict(self)
        content["difference"]["interval_95"] = self.difference.interval()
        if np.isinf(self.difference.freedom):
            del content["difference"]["freedom"]
        return content


def compare_records(
    found: Iterable[StoredRun | Damage],
    models: tuple[Selection, Selection],
    *,
    protocol: str | None = None,
    preset: str | None = None,
    data_dir: Path | None = None,
) -> tuple[tuple[Comparison, ...], tuple[Damage, ...]]:
    """Compare two models by their records, on each dataset where both have runs.

    Args:
        found: The records, such as `suite.records.store.scan` gives.
        models: The two models with their parameters.
        protocol: Only this protocol.
        preset: Only this preset.
        data_dir: Where to look for the datasets first.

    Returns:
        The comparisons of one protocol and preset: publishable presets before others, all training
        images before fewer, then those with most seeds on most datasets; and the records that
        can't be believed.

    Raises:
        UsageError: The models are one and the same, or there are no runs to compare.
        DataError: A dataset is missing or broken.
    """
    names = [(model.model.name, model.variant) for model in models]
    if names[0] == names[1]:
        raise UsageError(f"{models[0].label} was given twice; name two different models")
    scored, damaged = score_all(_relevant(found, names, protocol, preset), data_dir)
    tables: dict[tuple[str, str], list[Comparison]] = {}
    for place, runs in groupby(sorted(scored, key=_place), key=_place):
        pair = _compare(place, list(runs), names)
        if pair is not None:
            tables.setdefault(place[:2], []).append(pair)
    if not tables:
        asked = " and ".join(filter(None, (protocol, preset)))
        under = f" under {asked}" if asked else ""
        there = sorted({f"{s.record.model} {'-'.join(_place(s)[:2])}" for s in scored})
        raise UsageError(
            f"no dataset on which both {models[0].label} and {models[1].label} have runs with the "
            f"same seeds{under}; there are: {', '.join(there) or 'none of either'}. Protocols with "
            "folds can't be compared image by image"
        )
    best = max(tables, key=lambda table: _preference(tables[table]))
    return tuple(tables[best]), damaged


def _relevant(
    found: Iterable[StoredRun | Damage],
    names: Sequence[tuple[str, str]],
    protocol: str | None,
    preset: str | None,
) -> Iterable[StoredRun | Damage]:
    for one in found:
        if isinstance(one, Damage):
            yield one
            continue
        record = one.record
        rules = PROTOCOLS.get(record.protocol)
        if (
            (record.model, record.variant) in names
            and protocol in {None, record.protocol}
            and preset in {None, record.preset}
            and rules is not None
            and not rules.folds
        ):
            yield one


def _place(scored: Scored) -> tuple[str, str, str]:
    record = scored.record
    return record.protocol, record.preset, record.dataset.name


def _preference(pairs: Sequence[Comparison]) -> tuple[bool, bool, int, str, str]:
    first = pairs[0]
    seeds = sum(len(pair.seeds) for pair in pairs)
    preset = find_preset(first.preset)
    publishable = preset is not None and preset.publishable
    whole = preset is not None and preset.size is None
    return publishable, whole, seeds, first.protocol, first.preset


def _compare(
    place: tuple[str, str, str], runs: Sequence[Scored], names: Sequence[tuple[str, str]]
) -> Comparison | None:
    """Compare what both models predicted; None without a seed that both have."""
    right: list[dict[int, Any]] = [
        {
            s.record.seed: np.unpackbits(s.right, count=s.images).astype(bool)
            for s in runs
            if (s.record.model, s.record.variant) == name and s.right is not None
        }
        for name in names
    ]
    seeds = sorted(right[0].keys() & right[1].keys())
    if not seeds:
        return None
    first, second = (np.stack([own[seed] for seed in seeds]) for own in right)
    only_first, only_second = first & ~second, second & ~first
    counts = zip(
        seeds, only_first.sum(axis=1).tolist(), only_second.sum(axis=1).tolist(), strict=True
    )
    protocol, preset, dataset = place
    return Comparison(
        dataset=dataset,
        protocol=protocol,
        preset=preset,
        accuracies=(float(first.mean()), float(second.mean())),
        difference=difference(first, second),
        seeds=tuple(SeedPair(seed, a, b, mcnemar(a, b)) for seed, a, b in counts),
        first_alone=tuple(np.flatnonzero(only_first.all(axis=0)).tolist()),
        second_alone=tuple(np.flatnonzero(only_second.all(axis=0)).tolist()),
    )
