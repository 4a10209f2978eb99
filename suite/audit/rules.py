"""What protocol, preset, dataset and seed say about a record: all of it can be recomputed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from suite.audit.finding import Fault, shown
from suite.audit.known import Known
from suite.data.known import DATASETS
from suite.protocol.rules import PRESETS, PROTOCOLS, find_preset, split_preset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suite.records.record import Record


def rule_faults(record: Record) -> tuple[Fault, ...]:
    """Names and sums that the suite does not know: without them nothing else can be checked."""
    return tuple(
        fault
        for faults in (_unknown_names(record), _sum_faults(record), _fold_faults(record))
        for fault in faults
    )


def _unknown_names(record: Record) -> Iterator[Fault]:
    names: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("dataset.name", record.dataset.name, DATASETS),
        ("protocol", record.protocol, PROTOCOLS),
    )
    for field, name, known in names:
        if name not in known:
            yield Fault(field=field, expected=f"one of {', '.join(known)}", found=shown(name))
    if find_preset(record.preset) is None:
        expected = f"one of {', '.join(PRESETS)}, or one with a training size such as standard-n600"
        yield Fault(field="preset", expected=expected, found=shown(record.preset))


def _sum_faults(record: Record) -> Iterator[Fault]:
    info = DATASETS.get(record.dataset.name)
    if info is None or record.dataset.sums == info.sums:
        return
    official, own = info.sums, record.dataset.sums
    files = sorted(f for f in {*official, *own} if official.get(f) != own.get(f))
    owners = [i.title for i in DATASETS.values() if i.sums == own]
    yield Fault(
        field="dataset.sums",
        expected=f"the official files of {info.title}",
        found=owners[0] if owners else f"others: {shown(', '.join(files))}",
        remedy="Run it again on the official files; `suite data status` shows which are used.",
    )


def _fold_faults(record: Record) -> Iterator[Fault]:
    protocol = PROTOCOLS.get(record.protocol)
    if protocol is None:
        return
    if protocol.folds:
        if record.fold is None or record.fold >= protocol.folds:
            expected = f"0 to {protocol.folds - 1} under {protocol.name}"
            yield Fault(field="fold", expected=expected, found=shown(record.fold))
    elif record.fold is not None:
        yield Fault(field="fold", expected=f"none under {protocol.name}", found=shown(record.fold))


def split_faults(record: Record, known: Known) -> Iterator[Fault]:
    """What differs from the split that dataset, protocol, preset and seed give.

    Args:
        record: A record without a fault of `rule_faults`.
        known: Makes the splits.

    Raises:
        DataError: The dataset is missing or broken.
    """
    split = known.split_of(record)
    plain, size = split_preset(record.preset)
    if size is not None:
        whole = known.split_for(replace(record.key, preset=plain))
        if size >= len(whole.train):
            yield Fault(
                field="preset",
                expected=f"{plain}, which has {len(whole.train)} training images anyway",
                found=shown(record.preset),
            )
    fold = "" if record.fold is None else f", fold {record.fold}"
    if record.split_hash != split.sha256:
        yield Fault(
            field="split_hash",
            expected=f"{split.sha256}, that of {record.dataset.name}, {record.protocol}, "
            f"{record.preset}, seed {record.seed}{fold}",
            found=record.split_hash,
        )
    if record.train_images != len(split.train):
        yield Fault(
            field="train_images",
            expected=f"{len(split.train)} under {record.protocol}, {record.preset}",
            found=shown(record.train_images),
        )
