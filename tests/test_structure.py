"""The rules of the layout. Each is a function over a folder, and is shown to notice a breach."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from suite.source_hash import PROJECT_ROOT

# Each line may import only lines above it, and its own.
LAYERS = (
    ("suite",),
    ("suite.errors",),
    ("suite.console",),
    ("suite.parents",),
    ("suite.contract",),
    ("suite.source_hash",),
    ("suite.runner.sandbox",),
    ("suite.loading",),
    ("suite.data",),
    ("suite.plugin_process",),
    ("suite.registry",),
    ("suite.grammar",),
    ("suite.identity",),
    ("suite.meanings",),
    ("suite.selection",),
    ("suite.scaffold",),
    ("suite.config",),
    ("suite.protocol",),
    ("suite.records",),
    ("suite.stats",),
    ("suite.models_io",),
    ("suite.images_in",),
    ("suite.runner",),
    ("suite.checks",),
    ("suite.audit",),
    ("suite.saving",),
    ("suite.sweep",),
    ("suite.progress",),
    ("reports",),
    ("suite.api",),
    ("suite.cli", "suite.__main__"),
)
FAMILIES = ("baselines", "cnn")
OURS = ("suite", "reports", *FAMILIES)

Rule = Callable[[Path], list[str]]


def python_files(root: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


def imports(root: Path, file: Path, node: ast.AST) -> Iterator[str]:
    """Dotted names that one statement imports; what is imported from a package may be a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = file.relative_to(root).parts[:-1]
        start = package[: len(package) - node.level + 1] if node.level else ()
        base = ".".join([*start, *([node.module] if node.module else [])])
        yield from (f"{base}.{alias.name}" for alias in node.names)


