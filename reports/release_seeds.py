"""How many seeds the rows of a released table have, of those that the preset asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.formats import count, span
from reports.releases import Manifest, TableSeeds
from suite.protocol.rules import find_preset

if TYPE_CHECKING:
    from reports.tables import Table


def seeds_of(table: Table) -> TableSeeds | None:
    """The seeds of a table's rows that have a result; None for none and for an unknown preset.

    Args:
        table: The table.
    """
    preset = find_preset(table.preset)
    numbers = [len(row.seeds) for row in table.rows if row.runs]
    if preset is None or not numbers:
        return None
    return TableSeeds(
        asked=preset.seeds,
        fewest=min(numbers),
        most=max(numbers),
        rows=len(numbers),
        rows_with_fewer=sum(number < preset.seeds for number in numbers),
    )


def fewer_in_words(seeds: TableSeeds | None, preset: str) -> str:
    """Says that rows have fewer seeds than their preset asks for; empty where none has.

    Args:
        seeds: The seeds of a table.
        preset: Name of its preset.
    """
    if seeds is None or not seeds.rows_with_fewer:
        return ""
    have = f"{seeds.fewest}" if seeds.fewest == seeds.most else f"{seeds.fewest} to {seeds.most}"
    rows = span(seeds.rows, seeds.rows, "row")
    return (
        f"{have} of {span(seeds.asked, seeds.asked, 'seed')}: {count(seeds.rows_with_fewer)} of "
        f"{rows} with a result {'has' if seeds.rows_with_fewer == 1 else 'have'} fewer than preset "
        f"{preset} asks for."
    )


def tables_in_words(manifest: Manifest) -> list[str]:
    """The same of all tables of a release that have such rows.

    Args:
        manifest: The release's.
    """
    texts = [(table, fewer_in_words(table.seeds, table.preset)) for table in manifest.tables]
    return [f"Protocol {t.protocol}, preset {t.preset}: {text}" for t, text in texts if text]
