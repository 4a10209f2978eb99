"""Imports and literals of a plugin's files, from their syntax trees, with their lines."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator

# Words of docstrings and comments that are longer, and no addresses, are no words.
LONGEST_WORD = 40
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _parsed(source: bytes) -> ast.Module | None:
    """Code as a syntax tree; None for what is no Python, such as a helper that is never used."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def literals(source: bytes) -> Counter[int]:
    """Bytes of the literals in a file, by the first line of the statement that they are in.

    Of docstrings and comments only words that are too long for one count; of what is no Python,
    all.
    """
    tree = _parsed(source)
    if tree is None:
        return Counter({1: len(source)})
    found: Counter[int] = Counter()
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    while waiting:
        node, line = waiting.pop()
        if isinstance(node, ast.stmt):
            line = node.lineno
        children = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.Constant):
            found[line] += _size(node.value)
        elif isinstance(node, _DOCUMENTED) and (text := ast.get_docstring(node, clean=False)):
            children.remove(node.body[0])
            found[node.body[0].lineno] += _no_words(text)
        waiting += [(child, line) for child in children]
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.COMMENT:
            found[token.start[0]] += _no_words(token.string)
    return found


def _size(value: object) -> int:
    """Bytes that a literal can tell at most."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "backslashreplace"))
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, int):  # True and False, too
        return max(-(-value.bit_length() // 8), 1)
    return 8 if isinstance(value, float | complex) else 0


def _no_words(text: str) -> int:
    """Bytes of what stands between spaces and is too long for a word, and no address."""
    return sum(len(word) for word in text.split() if len(word) > LONGEST_WORD and "://" not in word)


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
