"""Whether a record's wrong answers are another model's, or unlike those of all others.

Models that learnt the same images are wrong on the same hard ones, and often alike. How far that
goes is known from the committed records of November 2026: 739 of them answer at least half of the
images rightly, and make 122,511 pairs of different models on the same images.

- The same wrong answers, as a share of those of the record with fewer: up to 88 %, and up to 72 %
  in the 2,525 pairs of two strong models.
- Which images are answered wrongly, as Cohen's kappa: up to 0.90, and up to 0.72 of two strong
  models. The highest are of linear_svm, passive_aggressive and sgd, which share a hinge loss.
- How hard for the others the images are that a record gets wrong, from 0 (as all images are) to 1
  (the hardest): at least 0.45, and at least 0.21 with a single other record to compare.

Copies are above the first two: 1 where wrong answers were corrected or others given in their place,
0.97 where 4 % of all answers were drawn. Votes of 3 to 9 strong models share 81 to 85 % with one of
them (Fashion-MNIST). True labels with noise have a hardness of 0.0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.audit.code import model_of
from suite.audit.finding import Fault, Finding, severity_of, shown
from suite.errors import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.audit.known import Known
    from suite.records.record import Record

# What two honest models may share, and two strong ones; so many standard errors more are told.
_SHARED, _SHARED_STRONG, _STANDARD_ERRORS = 0.91, 0.75, 3.0
# From which accuracy on a model is strong: networks, and on MNIST the support vector machine.
_STRONG = {"fashion": 0.90, "mnist": 0.98}
# How hard for others the images are at least that a model gets wrong. It is only asked where the
# hardest images lie so many standard errors above any: then chance alone does not reach it.
_LEAST_HARDNESS, _LEAST_REACH = 0.15, 20.0
_MOST_WRONG = 0.5  # weaker models name one class, or nearly: that is no agreement
_TELLING_ERRORS = 20  # so many wrong answers are not the same by chance


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """What a record answered.

    Attributes:
        record: A record of the suite.
        place: Its file, from the results folder.
        predictions: Classes, uint8, (n,).
        wrong: Which of them are wrong, bool, (n,).
    """

    record: Record
    place: str
    predictions: NDArray[np.uint8]
    wrong: NDArray[np.bool_]


def agreement_findings(answers: Iterable[Answers], known: Known) -> Iterator[Finding]:
    """What is too much alike, or too little, among the answers of a folder.

    Args:
        answers: Those of the records that can be scored.
        known: Has the splits, and tells which models use their seed.

    Raises:
        DataError: A dataset is missing or broken.
    """
    groups: dict[tuple[str, bytes], list[Answers]] = defaultdict(list)
    for one in answers:
        images = known.split_of(one.record).test.tobytes()
        groups[one.record.dataset.name, images].append(one)
    for (dataset, _), group in groups.items():
        yield from _repeated(group, known)
        able = [one for one in group if one.wrong.mean() <= _MOST_WRONG]
        yield from _alike(able, _STRONG.get(dataset, 1.0))
        yield from _unrelated(able)


def _repeated(group: Iterable[Answers], known: Known) -> Iterator[Finding]:
    """Equal predictions of two seeds of a model that uses its seed."""
    first: dict[tuple[object, ...], Answers] = {}
    for one in group:
        record, model = one.record, model_of(one.record, known.registry)
        if model is None or not model.plugin.random:
            continue
        key = record.model, record.variant, record.protocol, record.preset, record.fold
        other = first.setdefault((*key, one.predictions.tobytes()), one)
        telling = one.wrong.sum() >= _TELLING_ERRORS
        if other is not one and (telling or other.record.arrays_sha256 == record.arrays_sha256):
            fault = Fault(
                field="predictions",
                expected="other ones for each seed of a model that uses its seed",
                found=shown(f"those of {other.place}"),
                remedy="Verify both with `suite verify`.",
                severity=severity_of(record), rule="equal", other=other.place,
            )  # fmt: skip
            yield Finding.of(fault, one.place)


def _alike(group: Sequence[Answers], strong: float) -> Iterator[Finding]:
    """Pairs of different models that share more wrong answers than honest ones do.

    Each record is told of once for each other model; of two, the one that came later is.

    Args:
        group: Records that predicted the same images.
        strong: From which accuracy on a model is strong.
    """
    if len(group) < 2:
        return
    total = len(group[0].wrong)
    wrong = np.stack([one.wrong for one in group]).astype(np.float32)
    both = wrong @ wrong.T  # (records, records): exact, since the sums are below 2^24
    errors = wrong.sum(axis=1)
    fewer = np.minimum.outer(errors, errors)
    are_strong = errors <= (1 - strong) * total
    share = np.where(np.logical_and.outer(are_strong, are_strong), _SHARED_STRONG, _SHARED)
    limit = share + _STANDARD_ERRORS * np.sqrt(share * (1 - share) / np.maximum(fewer, 1))
    models = np.array([one.record.model for one in group])
    # Neither figure can be more than the share of images that both get wrong.
    may_be = (models[:, None] != models) & (both > limit * fewer)
    worst: dict[tuple[str, str], tuple[float, Finding]] = {}
    for first, second in np.argwhere(np.triu(may_be, k=1)).tolist():
        pair = group[first], group[second]
        if len({one.record.arrays_sha256 for one in pair}) == 1:
            continue  # equal arrays are told of as such
        counts = int(errors[first]), int(errors[second]), int(both[first, second])
        same, kappa = _shared(*pair, counts)
        if max(same, kappa) <= limit[first, second]:
            continue
        own, other = sorted(pair, key=_later, reverse=True)
        key = own.place, other.record.model
        if key not in worst or max(same, kappa) > worst[key][0]:
            worst[key] = max(same, kappa), _copied(own, other, same, kappa)
    yield from (finding for _, finding in worst.values())


def _later(one: Answers) -> tuple[bool, str, str]:
    return one.record.environment.sandbox is not None, one.record.started_at, one.place


def _shared(one: Answers, other: Answers, counts: tuple[int, int, int]) -> tuple[float, float]:
    """How far two records agree where they are wrong.

    Args:
        one: A record.
        other: Another.
        counts: Wrong answers of each, and the images that both get wrong.

    Returns:
        The same wrong answers as a share of those of the one with fewer, and Cohen's kappa of which
        images are answered wrongly.
    """
    first, second, both = counts
    same = np.count_nonzero(one.wrong & (one.predictions == other.predictions))
    by_chance = first * second / len(one.wrong)
    kappa = (both - by_chance) / ((first + second) / 2 - by_chance)
    return float(same / min(first, second)), float(kappa)


def _copied(own: Answers, other: Answers, same: float, kappa: float) -> Finding:
    fewer = min(int(one.wrong.sum()) for one in (own, other))
    found = f"{same:.0%} of {fewer:,} are those of {other.place} (kappa {kappa:.2f})"
    fault = Fault(
        field="predictions",
        expected=f"other wrong answers than {shown(other.record.model)} gives",
        found=printable(found),
        remedy="Look at the code of both; if they are one method, say so in notes.toml.",
        severity=severity_of(own.record),
        rule="agreement",
        other=other.place,
    )
    return Finding.of(fault, own.place)


def _unrelated(group: Sequence[Answers]) -> Iterator[Finding]:
    """Records that get other images wrong than those that are hard: labels with noise are so."""
    models: dict[str, list[Answers]] = defaultdict(list)
    for one in group:
        models[one.record.model].append(one)
    counts = {name: np.sum([one.wrong for one in own], axis=0) for name, own in models.items()}
    total = np.sum(list(counts.values()), axis=0)
    for name, own in models.items():
        if len(own) == len(group):
            return
        # The part of the others that gets each image wrong.
        hardness = (total - counts[name]) / (len(group) - len(own))
        hardest = np.sort(hardness)[::-1]
        for one in own:
            found = _hardness(one.wrong, hardness, hardest)
            if found is not None and found < _LEAST_HARDNESS:
                yield Finding.of(_noise(one.record, found), one.place)


def _hardness(
    wrong: NDArray[np.bool_], hardness: NDArray[Any], hardest: NDArray[Any]
) -> float | None:
    """How hard for others the images are that a record gets wrong: 0 as all are, 1 the hardest.

    Args:
        wrong: Which answers of the record are wrong.
        hardness: The part of the others that gets each image wrong.
        hardest: The same, the greatest first.

    Returns:
        The mean hardness on that scale; None where so few are wrong that it tells nothing.
    """
    errors, mean, deviation = int(wrong.sum()), float(hardness.mean()), float(hardness.std())
    if not errors or not deviation:
        return None
    reach = float(hardest[:errors].mean()) - mean
    if reach * errors**0.5 < _LEAST_REACH * deviation:
        return None
    return (float(hardness[wrong].mean()) - mean) / reach


def _noise(record: Record, found: float) -> Fault:
    return Fault(
        field="predictions",
        expected="to be wrong on images that are hard for other models, too",
        found=f"a hardness of {found:.2f} where 0 is that of any images and 1 the hardest: "
        "so are labels with noise",
        remedy="Look at the plugin's code.",
        severity=severity_of(record),
        rule="unrelated",
    )
