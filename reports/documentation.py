"""Where a library documents the parameters that a plugin hands to it.

A plugin imports what it builds inside functions, and importing it would load the library: so its
file is read, not run. `fastest("svm", "SVC")` stands for scikit-learn's class, whichever library
trains in its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Where each library documents a class, by the library's import name.
_PAGES = {
    "sklearn": "https://scikit-learn.org/stable/modules/generated/{module}.{name}.html",
    "xgboost": "https://xgboost.readthedocs.io/en/stable/python/python_api.html#{module}.{name}",
    "lightgbm": "https://lightgbm.readthedocs.io/en/stable/pythonapi/{module}.{name}.html",
}
_PLACE_HOLDER = "fastest"


@dataclass(frozen=True)
class Documented:
    """A library's class and the page that explains its parameters."""

    name: str
    url: str


@dataclass(frozen=True)
class Described:
    """What a plugin's file says of its model.

    Attributes:
        summary: The file's docstring; "" without one.
        classes: The documented estimators that it builds, in the order of their names.
    """

    summary: str = ""
    classes: tuple[Documented, ...] = ()


def described(path: Path) -> Described:
    """Read a plugin's file; of one that can't be read nothing is known.

    Args:
        path: The file.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return Described()
    return Described(ast.get_docstring(tree) or "", _classes(tree))


def _classes(tree: ast.Module) -> tuple[Documented, ...]:
    found = {
        (module, name)
        for node in ast.walk(tree)
        for module, name in _named(node)
        if module.split(".")[0] in _PAGES and not module.startswith("sklearn.preprocessing")
    }
    return tuple(
        Documented(
            f"{module}.{name}",
            _PAGES[module.split(".")[0]].format(module=module, name=name),
        )
        for module, name in sorted(found)
    )


def _named(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Module and name of each class that a statement imports."""
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            if alias.name[:1].isupper():
                yield node.module, alias.name
    if isinstance(node, ast.Call) and ast.unparse(node.func) == _PLACE_HOLDER:
        words = [word.value for word in node.args if isinstance(word, ast.Constant)]
        match words:
            case [str(module), str(name)]:
                yield f"sklearn.{module}", name
