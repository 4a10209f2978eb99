"""Whether a run that was done again gives what its record says.

The same code on the same machine with the same versions repeats a run to the bit: then predictions,
log loss, count and history have to be identical. Elsewhere sums are rounded in another order, which
changes some predictions, and in training by gradient all weights. Then the accuracies may differ by
the larger of

- 0.5 points for a model that uses its seed and 0.1 for one that does not: such a run is like one
  with another seed;
- three standard errors of the difference. With b images that only the record has right and c that
  only the new run has right, that is sqrt(b + c) of the n images, if both are equally good (the
  variance behind McNemar's test). In 3 runs of 1,000 chance alone gives more.

A record that claims more right images than its model has adds all of them to b and none to c, so
that the difference grows faster than its standard error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from suite.audit.finding import shown
from suite.records.machine import distributions_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.records.arrays import RunArrays
    from suite.records.record import Record

Outcome = Literal["identical", "within tolerance", "different", "failed", "not run"]

RANDOM_TOLERANCE = 0.005
FIXED_TOLERANCE = 0.001
STANDARD_ERRORS = 3.0
_EQUAL = 1e-5  # relative: figures from equal predictions, but for the order of sums
_SLOWER = 2.0  # from which factor on a difference of times is told


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of doing a record's run again.

    Attributes:
        path: The record's file.
        outcome: "identical", "within tolerance", "different", "failed" (the run gave no result now)
            or "not run" (it can't be done here).
        reason: Why, in a sentence.
        accuracies: Of the record and of the new run; None without both.
        differences: What the two runs were made with or say otherwise: (what, recorded, now).
    """

    path: str
    outcome: Outcome
    reason: str
    accuracies: tuple[float, float] | None = None
    differences: tuple[tuple[str, str, str], ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether the record is confirmed."""
        return self.outcome in {"identical", "within tolerance"}


def judge(
    path: str,
    recorded: tuple[Record, RunArrays | None],
    now: tuple[Record, RunArrays | None],
    labels: NDArray[np.uint8],
    *,
    random: bool,
    requires: Iterable[str],
) -> Verdict:
    """Compare a recorded run with the same run done again.

    Args:
        path: The record's file.
        recorded: The record and its arrays.
        now: The new run's.
        labels: Labels of the images that were predicted: uint8, (n,).
        random: Whether the model uses its seed.
        requires: Import names that the model requires ("jax|torch": one of them).
    """
    (old, before), (new, after) = recorded, now
    packages = used_packages(requires, (old, new))
    conditions = tuple(_unlike(_conditions(old, packages), _conditions(new, packages)))
    if before is None or after is None:
        return _without_result(path, old, new, conditions)
    results = tuple(_unlike(_results(old), _results(new)))
    told = (*conditions, *results, *_times(old, new))
    first, second = (one.predictions == labels for one in (before, after))
    accuracies = float(first.mean()), float(second.mean())
    same = not conditions
    changed = int(np.count_nonzero(before.predictions != after.predictions))
    if before.sha256() == after.sha256():
        outcome, reason = _of_equal_predictions(results, same=same)
        return Verdict(path=path, outcome=outcome, reason=reason, accuracies=accuracies,
                       differences=told)  # fmt: skip
    if same:
        what = f"{changed:,} predictions" if changed else "confidences or validation predictions"
        reason = f"{what} differ, though machine, versions, code and data are the same"
        return Verdict(path=path, outcome="different", reason=reason, accuracies=accuracies,
                       differences=told)  # fmt: skip
    allowed = tolerance(first, second, random=random)
    apart = abs(accuracies[0] - accuracies[1])
    within = apart <= allowed
    reason = (
        f"{changed:,} of {len(labels):,} predictions differ; accuracies are {100 * apart:.2f} "
        f"points apart, {'within' if within else 'more than'} the {100 * allowed:.2f} allowed"
    )
    return Verdict(
        path=path,
        outcome="within tolerance" if within else "different",
        reason=reason,
        accuracies=accuracies,
        differences=told,
    )


# What equal predictions have in common on any machine; histories may differ in their last digits.
_OF_PREDICTIONS = {"log_loss", "parameter_count"}


def _of_equal_predictions(
    results: tuple[tuple[str, str, str], ...], *, same: bool
) -> tuple[Outcome, str]:
    """Whether the figures are such as equal predictions have."""
    wrong = [name for name, _, _ in results if same or name in _OF_PREDICTIONS]
    if wrong:
        return "different", f"the predictions are the same, but not {', '.join(wrong)}"
    return "identical", "the predictions are the same, image by image"


def tolerance(first: NDArray[np.bool_], second: NDArray[np.bool_], *, random: bool) -> float:
    """How far the accuracies of a run and its repetition elsewhere may be apart: a fraction of 1.

    Args:
        first: Whether each prediction of one run is right: bool, (n,).
        second: Likewise for the other run.
        random: Whether the model uses its seed.
    """
    discordant = int(np.count_nonzero(first != second))
    error = math.sqrt(discordant) / len(first)
    return max(RANDOM_TOLERANCE if random else FIXED_TOLERANCE, STANDARD_ERRORS * error)


def _without_result(
    path: str, old: Record, new: Record, conditions: tuple[tuple[str, str, str], ...]
) -> Verdict:
    if old.status == new.status:
        reason = f"both runs are {old.status}"
        return Verdict(path=path, outcome="identical", reason=reason, differences=conditions)
    message = shown(f"{new.error.type}: {new.error.message}") if new.error else ""
    reason = f"recorded as {old.status}, now {new.status}" + (f" ({message})" if message else "")
    outcome: Outcome = "failed" if new.status != "ok" else "different"
    return Verdict(path=path, outcome=outcome, reason=reason, differences=conditions)


def used_packages(requires: Iterable[str], records: Iterable[Record]) -> frozenset[str]:
    """Normal names of the installed distributions that a model uses, and of all that these need.

    Args:
        requires: Import names that the model requires ("jax|torch": one of them).
        records: Its runs, which name the library that trained and the Keras backend.
    """
    named = {"numpy"}  # all models are given its arrays
    for record in records:
        named.update((record.engine or "").split("/"), [record.environment.backend or ""])
    imported = set(named)
    for alternatives in requires:
        tops = {name.partition(".")[0] for name in alternatives.split("|")}
        imported |= tops & named or tops  # of several the one that was used, where that is known
    found: set[str] = set()
    waiting = [_normal(name) for name in distributions_of(imported)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _needs(name)
    return frozenset(found)


@cache
def _needs(distribution: str) -> tuple[str, ...]:
    """What a distribution requires by its metadata, extras apart."""
    try:
        lines = metadata.requires(distribution) or ()
    except metadata.PackageNotFoundError:
        return ()
    names = (re.match(r"[\w.-]+", line) for line in lines if not re.search(r"\bextra\b", line))
    return tuple(_normal(name[0]) for name in names if name)


def _normal(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def _conditions(record: Record, packages: frozenset[str]) -> Mapping[str, Any]:
    """What two runs have to share to be identical, as far as it is known; packages by name."""
    environment = record.environment
    facts = {
        "processor": environment.processor,
        "processor_model": environment.processor_model,
        "system": environment.system,
        "python": environment.python,
        "device": environment.device,
        "backend": environment.backend,
        "precision": environment.precision,
        "threads": record.threads,
        "code (source_hash)": record.source_hash,
        "data (dataset.sums)": record.dataset.sums,
        "split (split_hash)": record.split_hash,
        "parameters": record.parameters,
        "preset_changes": record.preset_changes,
    }
    versions = ((name, text) for name, text in environment.packages.items()
                if _normal(name) in packages)  # fmt: skip
    return facts | {f"package {name}": text for name, text in versions}


def _results(record: Record) -> Mapping[str, Any]:
    """What has to be equal where the predictions are."""
    count = record.parameter_count
    return {
        "engine": record.engine,
        "train_images": record.train_images,
        "parameter_count": None if count is None else (count.total, count.trainable),
        "multiply_adds": record.multiply_adds,
        "log_loss": record.log_loss,
        "history": record.history and [_untimed(row) for row in record.history],
    }


def _untimed(row: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in row.items() if name != "cpu_seconds"}


# Facts that records lack from before they were kept.
_NEWER = {"processor_model", "multiply_adds"}


def _unlike(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys((*old, *new)):
        first, second = old.get(name), new.get(name)
        known = name not in _NEWER or None not in {first, second}
        if known and not _alike(first, second):
            yield shown(name), shown(first), shown(second)


def _alike(first: Any, second: Any) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=_EQUAL, abs_tol=_EQUAL)
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_alike(first[k], second[k]) for k in first)
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(_alike, first, second))
    return bool(first == second)


def _times(old: Record, new: Record) -> Iterator[tuple[str, str, str]]:
    """Processor times that are far apart on one kind of machine: busy, or one is not true."""
    first, second = old.fit_cpu_seconds, new.fit_cpu_seconds
    if first is None or second is None or max(first, second) < 1.0:
        return
    if old.environment.processor != new.environment.processor:
        return
    if max(first, second) > _SLOWER * min(first, second):
        yield "fit_cpu_seconds (not judged)", f"{first:.1f}", f"{second:.1f}"
