"""Loads one plugin file and says in one line, with file and line number, what is wrong with it."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from itertools import chain
from pathlib import Path
from traceback import walk_tb
from types import CodeType, ModuleType
from typing import Any, Literal, NamedTuple

from suite.contract import Plugin, Source
from suite.errors import PluginError, did_you_mean
from suite.source_hash import source_files

_IMPORT_NAMES = re.compile(r"[A-Za-z_][\w.]*(\|[A-Za-z_][\w.]*)*")
_LONGEST_MESSAGE = 400
_LONGEST_PARAMS = 10_000  # as JSON: they stand in each record
_LARGEST_NUMBER = 1e100
# What Python says of fields that are not given, or that there are not.
_LACKING = re.compile(r"(Plugin|Source)\.__init__\(\) missing \d+ required \S+ arguments?: (.+)")
_UNKNOWN = re.compile(r"(Plugin|Source)\.__init__\(\) got an unexpected keyword argument '(\w+)'")

# What of a plugin can't be used: the file as such, a field of PLUGIN, or what `build` takes.
Part = Literal["file", "fields", "build"]


class BrokenPluginError(PluginError):
    """A plugin that can't be used.

    Attributes:
        path: The plugin file.
        line: The line in it where it went wrong, from 1.
        reason: What is wrong, on one line.
        part: What of the plugin it is about.
    """

    def __init__(self, path: Path, line: int, reason: str, part: Part = "file") -> None:
        self.path = path
        self.line = line
        self.reason = reason
        self.part = part
        super().__init__(f"{shown(path)}:{line}: {reason}")


def shown(path: Path) -> str:
    """A path as people want to read it: relative to the working folder where it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def load_plugin(path: Path, module: str | None) -> Plugin:
    """Import a plugin file and check that its `PLUGIN` keeps to the contract.

    What the file prints while it is imported goes to standard error.

    Args:
        path: The plugin file.
        module: Its dotted name; None for a file outside any package, which is read anew each time.

    Raises:
        BrokenPluginError: It does not import (whatever it raises, but for KeyboardInterrupt),
            has no `PLUGIN`, or does not keep to the contract.
    """
    path = path.resolve()
    try:
        with redirect_stdout(sys.stderr):
            loaded = import_module(module) if module else _import_file(path)
            plugin: Any = getattr(loaded, "PLUGIN", None)
            breach = _first_breach(loaded, plugin, path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        told, part = _told(path, error), _part_of(error)
        raise BrokenPluginError(path, line_in(path, error) or 1, told, part) from error
    if breach:
        line = _definition_line(path, breach.function)
        raise BrokenPluginError(path, line, breach.reason, breach.part)
    assert isinstance(plugin, Plugin)
    return plugin


def own_files(path: Path, module: str | None) -> list[Path]:
    """What a plugin consists of: its package's folder, or a file and its helpers.

    Args:
        path: The plugin file.
        module: Its dotted name; None for a file outside any package.

    Raises:
        PluginError: A file can't be read.
    """
    path = path.resolve()
    if module is None:
        # A link may bear a helper's name: what it leads to has to be code, too.
        return [file for file in source_files(path, None) if file.suffix == ".py"]
    return [path.parents[module.count(".") - 1] if "." in module else path]


class _FreshLoader(SourceFileLoader):
    """Compiles from source: bytecode is told stale by size and seconds, too coarse for edits."""

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


def _import_file(path: Path) -> ModuleType:
    digest = hashlib.sha256(str(path).encode(errors="surrogateescape")).hexdigest()
    name = f"suite_plugin_{digest[:10]}_{path.stem}"
    spec = spec_from_file_location(name, path, loader=_FreshLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    loaded = module_from_spec(spec)
    sys.modules[name] = loaded
    try:
        spec.loader.exec_module(loaded)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return loaded


def line_in(path: Path, error: BaseException) -> int | None:
    """The innermost line of a file that led to an error; None if none did."""
    if isinstance(error, SyntaxError) and _same_file(error.filename, path):
        return error.lineno or 1
    frames = walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if _same_file(frame.f_code.co_filename, path)]
    return lines[-1] if lines else None


def _part_of(error: BaseException) -> Part:
    """`Plugin(...)` refuses fields while the file is imported."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    refused = bool(frames) and frames[-1].f_code is Plugin.__post_init__.__code__
    return "fields" if refused or _wrong_names(error) else "file"


def _wrong_names(error: BaseException) -> str:
    """Which fields Plugin(...) or Source(...) lacks, or does not have; empty if it is not that."""
    text = str(error) if type(error) is TypeError else ""
    if lacking := _LACKING.match(text):
        return f"{lacking[1]} lacks {lacking[2]}, for which there is no default"
    if unknown := _UNKNOWN.match(text):
        known = (Plugin if unknown[1] == "Plugin" else Source).__dataclass_fields__
        return f"{unknown[1]} has no field {unknown[2]!r}.{did_you_mean(unknown[2], known)}"
    return ""


def _same_file(name: str | None, path: Path) -> bool:
    return name is not None and Path(name).name == path.name and Path(name).resolve() == path


def _told(path: Path, error: BaseException) -> str:
    """The error on one line, whatever its class makes of its text."""
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except BaseException:
        text = "(its message can't be shown)"
    # A file that can't be compiled at all, for a null byte say, is not named in the error.
    if isinstance(error, SyntaxError) and error.filename and not _same_file(error.filename, path):
        text = f"{error.filename}:{error.lineno}: {text}"
    if isinstance(error, ModuleNotFoundError):
        text += ". Import libraries inside functions, and name them in requires"
    return one_line(_wrong_names(error) or f"{type(error).__name__}: {text}")


def one_line(text: str) -> str:
    """A message without line breaks, cut to what a terminal can take."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"


def _definition_line(path: Path, function: object) -> int:
    code = getattr(function, "__code__", None)
    if code is not None and _same_file(code.co_filename, path):
        return int(code.co_firstlineno)
    for node in ast.parse(path.read_bytes()).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "PLUGIN" for target in targets):
            return node.lineno
    return 1


