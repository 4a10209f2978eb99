"""Two models side by side, as the leaderboard compares them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.names import describe
from reports.pairs import Contest, contests
from reports.rows import Row
from reports.tables import build_tables
from reports.verdicts import NOTES, method, note, words
from suite.data.known import DATASETS
from suite.errors import UsageError
from suite.protocol.rules import PROTOCOLS, find_preset
from suite.records.store import Damage, StoredRun, scan
from suite.stats.paired import mcnemar
from suite.stats.scoring import score_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.registry import Registry
    from suite.selection import Selection

    Name = tuple[str, str]
    Place = tuple[str, str, str]


@dataclass(frozen=True)
class SeedPair:
    """Both models' runs with one seed that both have.

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


@dataclass(frozen=True)
class Difference:
    """First less second, over all seeds of each.

    Attributes:
        mean: Of the accuracies, a fraction of 1.
        interval_95: Its 95 % interval.
        p_value: Probability of a difference as large as this, were the two equally good.
        p_corrected: The same, corrected for all pairs of the column; None where it has no letters.
        freedom: Degrees of freedom; None where they are infinite.
    """

    mean: float
    interval_95: tuple[float, float]
    p_value: float
    p_corrected: float | None
    freedom: float | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two models on one dataset, under one protocol and preset.

    Attributes:
        dataset: Name of the dataset.
        protocol: Name of the protocol.
        preset: Name of the preset.
        rows: The leaderboard's row of each.
        verdict: Whether the two can be told apart, in words.
        note: What has to be said of their letters; "" if nothing.
        method: How they were compared.
        difference: First less second.
        seeds: Both models' runs, for each seed that both have.
        first_alone: Test images (places in the test set, from 0) that the first model got right
            with every seed of its own and the second wrong with every seed of its own.
        second_alone: Likewise, the other way round.
    """

    dataset: str
    protocol: str
    preset: str
    rows: tuple[Row, Row]
    verdict: str
    note: str
    method: str
    difference: Difference
    seeds: tuple[SeedPair, ...]
    first_alone: tuple[int, ...]
    second_alone: tuple[int, ...]

    def to_content(self) -> dict[str, Any]:
        """The comparison as JSON holds it; what is not known is absent."""
        rows = [
            {
                "rank": row.rank,
                "tie_group": row.tie_group,
                "accuracy_mean": row.accuracy_mean,
                "accuracy_std": row.accuracy_std,
                "seeds": row.seeds,
            }
            for row in self.rows
        ]
        content = {
            "dataset": self.dataset,
            "protocol": self.protocol,
            "preset": self.preset,
            "verdict": self.verdict,
            "note": self.note,
            "method": self.method,
            "rows": [_known(row) for row in rows],
            "difference": _known(asdict(self.difference)),
            "common_seeds": [asdict(pair) for pair in self.seeds],
            "first_alone": self.first_alone,
            "second_alone": self.second_alone,
        }
        return {key: value for key, value in content.items() if value != ""}


def compare_records(
    results: Path,
    models: tuple[Selection, Selection],
    *,
    protocol: str | None = None,
    preset: str | None = None,
    data_dir: Path | None = None,
    registry: Registry | None = None,
) -> tuple[tuple[Comparison, ...], tuple[Damage, ...]]:
    """Compare two models by their records, on each dataset where both have runs.

    All records of these columns are read: ranks, letters and what is known of the spread over
    seeds are matters of the whole column.

    Args:
        results: The results folder.
        models: The two models with their parameters.
        protocol: Only this protocol.
        preset: Only this preset.
        data_dir: Where to look for the datasets first.
        registry: Knows the models' families; found anew if None.

    Returns:
        The comparisons of one protocol and preset: publishable presets before others, all training
        images before fewer, then those with most runs of the two; and the records that can't be
        believed.

    Raises:
        UsageError: The models are one and the same, or there are no runs to compare.
        DataError: A dataset is missing or broken.
    """
    names = [(model.model.name, model.variant) for model in models]
    if names[0] == names[1]:
        raise UsageError(f"{models[0].label} was given twice; name two different models")
    runs, damaged = _places(results, names, protocol, preset)
    both = {place: found for place, found in runs.items() if all(found)}
    found: list[Comparison] = []
    if both:
        best = max({place[:2] for place in both}, key=lambda table: _preference(table, both))
        for place in sorted(place for place in both if place[:2] == best):
            column, more = _column(results, place, data_dir, registry)
            damaged += [one for one in more if one not in damaged]
            found += _comparisons(column, names)
    if not found:
        asked = " and ".join(filter(None, (protocol, preset)))
        under = f" under {asked}" if asked else ""
        there = sorted({
            f"{name[0]} {'-'.join(place[:2])}"
            for place, counts in runs.items()
            for name, count in zip(names, counts, strict=True)
            if count
        })  # fmt: skip
        raise UsageError(
            f"no dataset on which both {models[0].label} and {models[1].label} have runs{under}; "
            f"there are: {', '.join(there) or 'none of either'}. Protocols with folds can't be "
            "compared image by image"
        )
    return tuple(found), tuple(damaged)


def _places(
    results: Path, names: Sequence[Name], protocol: str | None, preset: str | None
) -> tuple[dict[Place, list[int]], list[Damage]]:
    """How many runs with a result each model has, by protocol, preset and dataset."""
    runs: dict[Place, list[int]] = {}
    damaged = []
    for one in scan(results, models={name for name, _ in names}):
        if isinstance(one, Damage):
            damaged.append(one)
            continue
        record = one.record
        rules = PROTOCOLS.get(record.protocol)
        name = record.model, record.variant
        asked = protocol in {None, record.protocol} and preset in {None, record.preset}
        if name in names and asked and rules is not None and not rules.folds:
            place = record.protocol, record.preset, record.dataset.name
            counts = runs.setdefault(place, [0, 0])
            counts[names.index(name)] += record.status == "ok"
    return runs, damaged


def _preference(
    table: tuple[str, str], runs: dict[Place, list[int]]
) -> tuple[bool, bool, int, tuple[str, str]]:
    preset = find_preset(table[1])
    publishable = preset is not None and preset.publishable
    whole = preset is not None and preset.size is None
    count = sum(sum(counts) for place, counts in runs.items() if place[:2] == table)
    return publishable, whole, count, table


def _column(
    results: Path, place: Place, data_dir: Path | None, registry: Registry | None
) -> tuple[Iterable[Contest], Iterable[Damage]]:
    """All rows of a column, pair by pair, and the records that can't be believed."""
    protocol, preset, dataset = place
    found: Iterable[StoredRun | Damage] = scan(results, dataset, f"{protocol}-{preset}")
    scored, damaged = score_all(found, data_dir)
    descriptions = describe((s.record for s in scored), registry)
    return contests(build_tables(scored, descriptions, tuple(DATASETS)), None), damaged


