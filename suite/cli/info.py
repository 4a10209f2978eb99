"""`suite info MODEL`: all that is known about a model before it is run."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from suite.contract import Params, Published
from suite.errors import UsageError
from suite.grammar import parse, spell
from suite.registry import Model, discover
from suite.selection import find_item, plugin_files

_FULL_TRAINING = 60_000


def info(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's name or plugin file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a model's parameters, variants, presets, libraries, cost and source.

    Examples: suite info svm; suite info ./my_model.py; suite info svm --json.
    """
    items = parse(model)
    if len(items) > 1:
        raise UsageError(f"expected one model, got {len(items)}: {model}")
    found = find_item(discover(plugin_files([model])), items[0])
    if as_json:
        typer.echo(json.dumps(_facts(found), indent=1, ensure_ascii=False))
    else:
        _show(found)


def _facts(model: Model) -> dict[str, Any]:
    plugin = model.plugin
    return {
        "name": model.name,
        "title": plugin.title,
        "family": plugin.family,
        "view": plugin.view,
        "params": dict(plugin.params),
        "variants": {name: dict(values) for name, values in plugin.variants.items()},
        "presets": {name: dict(values) for name, values in plugin.presets.items()},
        "parameters": _counted(model),
        "uses_validation": plugin.uses_validation,
        "random": plugin.random,
        "cost_seconds": _cost(model),
        "requires": list(plugin.requires),
        "installed": not model.missing,
        "missing": list(model.missing),
        "install": model.install_hint,
        "source": asdict(plugin.source),
        "path": str(model.path),
        "source_hash": model.source_hash,
    }


def _counted(model: Model) -> str:
    return inspect.getdoc(model.plugin.parameters) or ""


def _cost(model: Model) -> float | None:
    """Processor seconds for 60,000 images and the default parameters; None if it can't be told."""
    hint = model.plugin.cost_hint
    if not callable(hint):
        return float(hint)
    try:
        return float(hint(_FULL_TRAINING, model.plugin.params))
    except Exception:
        return None


def _show(model: Model) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2), expand=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _rows(model):
        table.add_row(name, Text(text))
    console = Console()
    console.print(Text(f"{model.name}: {model.plugin.title}", style="bold"))
    console.print(table)


def _rows(model: Model) -> Iterator[tuple[str, str]]:
    plugin = model.plugin
    shape = "(n, 784)" if plugin.view == "flat" else "(n, 28, 28, 1)"
    cost = _cost(model)
    yield "family", plugin.family
    yield "input", f"{plugin.view}: float32 {shape} in [0, 1]"
    yield "parameters", _lines(f"{k} = {spell(v)}" for k, v in plugin.params.items()) or "none"
    yield "variants", _sets(plugin.variants)
    yield "presets", _sets(plugin.presets)
    yield "counted", _counted(model) or "not described"
    yield "validation", "used while training" if plugin.uses_validation else "not used"
    yield "random", "yes, by the seed" if plugin.random else "no: every seed gives the same model"
    yield (
        "cost",
        "unknown"
        if cost is None
        else (f"about {cost:,.0f} processor seconds for {_FULL_TRAINING:,} images"),
    )
    yield "requires", ", ".join(plugin.requires) or "nothing"
    yield "installed", f"no: {model.install_hint}" if model.missing else "yes"
    yield "source", " ".join(text for text in (plugin.source.name, plugin.source.url) if text)
    yield "published", _lines(map(_result, plugin.source.published)) or "nothing"
    yield "changed", plugin.source.changed or "nothing"
    yield "file", str(model.path)


def _sets(sets: Mapping[str, Params]) -> str:
    return _lines(
        f"{name}: {', '.join(f'{k} = {spell(v)}' for k, v in values.items())}"
        for name, values in sets.items()
    ) or "none"  # fmt: skip


def _result(result: Published) -> str:
    where = f"{result.dataset}, {result.variant}" if result.variant else result.dataset
    return f"{where}: {result.accuracy:g}" + (f" ({result.note})" if result.note else "")


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(texts)
