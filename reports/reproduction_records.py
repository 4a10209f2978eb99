"""From a results folder's contents to the reproduction table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from reports.names import describe
from reports.published import Result, load_published
from reports.published_models import Resolver, all_results
from reports.reproduction import Reproduction, reproduce
from reports.tables import Table, build_tables
from suite.data.known import DATASETS
from suite.grammar import parse
from suite.records.store import Contents, Damage
from suite.registry import Registry, discover
from suite.selection import find_item, plugin_files, select
from suite.stats.scoring import score_all


def reproduce_records(
    contents: Contents, models: Sequence[str] = (), *, data_dir: Path | None = None
) -> tuple[tuple[Reproduction, ...], tuple[Damage, ...]]:
    """Score the records that published values can be compared with, and compare them.

    Args:
        contents: The records.
        models: Only these models, as on the command line: a name alone means all that is published
            for it, whatever the parameters. Empty for everything.
        data_dir: Where to look for the datasets first.

    Returns:
        The rows, and the damaged records.

    Raises:
        UsageError: A model or parameter is unknown.
        PluginError: A plugin file named here can't be used.
        DataError: A dataset is missing or broken.
    """
    registry = discover(plugin_files(models))
    published = load_published()
    results = all_results(registry, published)
    if models:
        results = tuple(_only(results, models, registry))
    resolve = Resolver(registry)
    chosen = ((resolve(result.selection), result.dataset) for result in results)
    wanted = {(c.model.name, dataset) for c, dataset in chosen if c is not None}
    runs = [r for r in contents.runs if (r.record.model, r.record.dataset.name) in wanted]
    scored, unusable = score_all(runs, data_dir)
    descriptions = describe((s.record for s in scored), registry)
    tables = build_tables(scored, descriptions, tuple(DATASETS))
    rows = reproduce(results, tables, registry, published.causes)
    return rows, (*contents.damaged, *unusable)


def reproduce_tables(tables: Sequence[Table], registry: Registry) -> tuple[Reproduction, ...]:
    """Everything that is published beside the rows of a report's tables."""
    published = load_published()
    return reproduce(all_results(registry, published), tables, registry, published.causes)


def _only(results: Iterable[Result], models: Sequence[str], registry: Registry) -> Iterable[Result]:
    resolve = Resolver(registry)
    whole: set[str] = set()
    exact: set[tuple[str, str]] = set()
    for item in (item for text in models for item in parse(text)):
        if item.variant is None and item.changes is None:
            whole.add(find_item(resolve.registry, item).name)
        else:
            chosen = select(resolve.registry, [item.text])
            exact.update((selection.model.name, selection.variant) for selection in chosen)
    for result in results:
        meant = resolve(result.selection)
        if meant and (meant.model.name in whole or (meant.model.name, meant.variant) in exact):
            yield result
