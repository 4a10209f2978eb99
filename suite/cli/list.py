"""`suite list`: which models there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from suite.cli import options as o
from suite.cli.say import say, say_json
from suite.errors import UsageError, did_you_mean
from suite.registry import Model, Registry, discover, normal_name

if TYPE_CHECKING:
    from rich.table import Table

_WIDE = 120


def list_models(
    family: Annotated[
        list[str] | None,
        typer.Option("--family", metavar="NAMES", help="Only these families, such as classic,cnn."),
    ] = None,
    as_json: o.AsJson = False,
) -> None:
    """List the models with their variants, and how to install those that lack a library.

    Examples: suite list; suite list --family cnn; suite list --json.
    """
    registry = discover()
    models = _of_families(registry, family or [])
    if as_json:
        broken = [
            {"path": str(b.path), "line": b.line, "message": b.message} for b in registry.broken
        ]
        summaries = [_summary(model) for model in models]
        content = {"models": summaries, "broken": broken}
        say_json(content)
    else:
        _show(models)
    for item in registry.broken:
        say(f"broken: {item}", err=True)


def _of_families(registry: Registry, families: list[str]) -> list[Model]:
    wanted = {normal_name(name) for text in families for name in text.split(",")}
    for name in sorted(wanted - set(registry.families)):
        raise UsageError(f"unknown family {name!r}.{did_you_mean(name, registry.families)}")
    models = [m for m in registry.models.values() if not wanted or m.plugin.family in wanted]
    return sorted(models, key=lambda model: (model.plugin.family, model.name))


def _summary(model: Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "title": model.plugin.title,
        "family": model.plugin.family,
        "variants": list(model.plugin.variants),
        "installed": not model.missing,
        "missing": list(model.missing),
        "install": model.install_hint,
        "source": model.plugin.source.name,
        "path": str(model.path),
    }


def _show(models: list[Model]) -> None:
    from suite.console import Console

    console = Console()
    if models:
        console.print(_table(models, wide=console.width >= _WIDE))
    else:
        console.print("no model: baselines/ and cnn/ are empty, and no package offers one")


def _table(models: list[Model], *, wide: bool) -> Table:
    """All columns where there is room; else the name, the title and whether it is installed."""
    from rich.table import Table
    from rich.text import Text

    names = ("model", "title", "family", "variants", "installed", "from")
    narrow = {"model", "title", "installed"}
    shown = [name for name in names if wide or name in narrow]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        table.add_column(name, overflow="fold")
    for model in models:
        cells = {
            "model": model.name,
            "title": model.plugin.title,
            "family": model.plugin.family,
            "variants": ", ".join(model.plugin.variants),
            "installed": model.install_hint or "yes",
            "from": model.plugin.source.name,
        }
        if not wide and model.plugin.variants:
            cells["model"] += "".join(f"\n  /{name}" for name in model.plugin.variants)
        table.add_row(*(Text(cells[name]) for name in shown))
    return table
