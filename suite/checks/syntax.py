"""The imports of a plugin file, from its syntax tree, with their lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def all_imports(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of all that a file imports; a name in a module may be one itself.

    Args:
        tree: The file's syntax tree.
        package: The package that the file belongs to, for relative imports; empty for none.
    """
    for node in ast.walk(tree):
        yield from _names(node, package)


def top_level_imports(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    """As `all_imports`, for what is imported with the file: outside functions, not for types."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield from _names(node, package)
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not function and not typing:
            waiting.extend(ast.iter_child_nodes(node))


def _names(node: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield node.lineno, alias.name
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".") if package and node.level else []
        parts = parts[: len(parts) - node.level + 1] if node.level else parts
        base = ".".join([*parts, *([node.module] if node.module else [])])
        for alias in node.names:
            yield node.lineno, f"{base}.{alias.name}".lstrip(".")
