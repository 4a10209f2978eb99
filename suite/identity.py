"""What a set of parameters is called: in records (a variant's name or a hash) and by people."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from suite.contract import Params, Plugin
from suite.grammar import spell

Kind = Literal["number", "boolean", "text", "list", "none"]

_NO_EXTRAS: Params = MappingProxyType({})
_HASH = re.compile("[0-9a-f]{10}")
_LARGEST_EXACT = 2**53


def identity(plugin: Plugin, params: Params, extras: Mapping[str, Any] = _NO_EXTRAS) -> str:
    """What a record calls a set of parameters.

    Args:
        plugin: The plugin.
        params: All parameters, before the limits of a preset.
        extras: Settings of the run that are not the defaults, such as {"threads": 2}.

    Returns:
        "" for the defaults, a variant's name, or else the first 10 hex digits of the SHA-256 of
        the canonical JSON of the parameters (with extras: of the list [parameters, extras]).
    """
    resolved = as_defaults(plugin, params)
    named = None if extras else _named(plugin, resolved)
    if named is not None:
        return named
    content = canonical_json([resolved, dict(extras)] if extras else resolved)
    return hashlib.sha256(content.encode()).hexdigest()[:10]


def label(
    model_name: str,
    plugin: Plugin | None,
    variant_identity: str,
    params: Params,
    extras: Mapping[str, Any] = _NO_EXTRAS,
) -> str:
    """A row's name for people: "svm", "name/variant" or "svm[C=1,kernel=poly]".

    Args:
        model_name: The model's name.
        plugin: The plugin; None if it is no longer there.
        variant_identity: "", a variant's name or a hash, as in records.
        params: All parameters, before the limits of a preset.
        extras: Settings of the run that are not the defaults; they follow in round brackets.

    Returns:
        Without extras, text that a selection reads back as the same parameters; it spells what
        differs from the defaults.
    """
    variants = plugin.variants if plugin else {}
    named: str | None = variant_identity
    if _HASH.fullmatch(variant_identity) and variant_identity not in variants:
        named = _named(plugin, as_defaults(plugin, params)) if plugin else None
    if named is None:
        text = f"{model_name}[{_changes(plugin, params)}]"
    else:
        text = f"{model_name}/{named}" if named else model_name
    settings = ", ".join(f"{name}={spell(value)}" for name, value in extras.items())
    return f"{text} ({settings})" if settings else text


def kind(value: object) -> Kind:
    """What sort of value a parameter has."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "list" if isinstance(value, list | tuple) else "text"


def as_defaults(plugin: Plugin, params: Params) -> dict[str, Any]:
    """Parameters with numbers of the type of their defaults, so that 1 and 1.0 are one value.

    An integer becomes a float where the default is a float, a whole float an integer where the
    default is an integer; tuples become lists, as in JSON.
    """
    return {name: like(plugin.params.get(name), value) for name, value in params.items()}


def like(default: object, value: Any) -> Any:
    """A value in the type of a default; see `as_defaults`.

    Raises:
        OverflowError: An integer is too large for a float.
    """
    if kind(value) == "list":
        known = list(default) if isinstance(default, list | tuple) else []
        template = known[0] if len({type(item) for item in known}) == 1 else None
        return [like(template, item) for item in value]
    if isinstance(value, float):
        value += 0.0  # -0.0 equals 0.0, but its text differs: it becomes 0.0
    if kind(value) != "number" or kind(default) != "number":
        return value
    if isinstance(default, float):
        return float(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT:
        return int(value)
    return value


def _named(plugin: Plugin, resolved: Params) -> str | None:
    """The name of the set that equals these parameters: "" for the defaults; None if none does."""
    wanted = canonical_json(resolved)
    for name, changes in {"": {}, **plugin.variants}.items():
        if canonical_json(as_defaults(plugin, {**plugin.params, **changes})) == wanted:
            return name
    return None


def _changes(plugin: Plugin | None, params: Params) -> str:
    defaults = as_defaults(plugin, plugin.params) if plugin else {}
    resolved = as_defaults(plugin, params) if plugin else dict(params)
    return ",".join(
        f"{name}={spell(value, numeric=kind(defaults.get(name)) == 'number')}"
        for name, value in resolved.items()
        if name not in defaults or canonical_json(value) != canonical_json(defaults[name])
    )


def canonical_json(content: object) -> str:
    """JSON with sorted keys and no spaces: equal content, equal text; 1, 1.0 and True differ."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
