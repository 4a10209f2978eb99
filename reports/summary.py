"""A table in a sentence or two: for its head, its tab and the caption of a copy."""

from __future__ import annotations

from collections.abc import Mapping

from reports.captions import (
    DAGGER,
    folds,
    has_groups,
    heading,
    machine_name,
    one_seed,
    warning,
)
from reports.formats import span
from reports.tables import Table
from suite.protocol.rules import PROTOCOLS, find_preset


def progress(table: Table, titles: Mapping[str, str]) -> str | None:
    """What a publishable table still lacks; None if it is complete, or not to be published.

    A run that failed counts as done; predictions made elsewhere are not waited for.

    Args:
        table: The table.
        titles: Titles of the datasets by name.

    Returns:
        Such as "1 to 3 of 5 seeds so far; 2 models not run on MNIST".
    """
    preset = find_preset(table.preset)
    if preset is None or not table.publishable:
        return None
    own = [row for row in table.rows if row.origin is None]
    done = [(row.runs + row.failed) // max(1, folds(table)) for row in own]
    parts = []
    if done and min(done) < preset.seeds:
        low, high = min(done), min(max(done), preset.seeds)
        some = f"{low}" if low == high else f"{low} to {high}"
        parts.append(f"{some} of {span(preset.seeds, preset.seeds, 'seed')} so far")
    for name in table.datasets:
        lines = [line for line in table.lines if line.first.origin is None]
        missing = sum(name not in line.rows for line in lines)
        if missing:
            parts.append(f"{span(missing, missing, 'model')} not run on {titles.get(name, name)}")
    return "; ".join(parts) or None


def newest(table: Table) -> str:
    """The day of the table's newest record."""
    return max(record.started_at for record in table.records)[:10]


def in_words(table: Table) -> str:
    """Protocol and preset in a few words: "80 % train, at most 12 epochs"; "" if unknown."""
    protocol, preset = PROTOCOLS.get(table.protocol), find_preset(table.preset)
    if protocol is None or preset is None:
        return ""
    images = "80 % train" if protocol.validates else "all images train"
    if protocol.folds:
        images = f"{protocol.folds} folds"
    if preset.max_images is not None:
        limited = span(preset.max_images, preset.max_images, "image")
        images = f"{images}, {limited}" if protocol.folds else limited
    limit = preset.max_epochs
    epochs = "epochs as published" if limit is None else f"at most {span(limit, limit, 'epoch')}"
    return f"{images}, {epochs}"


def in_short(table: Table, titles: Mapping[str, str]) -> str:
    """The caption of a copy that stands without the page: what, how measured, where and when."""
    unit = "folds" if folds(table) else "seeds"
    images = "training" if folds(table) else "test"
    parts = [
        f"{heading(table, titles)}.",
        f"Accuracy in percent: mean ± sample standard deviation over n {unit}, with the 95 % "
        f"Wilson interval from the {images} images in brackets.",
    ]
    if has_groups(table):
        parts.append(
            "Rows with the same letter behind their rank can't be told from the first of them."
            f"{one_seed(table)}"
        )
    missing = progress(table, titles)
    parts += [f"Not finished: {missing}."] if missing else []
    banner = warning(table)
    parts += [banner] if banner else []
    if table.machine is not None:
        parts.append(f"Times from {machine_name(table.machine)}.")
    if any(row.machine and not row.comparable for row in table.rows):
        parts.append(f"{DAGGER} times from another machine.")
    return " ".join([*parts, f"Newest record: {newest(table)}."])
