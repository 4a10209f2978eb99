"""A hash of what a plugin's code does: its file and its helpers, without comments and docstrings.

A record keeps the hash, so that a run can be told from one made with other code. It is taken from
the syntax tree, dumped here rather than by `ast.dump`, whose text differs between versions of
Python.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from suite.errors import PluginError

FAMILY_PACKAGES = ("baselines", "cnn")
PROJECT_ROOT = Path(__file__).resolve().parent.parent


def source_hash(path: Path, module: str | None) -> str:
    """SHA-256 over the code of a plugin file and of the helper files that it imports.

    Helpers are modules of the plugin's own package or folder whose name starts with `_`, and
    modules of `baselines` and `cnn`; helpers of helpers count too. The file's own name does not.

    Args:
        path: The plugin file.
        module: Its dotted name, or None for a file outside any package.

    Returns:
        64 hex digits; the same for every version of Python.

    Raises:
        PluginError: A file can't be read.
    """
    contents = _contents(path, module)
    total = hashlib.sha256()
    for label in sorted(contents):
        total.update(f"{label}\n{contents[label][1]}\n".encode())
    return total.hexdigest()


def source_files(path: Path, module: str | None) -> list[Path]:
    """The files that `source_hash` is taken over, the plugin's own first; arguments as there."""
    return [file for file, _ in _contents(path, module).values()]


def _contents(path: Path, module: str | None) -> dict[str, tuple[Path, str]]:
    """File and code of a plugin, under "", and of its helpers by their dotted names."""
    own = path.resolve()
    base = own.parents[module.count(".")] if module else own.parent
    contents: dict[str, tuple[Path, str]] = {}
    waiting = [("", own, module.rpartition(".")[0] if module else "")]
    while waiting:
        label, file, package = waiting.pop()
        if label in contents:
            continue
        code, names = _code(_read(file), package)
        contents[label] = file, code
        for name in names:
            helper = _helper_file(name, base, module)
            if helper and helper != own:
                inside = name if helper.name == "__init__.py" else name.rpartition(".")[0]
                waiting.append((name, helper, inside))
    return contents


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise PluginError(f"{file}: can't be read ({error.strerror})") from error


@lru_cache(maxsize=256)  # many plugins share a few helpers
def _code(source: bytes, package: str) -> tuple[str, tuple[str, ...]]:
    """What counts of a file, and the names that it imports.

    A helper that is no Python counts by its bytes: it only fails when it is used.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError):
            return hashlib.sha256(source).hexdigest(), ()
    return _dump(tree), tuple(_imported(tree, package))


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Dotted names that the code imports; a name imported from a module may be one itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if package and node.level else []
            parts = parts[: len(parts) - node.level + 1] if node.level else parts
            start = ".".join([*parts, *([node.module] if node.module else [])])
            yield start
            yield from (f"{start}.{alias.name}".lstrip(".") for alias in node.names)


def _helper_file(name: str, base: Path, module: str | None) -> Path | None:
    """The file of a module, if it is a helper.

    Args:
        name: Dotted name of what is imported.
        base: Folder that holds the plugin's top-level package, or the plugin itself.
        module: Dotted name of the plugin.
    """
    parts = name.split(".")
    underscore = any(part.startswith("_") for part in parts)
    if module and parts[0] == module.split(".")[0]:
        allowed, root = underscore or parts[0] in FAMILY_PACKAGES, base
    elif parts[0] in FAMILY_PACKAGES:
        allowed, root = True, PROJECT_ROOT
    else:
        allowed, root = module is None and parts[0].startswith("_"), base
    if not allowed or (parts[0] in FAMILY_PACKAGES and len(parts) == 1):
        return None
    stem = root.joinpath(*parts)
    for file in (stem.parent / f"{stem.name}.py", stem / "__init__.py"):
        if file.is_file():
            return file.resolve()
    return None


def _is_string_statement(node: object) -> bool:
    """Whether a statement is a docstring, or another bare string: it does nothing."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _dump(node: object) -> str:
    """Text of a syntax tree without positions and without fields that are empty.

    Later versions of Python add fields, which are empty for code that does not use them. `ascii`
    rather than `repr`: which characters `repr` escapes depends on the version's Unicode tables.
    """
    if isinstance(node, ast.Constant):
        try:
            return f"{type(node.value).__name__}:{node.value!a}"
        except ValueError:  # an integer of more digits than Python writes
            assert isinstance(node.value, int)
            return f"int:{hex(node.value)}"
    if isinstance(node, ast.AST):
        shown = ((name, _dump(value)) for name, value in ast.iter_fields(node) if value is not None)
        inner = ",".join(f"{name}={text}" for name, text in shown if text != "[]")
        return f"{type(node).__name__}({inner})"
    if isinstance(node, list):
        return "[" + ",".join(_dump(item) for item in node if not _is_string_statement(item)) + "]"
    return ascii(node)
