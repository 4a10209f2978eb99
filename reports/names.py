"""How models are shown: title, family and label, from their plugins where these are still there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from reports.rows import Description
from suite.registry import discover
from suite.selection import label

if TYPE_CHECKING:
    from suite.records.record import Record
    from suite.registry import Registry

DEFAULT_BACKEND = "tensorflow"
DEFAULT_PRECISION = "float32"


def describe(
    records: Iterable[Record], registry: Registry | None = None
) -> dict[tuple[str, str], Description]:
    """Describe the models of some records.

    Args:
        records: The records.
        registry: Knows the models; found anew if None.

    Returns:
        By (model, variant); a model that is no longer there goes by its name.
    """
    known = (discover() if registry is None else registry).models
    described: dict[tuple[str, str], Description] = {}
    for record in records:
        key = record.model, record.variant
        if key in described:
            continue
        plugin = known[record.model].plugin if record.model in known else None
        described[key] = Description(
            title=plugin.title if plugin else record.model,
            family=plugin.family if plugin else None,
            label=label(record.model, plugin, record.variant, record.parameters, _extras(record)),
        )
    return described


def _extras(record: Record) -> dict[str, Any]:
    """What joined the parameters in the run's identity because it is not the default."""
    extras: dict[str, Any] = {}
    if record.threads != 1:
        extras["threads"] = record.threads
    if record.environment.backend not in {None, DEFAULT_BACKEND}:
        extras["backend"] = record.environment.backend
    if record.environment.precision != DEFAULT_PRECISION:
        extras["precision"] = record.environment.precision
    return extras
