"""From what the user wrote to models with parameters, each a row of the leaderboard."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from types import MappingProxyType

from suite.contract import Params, Plugin
from suite.errors import PluginError, UsageError, did_you_mean
from suite.grammar import Item, Value, parse, spell
from suite.identity import as_defaults, identity, kind, label, like
from suite.registry import Model, Registry, discover, normal_name, plugin_path

__all__ = [
    "Selection",
    "find_model",
    "identity",
    "label",
    "plugin_files",
    "select",
    "select_models",
]

DEFAULT_VARIANT = "default"

_MOST_COMBINATIONS = 10_000
_EXAMPLES = {
    "number": "a number such as 10 or 0.5",
    "boolean": "true or false",
    "list": "a list such as (100,10); square brackets try one value after the other",
}


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A model with its parameters.

    Attributes:
        model: The model.
        variant: "" for the defaults, a variant's name, or a hash of the parameters.
        params: All parameters, read-only; lists where the plugin has tuples.
    """

    model: Model
    variant: str
    params: Params

    @property
    def label(self) -> str:
        """The selection as people read it."""
        return label(self.model.name, self.model.plugin, self.variant, self.params)


def select_models(
    models: Sequence[str] = (), families: Sequence[str] = ()
) -> tuple[Registry, tuple[Selection, ...]]:
    """Find the models, those in files named here included, and select; see `select`.

    Raises:
        PluginError: A plugin file named here can't be used.
        UsageError: See `select`.
    """
    registry = discover(plugin_files(models))
    return registry, select(registry, models, families)


def plugin_files(models: Sequence[str]) -> tuple[Path, ...]:
    """The plugin files that are named in a selection, for `discover`.

    Raises:
        UsageError: The text does not follow the grammar.
    """
    return tuple(dict.fromkeys(item.path for item in _items(models) if item.path is not None))


def select(
    registry: Registry, models: Sequence[str] = (), families: Sequence[str] = ()
) -> tuple[Selection, ...]:
    """The models and parameters that were asked for.

    A plain name selects the defaults and then each variant, `name/default` the defaults alone,
    `name/variant` one variant, `name[...]` the defaults with those changes, where a list tries one
    value after the other. What is selected twice is there once.

    Args:
        registry: What there is.
        models: Models as `suite.grammar` has them; none means all that are installed.
        families: Keep only these families; none means all.

    Raises:
        UsageError: A name or parameter is unknown, a value does not fit, a model named is broken
            or not installed, or nothing is left.
    """
    wanted = _families(registry, families)
    items = _items(models)
    if items:
        every = (selection for item in items for selection in _chosen(registry, item))
        chosen = list(islice(every, _MOST_COMBINATIONS + 1))
        if len(chosen) > _MOST_COMBINATIONS:
            raise UsageError(f"more than {_MOST_COMBINATIONS:,} models with their parameters, "
                             "expected at most as many. Name fewer at once")  # fmt: skip
    else:
        installed = [model for model in registry.models.values() if not model.missing]
        chosen = [selection for model in installed for selection in _rows(model)]
    unique: dict[tuple[str, str], Selection] = {}
    for selection in chosen:
        if not wanted or selection.model.plugin.family in wanted:
            unique.setdefault((selection.model.name, selection.variant), selection)
    if not unique:
        raise UsageError(_why_empty(registry, models, wanted))
    return tuple(unique.values())


def find_model(registry: Registry, name: str) -> Model:
    """The model of that name, installed or not.

    Raises:
        UsageError: There is none, or its file is broken.
    """
    wanted = normal_name(name)
    if wanted in registry.models:
        return registry.models[wanted]
    for broken in registry.broken:
        if normal_name(broken.path.stem) == wanted:
            raise UsageError(f"the model {wanted} can't be used. {broken}")
    raise UsageError(f"unknown model {name[:80]!r}.{did_you_mean(wanted, registry.models)}")


def find_item(registry: Registry, item: Item) -> Model:
    """The model that an item names, installed or not.

    Raises:
        UsageError: There is none, or its file is broken.
    """
    if item.path is None:
        _refuse_half_a_path(registry, item)
        return find_model(registry, item.name)
    with suppress(PluginError):
        path = plugin_path(item.path)
        for model in registry.models.values():
            if model.path == path:
                return model
    raise UsageError(
        f"{str(item.path)[:200]} was not loaded. Pass plugin_files(models) to discover"
    )


def _refuse_half_a_path(registry: Registry, item: Item) -> None:
    folder, stem = normal_name(item.name), normal_name(item.variant or "")
    model = registry.models.get(stem)
    if folder not in registry.models and model is not None and model.path.parent.name == folder:
        raise UsageError(f"{item.text!r} is read as a variant of a model {folder!r}, which there "
                         f"is not. Write {stem}, or the file's path with its .py")  # fmt: skip


