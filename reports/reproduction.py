"""Published results beside ours: from records and facts to rows with a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reports.curves import where_to
from reports.formats import span
from reports.published import Cause, Figure, Result, as_printed
from reports.published_models import BROUGHT_ALONG, Resolver
from reports.reproduction_rule import ALL_IMAGES, Ours, Verdict, judge, obstacles, tolerance
from reports.tables import Table
from suite.protocol.rules import PRESETS
from suite.records.record import Record
from suite.registry import Registry
from suite.selection import Selection, identity

# Model, what its parameters are called without other settings, and dataset.
Key = tuple[str, str, str]

EXPLAIN_POINTS = 1.0
UNEXPLAINED = "unexplained"


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A published value, ours, and how they compare.

    Attributes:
        result: What was published.
        label: Our model and its parameters; "" where there is no such model.
        ours: The runs that are compared; None where there are none.
        difference_points: Ours less theirs (the corrected value, if there is one), to two
            decimals.
        tolerance_points: The largest difference that is still "reproduced"; None where the values
            are not comparable.
        verdict: The outcome.
        reasons: What a reader has to know about it.
        changed: What our model does otherwise than the source, as its plugin says.
    """

    result: Result
    label: str
    ours: Ours | None
    difference_points: float | None
    tolerance_points: float | None
    verdict: Verdict
    reasons: tuple[str, ...]
    changed: str = ""


def reproduce(
    results: Iterable[Result],
    tables: Sequence[Table],
    registry: Registry,
    causes: Iterable[Cause] = (),
) -> tuple[Reproduction, ...]:
    """Put ours beside each published result.

    Args:
        results: What was published.
        tables: Our rows under each protocol and preset.
        registry: Knows the models that selections mean.
        causes: Known causes of differences.

    Returns:
        A row a result, in the order of the results.
    """
    resolve = Resolver(registry)
    known: dict[Key, list[Ours]] = {}
    for key, ours in _all_ours(tables, registry):
        known.setdefault(key, []).append(ours)
    explained: dict[Key, list[str]] = {}
    for cause in causes:
        for selection in filter(None, map(resolve, cause.selections)):
            explained.setdefault(_key(selection, cause.dataset), []).append(cause.text)
    rows = []
    for result in results:
        chosen = resolve(result.selection)
        if chosen is None:
            rows.append(_without_ours(result, "", "no model"))
            continue
        key = _key(chosen, result.dataset)
        row = _compared(result, chosen.label, known.get(key, ()), explained.get(key, ()))
        rows.append(replace(row, changed=chosen.model.plugin.source.changed))
    return tuple(rows)


def _key(selection: Selection, dataset: str) -> Key:
    return selection.model.name, selection.variant, dataset


def _all_ours(tables: Iterable[Table], registry: Registry) -> Iterator[tuple[Key, Ours]]:
    """Our rows, whatever their threads, backend and precision, by what was run.

    What is published was trained on all images: runs on fewer of them stand beside none of it.
    """
    for table in (table for table in tables if table.size is None):
        records: dict[Key, list[Record]] = {}
        for record in table.records:
            place = record.model, record.variant, record.dataset.name
            records.setdefault(place, []).append(record)
        for row in table.rows:
            model = registry.models.get(row.model)
            if model is None:
                continue
            own = records[row.model, row.variant, row.dataset]
            variant = identity(model.plugin, own[0].parameters)
            yield (
                (row.model, variant, row.dataset),
                Ours(
                    protocol=table.protocol,
                    preset=table.preset,
                    row=row,
                    own_settings=row.variant != variant,
                    capped=any(record.preset_changes for record in own),
                    fixed=not model.plugin.random
                    and table.protocol == "full"
                    and table.publishable,
                    validation=_validation(own),
                ),
            )


def _validation(records: Iterable[Record]) -> tuple[float, ...]:
    """Accuracy on the validation images after the last epoch; empty unless all runs tell it."""
    last = [(record.history or [{}])[-1] for record in records if record.status == "ok"]
    return tuple(e["val_accuracy"] for e in last) if all("val_accuracy" in e for e in last) else ()


def _compared(
    result: Result, label: str, candidates: Sequence[Ours], causes: Sequence[str]
) -> Reproduction:
    if not candidates:
        return _without_ours(result, label, "not run yet")
    theirs = result.figure()
    if theirs.statistic == "validation":
        candidates = [ours.validated() for ours in candidates]
    ours = min(candidates, key=lambda ours: _preference(result, theirs, ours))
    if not ours.row.runs:
        failure = ours.row.failures[0]
        reason = f"{failure.status.replace('_', ' ')}: {failure.reason}"
        return _without_ours(result, label, "failed", ours, (reason,))
    if theirs.percent is None:
        return _without_ours(result, label, "not on file", ours, _remarks(result, ours))
    difference = round(ours.percent - theirs.percent, 2)
    reasons = obstacles(theirs.statistic, ours)
    if result.data == "other_split":
        reasons = ("the published value is of other test images", *reasons)
    allowed = None if reasons else round(tolerance(theirs, ours), 2)
    verdict = "not comparable" if allowed is None else judge(difference, allowed)
    if verdict in ("higher", "lower") and abs(difference) > EXPLAIN_POINTS and not causes:
        causes = (UNEXPLAINED,)
    return Reproduction(
        result=result,
        label=label,
        ours=ours,
        difference_points=difference,
        tolerance_points=allowed,
        verdict=verdict,
        reasons=(*reasons, *causes, *_remarks(result, ours)),
    )


def _without_ours(
    result: Result,
    label: str,
    verdict: Verdict,
    ours: Ours | None = None,
    reasons: tuple[str, ...] = (),
) -> Reproduction:
    return Reproduction(
        result=result,
        label=label,
        ours=ours,
        difference_points=None,
        tolerance_points=None,
        verdict=verdict,
        reasons=reasons,
    )


def _preference(result: Result, theirs: Figure, ours: Ours) -> tuple[object, ...]:
    """Least for the runs that come nearest to what the source did."""
    wanted = "full" if result.train_images == ALL_IMAGES else "holdout"
    if theirs.statistic == "fold_mean":
        wanted = "kfold"
    presets = list(PRESETS)
    return (
        not ours.row.runs,
        len(obstacles(theirs.statistic, ours)),
        ours.protocol != wanted,
        -presets.index(ours.preset) if ours.preset in presets else 0,
        ours.own_settings,
        -ours.row.runs,
        ours.protocol,
        ours.row.variant,
    )


def _remarks(result: Result, ours: Ours) -> tuple[str, ...]:
    """What does not stand in the way of a comparison, but has to be known."""
    remarks = []
    if result.corrected is not None and result.printed_percent is not None:
        printed = as_printed(result.printed_percent)
        better = as_printed(result.corrected.accuracy_percent)
        remarks.append(f"compared with {better} instead of the printed {printed}: "
                       f"{result.corrected.evidence}")  # fmt: skip
    if result.printed_in == BROUGHT_ALONG and result.protocol:
        remarks.append(f"its plugin says: {result.protocol}")
    images = ours.row.train_images
    theirs = result.train_images
    preset = PRESETS.get(ours.preset)
    whole = preset is not None and preset.max_images is None
    if theirs and images and whole and not images[0] <= theirs <= images[1]:
        remarks.append(f"trained on {span(*images, 'image')}, there on {theirs:,}")
    if not ours.capped:
        remarks += ours.row.notes
    elif ours.row.curve is not None:
        remarks.append(where_to(ours.row.curve))
    if ours.row.failed:
        remarks.append(f"{span(ours.row.failed, ours.row.failed, 'run')} failed")
    return tuple(remarks)
