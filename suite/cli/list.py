"""`suite list`: which models there are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suite.errors import UsageError, did_you_mean
from suite.registry import Model, Registry, discover, normal_name

if TYPE_CHECKING:
    from rich.table import Table

    from reports.published import Result

_WIDE = 120


def list_models(
    family: Annotated[
        list[str] | None,
        typer.Option("--family", metavar="NAMES", help="Only these families, such as classic,cnn."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the models with their variants, and how to install those that lack a library.

    Examples: suite list; suite list --family cnn; suite list --json.
    """
    registry = discover()
    models = _of_families(registry, family or [])
    results = _results(registry)
    if as_json:
        broken = [
            {"path": str(b.path), "line": b.line, "message": b.message} for b in registry.broken
        ]
        summaries = [_summary(model, results.get(model.name, ())) for model in models]
        content = {"models": summaries, "broken": broken}
        typer.echo(json.dumps(content, indent=1, ensure_ascii=False))
    else:
        _show(models, results)
    for item in registry.broken:
        typer.echo(f"broken: {item}", err=True)


def _of_families(registry: Registry, families: list[str]) -> list[Model]:
    wanted = {normal_name(name) for text in families for name in text.split(",")}
    for name in sorted(wanted - set(registry.families)):
        raise UsageError(f"unknown family {name!r}.{did_you_mean(name, registry.families)}")
    models = [m for m in registry.models.values() if not wanted or m.plugin.family in wanted]
    return sorted(models, key=lambda model: (model.plugin.family, model.name))


def _results(registry: Registry) -> dict[str, list[Result]]:
    """What is published for each model."""
    from reports.published import load_published
    from reports.published_models import by_model

    found = by_model(registry, load_published())
    return {name: [result for result, _ in results] for name, results in found.items()}


def _summary(model: Model, results: Sequence[Result]) -> dict[str, Any]:
    return {
        "name": model.name,
        "title": model.plugin.title,
        "family": model.plugin.family,
        "variants": list(model.plugin.variants),
        "installed": not model.missing,
        "missing": list(model.missing),
        "install": model.install_hint,
        "source": model.plugin.source.name,
        "published": [
            {
                "selection": r.selection,
                "dataset": r.dataset,
                "accuracy_percent": r.figure().percent,
                "statistic": r.figure().statistic,
            }
            for r in results
        ],
        "path": str(model.path),
    }


def _show(models: list[Model], results: Mapping[str, Sequence[Result]]) -> None:
    from rich.console import Console

    console = Console()
    if models:
        console.print(_table(models, results, wide=console.width >= _WIDE))
    else:
        console.print("no model: baselines/ and cnn/ are empty, and no package offers one")


def _table(models: list[Model], results: Mapping[str, Sequence[Result]], *, wide: bool) -> Table:
    """All columns where there is room; else the name, the title and whether it is installed."""
    from rich.table import Table
    from rich.text import Text

    names = ("model", "title", "family", "variants", "installed", "from", "published %")
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
            "published %": _published(results.get(model.name, ())),
        }
        if not wide and model.plugin.variants:
            cells["model"] += "".join(f"\n  /{name}" for name in model.plugin.variants)
        table.add_row(*(Text(cells[name]) for name in shown))
    return table


def _published(results: Sequence[Result]) -> str:
    """The highest published test accuracy on each dataset, in percent."""
    best: dict[str, float] = {}
    for result in results:
        figure = result.figure()
        if figure.percent is not None and figure.statistic in ("test", "test_mean"):
            best[result.dataset] = max(figure.percent, best.get(result.dataset, 0.0))
    return ", ".join(f"{dataset} {percent:.5g}" for dataset, percent in sorted(best.items()))