def all_imports(root: Path, file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        for name in imports(root, file, node):
            yield getattr(node, "lineno", 0), name


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def top_level_imports(root: Path, file: Path) -> Iterator[tuple[int, str]]:
    """Imports that run when the file is imported: outside functions, not for types alone."""
    waiting: list[ast.AST] = [ast.parse(file.read_bytes())]
    while waiting:
        node = waiting.pop()
        for name in imports(root, file, node):
            yield getattr(node, "lineno", 0), name
        inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        if not isinstance(node, inner) and not is_for_types_only(node):
            waiting.extend(ast.iter_child_nodes(node))


def layer(module: str) -> int | None:
    """The line of LAYERS that a module belongs to; None if it has no place there."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        found = next((i for i, line in enumerate(LAYERS) if name in line), None)
        if found is not None and (name != "suite" or len(parts) == 1):
            return found
    return None


def imports_go_one_way(root: Path) -> list[str]:
    problems = []
    for file in python_files(root, "suite", "reports"):
        parts = file.relative_to(root).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        own = layer(module)
        if own is None:
            problems.append(f"{file}: {module} has no place in LAYERS")
        if own is None or module == "suite":  # which offers suite.api lazily
            continue
        for line, name in all_imports(root, file):
            top, _, rest = name.partition(".")
            if top in FAMILIES:
                problems.append(f"{file}:{line}: imports {name}, a plugin")
            # `from suite import x`: x is a module, or one of the names that suite offers.
            if top not in ("suite", "reports") or rest in ("__version__",):
                continue
            found = layer(name)
            if found is None or found > own:
                problems.append(f"{file}:{line}: {module} imports {name}, which is not above it")
    return problems


def only_the_command_line_prints(root: Path) -> list[str]:
    problems = []
    for file in python_files(root, *OURS):
        if root / "suite" / "cli" in file.parents:
            continue
        for node in ast.walk(ast.parse(file.read_bytes())):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in ("print", "rich.print", "typer.echo", "sys.stdout.write"):
                problems.append(f"{file}:{node.lineno}: calls {called}")  # type: ignore[attr-defined]
    return problems


def the_contract_stands_alone(root: Path) -> list[str]:
    code = "import sys, suite.contract; print(*(m for m in sys.modules if m.startswith('suite')))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(done.stdout.split()) - {"suite", "suite.contract"}
    return [f"import suite.contract loads {name}" for name in sorted(loaded)]


def plugins_import_little(root: Path) -> list[str]:
    """Of ours the contract and the family's own helpers; heavy libraries inside functions only."""
    problems = []
    for file in python_files(root, *FAMILIES):
        family = file.relative_to(root).parts[0]
        for line, name in all_imports(root, file):
            parts = name.split(".")
            helper = parts[0] == family and len(parts) > 1 and parts[1].startswith("_")
            if parts[0] in OURS and not helper and parts[:2] != ["suite", "contract"]:
                problems.append(f"{file}:{line}: imports {name}")
        for line, name in top_level_imports(root, file):
            top = name.split(".")[0]
            if top not in OURS and top not in sys.stdlib_module_names:
                problems.append(f"{file}:{line}: imports {name} outside a function")
    return problems


def only_cnn_imports_keras(root: Path) -> list[str]:
    """And the one file that reads models which Keras saved."""
    files = python_files(root, "suite", "reports", "baselines")
    return [
        f"{file}:{line}: imports {name}"
        for file in files
        if file != root / "suite" / "models_io" / "keras_file.py"
        for line, name in all_imports(root, file)
        if name.split(".")[0] == "keras" or name.startswith("tensorflow.keras")
    ]


RULES: tuple[Rule, ...] = (
    imports_go_one_way,
    only_the_command_line_prints,
    the_contract_stands_alone,
    plugins_import_little,
    only_cnn_imports_keras,
)


@pytest.mark.parametrize("rule", RULES)
def test_the_project_keeps_to_the_rule(rule: Rule) -> None:
    assert rule(PROJECT_ROOT) == []


ALLOWED = {
    "suite/__init__.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
    "    from suite.api import run\n",
    "suite/contract.py": "import dataclasses\n",
    "suite/errors.py": "",
    "suite/api.py": "from suite import errors\nfrom suite.contract import Plugin\n",
    "suite/cli/__init__.py": "from suite.cli import run\nfrom suite.api import run\n",
    "suite/cli/run.py": "from . import __name__\nprint(1)\n",
    "baselines/_helpers.py": "from suite.contract import Plugin\n",
    "baselines/svm.py": "import math\nfrom ._helpers import x\nfrom baselines import _helpers\n"
    "def build():\n    import sklearn\n",
    "cnn/net.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy\n"
    "def build():\n    import keras\n",
    "benchmarks/speed.py": "print('x' * 3)\n",
}


def plant(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.mark.parametrize("rule", RULES)
def test_what_is_allowed_is_no_breach(rule: Rule, tmp_path: Path) -> None:
    plant(tmp_path, ALLOWED)
    assert rule(tmp_path) == []


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (imports_go_one_way, "suite/errors.py", "import suite.contract\n"),
        (imports_go_one_way, "suite/errors.py", "from suite import api\n"),
        (imports_go_one_way, "suite/errors.py", "from . import api\n"),
        (imports_go_one_way, "suite/data/idx.py", "from ..api import run\n"),
        (imports_go_one_way, "suite/stats/x.py", "def f():\n    from reports import rows\n"),
        (imports_go_one_way, "suite/api.py", "from suite import nothing\n"),
        (imports_go_one_way, "suite/api.py", "import cnn.cmasch\n"),
        (imports_go_one_way, "reports/rows.py", "from suite.cli import app\n"),
        (imports_go_one_way, "suite/elsewhere.py", ""),
        (only_the_command_line_prints, "suite/api.py", "def f():\n    print(1)\n"),
        (only_the_command_line_prints, "cnn/net.py", "import sys\nsys.stdout.write('')\n"),
        (the_contract_stands_alone, "suite/__init__.py", "from suite import errors\n"),
        (the_contract_stands_alone, "suite/contract.py", "import suite.errors\n"),
        (plugins_import_little, "baselines/svm.py", "import numpy\n"),
        (plugins_import_little, "cnn/_keras.py", "try:\n    import keras\nexcept E: ...\n"),
        (plugins_import_little, "cnn/net.py", "def f():\n    from suite.errors import X\n"),
        (plugins_import_little, "cnn/net.py", "from suite import contract, errors\n"),
        (plugins_import_little, "cnn/net.py", "from baselines._helpers import x\n"),
        (plugins_import_little, "cnn/net.py", "from cnn.other import x\n"),
        (only_cnn_imports_keras, "baselines/svm.py", "def f():\n    import keras.layers\n"),
        (only_cnn_imports_keras, "suite/api.py", "from tensorflow import keras\n"),
    ],
)
def test_a_breach_is_noticed(rule: Rule, name: str, text: str, tmp_path: Path) -> None:
    plant(tmp_path, {**ALLOWED, name: text})
    problems = rule(tmp_path)
    assert len(problems) == 1
    assert Path(name).name in problems[0] or "suite.errors" in problems[0]