def _items(models: Sequence[str]) -> tuple[Item, ...]:
    texts = (models,) if isinstance(models, str) else models
    return tuple(item for text in texts for item in parse(text))


def _families(registry: Registry, families: Sequence[str]) -> tuple[str, ...]:
    texts = (families,) if isinstance(families, str) else families
    names = [normal_name(name) for text in texts for name in text.split(",")]
    for name in names:
        if name not in registry.families:
            raise UsageError(
                f"unknown family {name[:80]!r}.{did_you_mean(name, registry.families)}"
            )
    return tuple(dict.fromkeys(names))


def _chosen(registry: Registry, item: Item) -> Iterator[Selection]:
    model = find_item(registry, item)
    if model.missing:
        needed = " and ".join(model.missing)
        raise UsageError(f"{model.name} needs {needed}, not installed here. "
                         f"Install with: {model.install_hint}")  # fmt: skip
    if item.variant is None and item.changes is None:
        yield from _rows(model)
        return
    base = _variant(model, item.variant)
    changes = {name: _checked(model, name, item) for name in item.changes or {}}
    combinations = math.prod(len(values) for values in changes.values())
    if combinations > _MOST_COMBINATIONS:
        raise UsageError(f"{item.text[:80]!r} has {combinations:,} combinations, expected at most "
                         f"{_MOST_COMBINATIONS:,}. Try fewer values at once")  # fmt: skip
    for values in product(*changes.values()):
        yield _selection(model, {**base, **dict(zip(changes, values, strict=True))})


def _rows(model: Model) -> Iterator[Selection]:
    for variant in (DEFAULT_VARIANT, *model.plugin.variants):
        yield _selection(model, _variant(model, variant))


def _selection(model: Model, params: Mapping[str, Value]) -> Selection:
    resolved = as_defaults(model.plugin, params)
    return Selection(
        model=model,
        variant=identity(model.plugin, resolved),
        params=MappingProxyType(resolved),
    )


def _variant(model: Model, written: str | None) -> dict[str, Value]:
    plugin = model.plugin
    name = normal_name(written or DEFAULT_VARIANT)
    if name == DEFAULT_VARIANT:
        return dict(plugin.params)
    if name not in plugin.variants:
        known = [DEFAULT_VARIANT, *plugin.variants]
        raise UsageError(
            f"{model.name} has no variant {str(written)[:80]!r}.{did_you_mean(name, known)}"
        )
    return {**plugin.params, **plugin.variants[name]}


def _checked(model: Model, name: str, item: Item) -> tuple[Value, ...]:
    """The values to try for a parameter, in the type of its default."""
    plugin = model.plugin
    if name not in plugin.params:
        hint = did_you_mean(name, plugin.params) or " It has none: leave out the brackets"
        raise UsageError(f"{model.name} has no parameter {name[:80]!r}.{hint}")
    assert item.changes is not None
    return tuple(_fitted(model.name, plugin, name, value) for value in item.changes[name])


def _fitted(model_name: str, plugin: Plugin, name: str, value: Value) -> Value:
    default = plugin.params[name]
    where = f"{model_name}[{name}={spell(value)[:80]}]"
    try:
        fitted: Value = like(default, value)
    except OverflowError as error:
        raise UsageError(f"{where}: the number is too large, expected a smaller one") from error
    if name == "epochs":
        if not isinstance(fitted, int) or isinstance(fitted, bool) or fitted < 1:
            raise UsageError(f"{where}: expected a whole number of epochs, at least 1")
        return fitted
    sets = (plugin.params, *plugin.variants.values(), *plugin.presets.values())
    kinds = {kind(values[name]) for values in sets if name in values}
    # Many libraries take a word or a number for one parameter (gamma="scale"), and None says
    # nothing about the type: only clear mismatches are refused here.
    if value is None or kind(default) in {"text", "none"} or kind(value) in kinds:
        return fitted
    raise UsageError(f"{where}: expected {_EXAMPLES[kind(default)]} (default {spell(default)})")


def _why_empty(registry: Registry, models: Sequence[str], wanted: Sequence[str]) -> str:
    if models:
        families = " or ".join(wanted)
        return f"no model is left: none of those named is of the family {families}. Name others"
    left_out = [m for m in registry.models.values() if not wanted or m.plugin.family in wanted]
    if not left_out:
        return "there is no model. Name a plugin file, such as --models ./my_model.py"
    first = left_out[0]
    return f"no model is installed; {first.name} for example needs: {first.install_hint}"
