"""From scored runs to leaderboard rows: one a model, variant and dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from reports.curves import Curve, mean_curve
from reports.groups import with_groups
from reports.machines import Machine, measured_on, reference_machine
from reports.quality import mean_known, quality
from suite.records.record import Record
from suite.stats.intervals import mean, sample_deviation, wilson
from suite.stats.scoring import Scored


@dataclass(frozen=True, kw_only=True)
class Description:
    """How a model is shown: title, family (None where it is not known) and full label."""

    title: str
    family: str | None
    label: str


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A run without a result: which one, what came of it and why."""

    seed: int
    fold: int | None
    status: str
    reason: str
    traceback: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One model and variant on one dataset, under one protocol and preset.

    Attributes:
        model: The plugin's name.
        variant: "" for the defaults, a variant's name, or the hash of the parameters.
        title: The name that people read.
        family: Family of models, where it is known.
        label: Model, variant and the parameters that differ from the defaults.
        dataset: Name of the dataset.
        seeds: Seeds of the runs that gave a result, ascending.
        runs: How many runs gave a result: one a seed, or one a seed and fold.
        failed: How many runs gave none.
        images: Different images that were scored for one seed; 0 without a result.
        train_images: Images that a model was trained on, from fewest to most.
        accuracy_mean: Mean accuracy of the runs, a fraction of 1.
        accuracy_std: Sample deviation over the runs; None for fewer than two, and where all got the
            same images right: a model without randomness has no spread to show.
        accuracy_ci95: Wilson interval of `accuracy_mean` over `images`.
        accuracy_clean_mean: Mean accuracy on the test images without known near-duplicates.
        balanced_accuracy_mean: Mean balanced accuracy of the runs.
        macro_f1_mean: Mean macro F1 of the runs.
        log_loss_mean: Mean log loss of the runs, in nats; None without probabilities.
        expected_calibration_error_mean: Mean of the runs' own; None without probabilities.
        rank: 1 for the best mean on the dataset; equal means share it. None without a result.
        tie_group: 1 for the best row and those that can't be told from it, 2 for the next and
            those that can't be told from that; None where that is not known.
        seeds_known: Whether `tie_group` counts a spread over seeds; False for a row with one seed
            where no other row shows any.
        parameter_count: Numbers that a fitted model needs to predict, mean over the runs.
        fit_cpu_seconds_mean: Mean processor time of training.
        fit_wall_seconds_mean: Mean wall time of training.
        predict_microseconds_per_image: Mean wall time of prediction, by image.
        peak_memory_mib: Highest memory of a run.
        model_bytes: Size of a fitted model, mean over the runs that tell it.
        machine: Where times and memory were measured; None without a result.
        engines: Libraries that trained there.
        comparable: Whether that is the machine that most rows were measured on.
        curve: Validation accuracy by epoch, of models that are trained by epochs.
        notes: What a reader has to know besides, such as "3 of 20 epochs".
        failures: The runs without a result.
        origin: Where predictions come from that the suite did not make: such a row has no rank.
    """

    model: str
    variant: str
    title: str
    family: str | None
    label: str
    dataset: str
    seeds: tuple[int, ...]
    runs: int
    failed: int
    images: int
    train_images: tuple[int, int] | None
    accuracy_mean: float | None
    accuracy_std: float | None
    accuracy_ci95: tuple[float, float] | None
    accuracy_clean_mean: float | None = None
    balanced_accuracy_mean: float | None = None
    macro_f1_mean: float | None = None
    log_loss_mean: float | None = None
    expected_calibration_error_mean: float | None = None
    rank: int | None = None
    tie_group: int | None = None
    seeds_known: bool = True
    parameter_count: int | None
    fit_cpu_seconds_mean: float | None
    fit_wall_seconds_mean: float | None
    predict_microseconds_per_image: float | None
    peak_memory_mib: float | None
    model_bytes: float | None
    machine: Machine | None
    engines: tuple[str, ...]
    comparable: bool
    curve: Curve | None = None
    notes: tuple[str, ...]
    failures: tuple[Failure, ...]
    origin: str | None = None

    @property
    def entry(self) -> str:
        """Name of the folders of its records, as `RunKey.entry`."""
        return f"{self.model}--{self.variant}" if self.variant else self.model


def build_rows(
    scored: Iterable[Scored], descriptions: Mapping[tuple[str, str], Description]
) -> tuple[Row, ...]:
    """Sum up runs of one protocol and preset.

    Args:
        scored: The runs, in any order.
        descriptions: How to show each (model, variant); its name where there is none.

    Returns:
        The rows by dataset, rank and label; those without a result last.
    """
    ordered = sorted(scored, key=lambda s: s.record.key)
    groups = [list(runs) for _, runs in groupby(ordered, key=_row_key)]
    reference = reference_machine(runs for runs in groups if runs[0].record.origin is None)
    rows = [_row(runs, reference, descriptions) for runs in groups]
    ranked: list[Row] = []
    for dataset, same in groupby(sorted(rows, key=lambda r: r.dataset), key=lambda r: r.dataset):
        own = {_row_key(runs[0])[1:]: runs for runs in groups if _row_key(runs[0])[0] == dataset}
        ranked += with_groups(rank(list(same)), own)
    return tuple(ranked)


def rank(rows: Sequence[Row]) -> list[Row]:
    """Rank rows of one dataset by mean accuracy: 1 is best, equal means share a rank.

    After a shared rank the next one counts all rows before it (1, 2, 2, 4).
    """
    best_first = sorted(rows, key=lambda r: (r.origin is not None, -(_rounded(r) or 0),
                                             _rounded(r) is None, r.label))  # fmt: skip
    ranked: list[Row] = []
    for position, row in enumerate(best_first, start=1):
        if _rounded(row) is None or row.origin is not None:
            ranked.append(replace(row, rank=None))
            continue
        tied = bool(ranked) and _rounded(ranked[-1]) == _rounded(row)
        ranked.append(replace(row, rank=ranked[-1].rank if tied else position))
    return ranked


def _rounded(row: Row) -> float | None:
    """The mean without the last bits, in which equal means of unequal counts can differ."""
    return None if row.accuracy_mean is None else round(row.accuracy_mean, 12)


def _row_key(scored: Scored) -> tuple[str, str, str]:
    record = scored.record
    return record.dataset.name, record.model, record.variant


def _row(
    runs: Sequence[Scored],
    reference: Machine | None,
    descriptions: Mapping[tuple[str, str], Description],
) -> Row:
    record = runs[0].record
    name = f"{record.model}/{record.variant}" if record.variant else record.model
    shown = descriptions.get((record.model, record.variant)) or Description(
        title=record.model, family=None, label=name
    )
    done = [s for s in runs if s.accuracy is not None]
    failures = tuple(_failure(s.record) for s in runs if s.accuracy is None)
    accuracies = [s.accuracy for s in done if s.accuracy is not None]
    accuracy = mean(accuracies)
    images = _images(done)
    machine, measured = measured_on([] if record.origin else done, reference)
    trained = [s.record.train_images for s in done]
    engines = tuple(sorted({s.record.engine for s in measured if s.record.engine}))
    unlike = (f"times of {' and '.join(engines)} together",) if len(engines) > 1 else ()
    return Row(
        model=record.model,
        variant=record.variant,
        title=shown.title,
        family=shown.family,
        label=shown.label,
        dataset=record.dataset.name,
        seeds=tuple(sorted({s.record.seed for s in done})),
        runs=len(done),
        failed=len(failures),
        images=images,
        train_images=(min(trained), max(trained)) if trained else None,
        accuracy_mean=accuracy,
        accuracy_std=None if _all_alike(done) else sample_deviation(accuracies),
        accuracy_ci95=None if accuracy is None else wilson(accuracy, images),
        **quality(done),
        parameter_count=_count(done),
        fit_cpu_seconds_mean=mean_known(s.record.fit_cpu_seconds for s in measured),
        fit_wall_seconds_mean=mean_known(s.record.fit_wall_seconds for s in measured),
        predict_microseconds_per_image=mean_known(_predict_microseconds(s) for s in measured),
        peak_memory_mib=_highest(s.record.peak_memory_mib for s in measured),
        model_bytes=mean_known(s.record.model_bytes for s in done),
        machine=machine,
        engines=engines,
        comparable=machine is reference,
        curve=mean_curve(s.record for s in done),
        notes=_notes(s.record for s in (done or runs)) + unlike + _open_to_files(done),
        failures=failures,
        origin=record.origin.source if record.origin else None,
    )


def _open_to_files(done: Sequence[Scored]) -> tuple[str, ...]:
    """A note on runs that could have read the labels; records from before there was one have none.

    Args:
        done: The runs of a row that gave a result.
    """
    kinds = [s.record.environment.sandbox or "" for s in done]
    return ("no sandbox",) if any(kind.startswith("none") for kind in kinds) else ()


def _all_alike(done: Sequence[Scored]) -> bool:
    """Whether the runs got the same images right; False where that is not known."""
    first = done[0].right if done else None
    return first is not None and all(
        s.right is not None and np.array_equal(first, s.right) for s in done[1:]
    )


def _failure(record: Record) -> Failure:
    error = record.error
    # "timeout: still running" would say it twice.
    kind = error.type if error and error.type.replace(" ", "_") != record.status else ""
    reason = ": ".join(part for part in (kind, error.message if error else "") if part)
    return Failure(
        seed=record.seed,
        fold=record.fold,
        status=record.status,
        reason=reason or "no reason recorded",
        traceback="" if error is None else error.traceback,
    )


def _images(done: Sequence[Scored]) -> int:
    """Different images scored for one seed: the test set, or all folds together."""
    by_seed: Counter[int] = Counter()
    for scored in done:
        by_seed[scored.record.seed] += scored.images
    return max(by_seed.values(), default=0)


def _predict_microseconds(scored: Scored) -> float | None:
    seconds = scored.record.predict_wall_seconds
    return None if seconds is None else seconds / scored.images * 1e6


def _count(done: Sequence[Scored]) -> int | None:
    """Mean number of parameters: trees and support vectors differ from run to run."""
    counts = [s.record.parameter_count for s in done]
    value = mean_known(None if count is None else count.total for count in counts)
    return None if value is None else round(value)


def _highest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _notes(records: Iterable[Record]) -> tuple[str, ...]:
    """What the preset took away, and whether the runs are of one version of the plugin."""
    notes: dict[str, None] = {}
    sources = set()
    for record in records:
        if record.origin is not None:
            notes[f"unverified: predictions made elsewhere ({record.origin.source})"] = None
            continue
        sources.add(record.source_hash)
        for name, value in record.preset_changes.items():
            notes[_change(name, value, record.parameters.get(name))] = None
    if len(sources) > 1:
        notes[f"runs of {len(sources)} versions of the plugin"] = None
    return tuple(notes)


def _change(name: str, value: Any, resolved: Any) -> str:
    numbers = all(isinstance(v, int) and not isinstance(v, bool) for v in (value, resolved))
    if numbers and value < resolved:
        return f"{value:,} of {resolved:,} {name}"
    return f"{name} {value} instead of {resolved}"
