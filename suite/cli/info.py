"""`suite info MODEL`: all that is known about a model before it is run."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suite.cli import options as o
from suite.cli.say import say_json
from suite.contract import Params
from suite.errors import UsageError
from suite.grammar import parse, spell
from suite.meanings import meanings
from suite.registry import Model, discover
from suite.selection import Selection, find_item, plugin_files

if TYPE_CHECKING:
    from reports.published import Result

    Results = Sequence[tuple[Result, Selection]]

_FULL_TRAINING = 60_000


def info(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's name or plugin file.")],
    as_json: o.AsJson = False,
) -> None:
    """Show a model's parameters, variants, presets, libraries, cost and source.

    Examples: suite info svm; suite info ./my_model.py; suite info svm --json.
    """
    items = parse(model)
    if len(items) > 1:
        raise UsageError(f"expected one model, got {len(items)}: {model}")
    if items[0].variant is not None or items[0].changes is not None:
        raise UsageError(f"{model} is a model with settings, expected its name alone: `info` shows "
                         "all variants and parameters")  # fmt: skip
    from reports.published import load_published
    from reports.published_models import by_model

    registry = discover(plugin_files([model]))
    found = find_item(registry, items[0])
    published = by_model(registry, load_published()).get(found.name, ())
    if as_json:
        say_json(_facts(found, published))
    else:
        _show(found, published)


def _facts(model: Model, published: Results) -> dict[str, Any]:
    plugin = model.plugin
    return {
        "name": model.name,
        "title": plugin.title,
        "family": plugin.family,
        "view": plugin.view,
        "params": dict(plugin.params),
        "meanings": meanings(plugin),
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
        "published": [
            {"model": chosen.label} | result.model_dump(mode="json", exclude_none=True)
            for result, chosen in published
        ],
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


def _show(model: Model, published: Results) -> None:
    from rich.table import Table
    from rich.text import Text

    from suite.console import Console

    table = Table.grid(padding=(0, 2), expand=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _rows(model, published):
        table.add_row(name, Text(text))
    console = Console()
    console.print(Text(f"{model.name}: {model.plugin.title}", style="bold"))
    console.print(table)


def _rows(model: Model, published: Results) -> Iterator[tuple[str, str]]:
    plugin = model.plugin
    shape = "(n, 784)" if plugin.view == "flat" else "(n, 28, 28, 1)"
    cost = _cost(model)
    yield "family", plugin.family
    yield "input", f"{plugin.view}: float32 {shape} in [0, 1]"
    known = meanings(plugin)
    yield "parameters", _lines(
        f"{k} = {spell(v)}" + (f"  ({known[k]})" if k in known else "")
        for k, v in plugin.params.items()
    ) or "none"  # fmt: skip
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
    yield "published", _lines(map(_result, published)) or "nothing"
    yield "changed", plugin.source.changed or "nothing"
    yield "file", str(model.path)


def _sets(sets: Mapping[str, Params]) -> str:
    return _lines(
        f"{name}: {', '.join(f'{k} = {spell(v)}' for k, v in values.items())}"
        for name, values in sets.items()
    ) or "none"  # fmt: skip


def _result(item: tuple[Result, Selection]) -> str:
    from reports.published_words import kind, published_value

    result, chosen = item
    what = f"{chosen.label} on {result.dataset}: {published_value(result)} %, {kind(result)}"
    notes = "; ".join(filter(None, (result.printed_in, result.protocol)))
    return f"{what} ({notes})" if notes else what


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(texts)