def _comparisons(column: Iterable[Contest], names: Sequence[Name]) -> list[Comparison]:
    """The two models in a column; empty where one of them was scored on other images."""
    found = []
    for contest in column:
        places = {(row.model, row.variant): place for place, row in enumerate(contest.rows)}
        if all(name in places for name in names):
            found.append(_compare(contest, places[names[0]], places[names[1]]))
    return found


def _compare(contest: Contest, first: int, second: int) -> Comparison:
    right = [_right(contest, place, contest.outcomes[place].seeds) for place in (first, second)]
    mean = float(contest.pairs.mean[first, second])
    half = float(contest.half_width[first, second])
    freedom = float(contest.pairs.freedom[first, second])
    adjusted = contest.corrected
    return Comparison(
        dataset=contest.dataset,
        protocol=contest.table.protocol,
        preset=contest.table.preset,
        rows=(contest.rows[first], contest.rows[second]),
        verdict=words(contest, first, second),
        note=NOTES[note(contest, first, second)],
        method=method(contest, first, second),
        difference=Difference(
            mean=mean,
            interval_95=(mean - half, mean + half),
            p_value=float(contest.p_value[first, second]),
            p_corrected=None if adjusted is None else float(adjusted[first, second]),
            freedom=None if np.isinf(freedom) else freedom,
        ),
        seeds=tuple(_seed_pairs(contest, first, second)),
        first_alone=_alone(right[0], right[1]),
        second_alone=_alone(right[1], right[0]),
    )


def _seed_pairs(contest: Contest, first: int, second: int) -> Iterable[SeedPair]:
    for seed in contest.common_seeds(first, second):
        one, other = (_right(contest, place, [seed])[0] for place in (first, second))
        counts = int((one & ~other).sum()), int((other & ~one).sum())
        yield SeedPair(seed, *counts, mcnemar(*counts))


def _right(contest: Contest, place: int, seeds: Sequence[int]) -> NDArray[np.bool_]:
    packed = contest.outcomes[place].of(seeds)
    return np.unpackbits(packed, axis=1, count=contest.images).astype(bool)


def _alone(right: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(np.flatnonzero(right.all(axis=0) & ~wrong.any(axis=0)).tolist())


def _known(content: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value is not None}
