"""How models are shown: title, family and label, from their plugins where these are still there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reports.rows import Description
from suite.registry import discover
from suite.selection import label

if TYPE_CHECKING:
    from suite.contract import Plugin
    from suite.records.record import Record
    from suite.registry import Registry


def describe(
    records: Iterable[Record], registry: Registry | None = None
) -> dict[tuple[str, str], Description]:
    """Describe the models of some records.

    Args:
        records: The records.
        registry: Knows the models; found anew if None.

    Returns:
        By (model, variant). A named variant is part of the title; a model that is no longer there
        goes by its name.
    """
    known = (discover() if registry is None else registry).models
    described: dict[tuple[str, str], Description] = {}
    for record in records:
        key = record.model, record.variant
        if key in described:
            continue
        plugin = known[record.model].plugin if record.model in known else None
        described[key] = Description(
            title=_title(record, plugin),
            family=plugin.family if plugin else None,
            label=label(record.model, plugin, record.variant, record.parameters, record.settings),
        )
    return described


def _title(record: Record, plugin: Plugin | None) -> str:
    """The model's title, with the variant's name behind it where its parameters have one."""
    title = plugin.title if plugin else record.model
    named = label(record.model, plugin, record.variant, record.parameters)
    variant = named.removeprefix(f"{record.model}/")
    return title if variant == named else f"{title}: {variant.replace('_', ' ')}"
