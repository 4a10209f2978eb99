"""Whether a record fits the plugin that it names: parameters, identity, preset, code."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from suite.audit.commits import commit_time, source_hash_at
from suite.audit.finding import RUN_AGAIN, Fault, shown
from suite.identity import as_defaults, canonical_json, identity
from suite.protocol.rules import preset_changes, preset_named
from suite.records.record import DEFAULT_BACKEND, DEFAULT_PRECISION
from suite.runner.plan import BACKENDS, uses_keras
from suite.source_hash import FAMILY_PACKAGES

if TYPE_CHECKING:
    from suite.contract import Plugin
    from suite.records.record import Record
    from suite.registry import Model, Registry

_HASH = re.compile("[0-9a-f]{10}")


def code_faults(record: Record, registry: Registry) -> Iterator[Fault]:
    """What does not fit the plugin.

    Where the plugin's code has changed since the run, its parameters may have, too: then what does
    not fit is a warning.

    Args:
        record: A record whose preset is known.
        registry: The models.
    """
    model = model_of(record, registry)
    if model is None:
        yield Fault(
            field="model",
            expected="a model that is here, so that its parameters and code can be checked",
            found=shown(record.model),
            remedy="Add its plugin, or name its file with --plugin.",
            severity="warning",
        )
        yield from _hash_faults(record)
        return
    if record.source_hash == model.source_hash:
        yield from _claimed(record, model)
        yield from _plugin_faults(record, model)
        return
    yield _stale(record, model)
    yield from _hash_faults(record)
    for fault in _plugin_faults(record, model):
        yield replace(fault, severity="warning")


def model_of(record: Record, registry: Registry) -> Model | None:
    """The model of a record: the one of its name, or a file named by hand that has its code.

    A package may give its model another name than the file has, which the file does not tell.
    """
    named = registry.models.get(record.model)
    files = (model for model in registry.models.values() if model.module is None)
    return named or next((m for m in files if m.source_hash == record.source_hash), None)


def _hash_faults(record: Record) -> Iterator[Fault]:
    """Whether a hash is that of the parameters, which needs no plugin."""
    if not _HASH.fullmatch(record.variant):
        return
    expected = _hash_of(record)
    if record.variant != expected:
        yield Fault(
            field="variant",
            expected=f"{expected}, the hash of the parameters",
            found=shown(record.variant),
        )


def _hash_of(record: Record) -> str:
    content = [record.parameters, record.settings] if record.settings else record.parameters
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:10]


def _code_then(record: Record, model: Model) -> str | None:
    """The hash of a model's code at the record's commit; None where that can't be known."""
    commit = record.environment.git_commit
    package = (model.module or "").partition(".")[0]
    if not commit or package not in FAMILY_PACKAGES or commit_time(commit) is None:
        return None
    return source_hash_at(commit, model.module or "")


def _claimed(record: Record, model: Model) -> Iterator[Fault]:
    """A record that claims today's code, though its commit has other code and nothing changed."""
    then = _code_then(record, model)
    if then in {None, record.source_hash} or record.environment.git_dirty is not False:
        return
    yield _not_at_commit(record, model, then or "")


def _not_at_commit(record: Record, model: Model, then: str) -> Fault:
    short = (record.environment.git_commit or "")[:10]
    there = f"{then}, that of {model.name} at commit {short}" if then else (
        f"a commit that has {model.name}, or git_dirty; {short} does not have it"
    )  # fmt: skip
    return Fault(field="source_hash", expected=there, found=record.source_hash)


def _stale(record: Record, model: Model) -> Fault:
    """A record of other code: of one that a commit has, of one that can't be known, or of none."""
    then = _code_then(record, model)
    fault = Fault(
        field="source_hash",
        expected=f"{model.source_hash}, that of {model.name} now",
        found=f"{record.source_hash}: other code made the run",
        severity="warning",
    )
    if then == record.source_hash:
        found = f"that of commit {(record.environment.git_commit or '')[:10]}: the record is stale"
        return replace(fault, found=found, remedy="Run it again to have it count as current.")
    if then is None or record.environment.git_dirty is not False:
        return replace(fault, remedy=f"Its code is not known here. {RUN_AGAIN}")
    return _not_at_commit(record, model, then)