class _Breach(NamedTuple):
    reason: str
    part: Part
    function: Callable[..., Any] | None = None


def _first_breach(loaded: ModuleType, plugin: Any, path: Path) -> _Breach | None:
    file = getattr(loaded, "__file__", None)
    if not _same_file(file, path):
        return _Breach(f"importing {loaded.__name__} gives {file}: another package has that name "
                       "and comes first on the import path", "file")  # fmt: skip
    if plugin is None:
        return _Breach("defines no PLUGIN. End the file with PLUGIN = Plugin(...)", "file")
    if not isinstance(plugin, Plugin):
        kind = type(plugin).__name__
        return _Breach(f"PLUGIN is a {kind}, expected a suite.contract.Plugin", "file")
    fields = (_Breach(reason, "fields") for reason in field_breaches(plugin))
    return next(chain(fields, _build_breaches(plugin)), None)


def field_breaches(plugin: Plugin) -> Iterator[str]:
    """What is wrong with the fields of a plugin, its functions apart; nothing if they are sound."""
    return chain(_field_breaches(plugin), _set_breaches(plugin))


def _field_breaches(plugin: Any) -> Iterator[str]:
    for name in ("title", "family"):
        value = getattr(plugin, name)
        if not isinstance(value, str) or not value.strip():
            yield f"{name} is {value!r}, expected some text"
    if isinstance(plugin.family, str) and not re.fullmatch(r"[a-z0-9_]+", plugin.family):
        yield f"family is {plugin.family!r}, expected lower-case letters, digits and _"
    if not isinstance(plugin.source, Source):
        yield f"source is {plugin.source!r}, expected a suite.contract.Source"
    if not isinstance(plugin.requires, tuple | list):
        yield f"requires is {plugin.requires!r}, expected a tuple such as ('sklearn.svm',)"
        return
    for place, text in _texts(plugin):
        if not _is_text(text):
            yield f"{place} is {text!r}, expected text without half characters (surrogates)"
    for name in plugin.requires:
        if not isinstance(name, str) or not _IMPORT_NAMES.fullmatch(name):
            yield f"requires has {name!r}, expected an import name such as 'sklearn.svm'"
    cost = plugin.cost_hint
    if not callable(cost) and not (isinstance(cost, int | float) and 0 < cost < math.inf):
        yield f"cost_hint is {cost!r}, expected processor seconds above 0, or a function"
    for result in plugin.source.published:
        if result.variant and result.variant not in plugin.variants:
            yield f"source.published names the variant {result.variant!r}, which there is not"
        if not 0 <= result.accuracy <= 1:
            yield f"source.published has accuracy {result.accuracy!r}, expected a fraction of 1"


def _texts(plugin: Plugin) -> Iterator[tuple[str, object]]:
    """What people read of a plugin, besides its parameters, with its place."""
    source = plugin.source
    yield "title", plugin.title
    yield from ((f"source.{name}", getattr(source, name)) for name in ("name", "url", "changed"))
    for result in source.published:
        yield from ((f"source.published.{name}", getattr(result, name))
                    for name in ("dataset", "variant", "note"))  # fmt: skip


def _is_text(value: object) -> bool:
    """Whether a value is text that a file can hold."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def _set_breaches(plugin: Plugin) -> Iterator[str]:
    sets: dict[str, Mapping[str, Any]] = {"params": plugin.params}
    sets |= {f"variants[{name!r}]": values for name, values in plugin.variants.items()}
    sets |= {f"presets[{name!r}]": values for name, values in plugin.presets.items()}
    for place, values in sets.items():
        for name, value in values.items():
            if not _is_plain(value):
                yield (f"{place} gives {name} the value {_clipped(value)}, expected a finite "
                       "number, a string, a boolean, None or a list of these")  # fmt: skip
                return
        if len(json.dumps(dict(values))) > _LONGEST_PARAMS:
            yield (f"{place} is longer than {_LONGEST_PARAMS:,} characters as JSON; parameters "
                   "are names and numbers, make what is larger in build")  # fmt: skip
            return
    seen = {"default": dict(plugin.params)}
    for name, values in plugin.variants.items():
        resolved = {**plugin.params, **values}
        twin = next((other for other, known in seen.items() if known == resolved), None)
        if name == "default":
            yield "a variant is called 'default', which names the defaults themselves"
        elif twin:
            yield f"variants[{name!r}] has the same parameters as {twin!r}"
        seen[name] = resolved


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    if isinstance(value, int | float):
        return abs(value) <= _LARGEST_NUMBER  # which NaN is not
    return value is None or _is_text(value)


def _clipped(value: object) -> str:
    try:
        return repr(value)[:100]
    except ValueError:  # an integer of thousands of digits
        return "of too many digits"


def _build_breaches(plugin: Plugin) -> Iterator[_Breach]:
    try:
        signature = inspect.signature(plugin.build)
    except ValueError:
        return
    given = {"seed": 0, "threads": 1, **plugin.params}
    try:
        signature.bind(**given)
    except TypeError as error:
        yield _Breach(f"build{signature} does not take seed, threads and the names in params: "
                      f"{error}", "build", plugin.build)  # fmt: skip
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    named = [name for name, p in signature.parameters.items() if p.kind not in variadic]
    unknown = [name for name in named if name not in given]
    if unknown:
        yield _Breach(f"build takes {', '.join(unknown)}, which params does not have; "
                      "give it a default there", "build", plugin.build)  # fmt: skip