def _plugin_faults(record: Record, model: Model) -> Iterator[Fault]:
    plugin = model.plugin
    expected, found = set(plugin.params), set(record.parameters)
    if expected != found:
        names = sorted(expected - found) + sorted(found - expected)
        yield Fault(
            field="parameters",
            expected=f"those of build: {', '.join(sorted(expected)) or 'none'}",
            found=f"others: {shown(', '.join(names))}",
        )
        return
    try:
        resolved = as_defaults(plugin, record.parameters)
        name = identity(plugin, resolved, record.settings)
    except (OverflowError, RecursionError, TypeError) as error:
        yield Fault(
            field="parameters", expected="values that build can take", found=shown(str(error))
        )
        return
    for parameter, value in resolved.items():
        if canonical_json(value) != canonical_json(record.parameters[parameter]):
            yield Fault(
                field=f"parameters.{parameter}",
                expected=f"{shown(value)}, of its default's type",
                found=shown(record.parameters[parameter]),
            )
    if record.variant != name:
        settings = ", ".join(f"{key} {value}" for key, value in record.settings.items())
        yield Fault(
            field="variant",
            expected=f"{name!r}, what the parameters"
            + (f" with {settings}" * bool(settings))
            + " are called",
            found=shown(repr(record.variant)),
            remedy=f"A parameter or the variant was changed. {RUN_AGAIN}",
        )
    changes = preset_changes(record.parameters, preset_named(record.preset), plugin.presets)
    if canonical_json(changes) != canonical_json(record.preset_changes):
        yield Fault(
            field="preset_changes",
            expected=f"{shown(changes)} under {record.preset}",
            found=shown(record.preset_changes),
        )
    yield from _keras_faults(record, plugin)
    yield from _engine_faults(record, model)


def _keras_faults(record: Record, plugin: Plugin) -> Iterator[Fault]:
    backend, precision = record.environment.backend, record.environment.precision
    keras = uses_keras(plugin)
    if keras and backend not in BACKENDS:
        yield Fault(
            field="environment.backend",
            expected=f"one of {', '.join(BACKENDS)}, since the model uses Keras",
            found=shown(backend),
        )
    if not keras and backend is not None:
        expected = "none, since the model does not use Keras"
        yield Fault(field="environment.backend", expected=expected, found=shown(backend))
    if not keras and record.multiply_adds is not None:
        expected = "none, since the model does not use Keras"
        yield Fault(field="multiply_adds", expected=expected, found=shown(record.multiply_adds))
    if not keras and precision != DEFAULT_PRECISION:
        yield Fault(
            field="environment.precision",
            expected=f"{DEFAULT_PRECISION}, since the model does not use Keras",
            found=shown(precision),
        )


def _engine_faults(record: Record, model: Model) -> Iterator[Fault]:
    """Whether a library trained that the model's plugin names; others say what they like."""
    package = (model.module or "").partition(".")[0]
    if record.engine is None or package not in FAMILY_PACKAGES:
        return
    if uses_keras(model.plugin):
        engines = [f"keras/{record.environment.backend or DEFAULT_BACKEND}"]
    else:
        names = (name for names in model.plugin.requires for name in names.split("|"))
        engines = sorted({name.partition(".")[0] for name in names})
    if _has_class(model.path):
        engines.append("plugin")  # what the suite writes of a class that does not name its engine
    if engines and record.engine not in engines:
        yield Fault(field="engine", expected=" or ".join(engines), found=shown(repr(record.engine)))


@cache
def _has_class(file: Path) -> bool:
    """Whether a plugin's file defines a class, which may be the classifier."""
    return any(isinstance(node, ast.ClassDef) for node in ast.walk(ast.parse(file.read_bytes())))
