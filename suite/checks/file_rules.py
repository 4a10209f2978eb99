"""Rules about a plugin's file. The first line of each docstring is what the rule asks."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from suite.checks.evidence import Breach, FileEvidence, NotCheckedError
from suite.checks.syntax import all_imports, literals, top_level_imports
from suite.errors import PluginError
from suite.loading import shown
from suite.source_hash import FAMILY_PACKAGES, source_files

_OURS = ("suite", "reports", *FAMILY_PACKAGES)
# Files are imported in milliseconds when they import no library.
IMPORT_SECONDS = 1.0
# Of literals and data files, with those of the helpers. The 30 models of the project have 161 to
# 2,589. The labels of 10,000 images take 4,153, however they are packed.
MOST_BYTES = 4_096


def loads(file: FileEvidence) -> Breach | None:
    """The file can be imported, in a process of its own, and defines `PLUGIN`."""
    step = file.imported
    if step.ok or step.facts.get("part", "file") != "file":
        return None
    return Breach(step.message, step.line or 1, str(step.facts.get("remedy", "")))


def fields(file: FileEvidence) -> Breach | None:
    """Title, family, view, params, variants, presets, requires and cost are valid."""
    return _refused(file, "fields")


def binds(file: FileEvidence) -> Breach | None:
    """`build` takes seed, threads and exactly the names in `params`."""
    return _refused(file, "build")


def _refused(file: FileEvidence, part: str) -> Breach | None:
    step = file.imported
    if step.facts.get("part") == part:
        return Breach(step.message, step.line or 1)
    file.usable  # noqa: B018  # raises where there is no plugin
    return None


def source(file: FileEvidence) -> Breach | None:
    """`source` names where the model comes from; an address in it is a web address."""
    given = file.usable.source
    if not isinstance(given.name, str) or not given.name.strip():
        return Breach(f"source.name is {given.name!r}, expected the paper, repository or library")
    if given.url != "" and not _is_web_address(given.url):
        return Breach(f"source.url is {given.url!r}, expected an address such as "
                      "https://example.org/paper")  # fmt: skip
    return None


def _is_web_address(url: object) -> bool:
    if not isinstance(url, str) or any(letter.isspace() for letter in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and "." in (parts.hostname or "")
    except ValueError:  # brackets that are not closed, say
        return False


def docstrings(file: FileEvidence) -> Breach | None:
    """The file says in a docstring what the model is, and `parameters` what it counts."""
    if not (ast.get_docstring(file.tree) or "").strip():
        return Breach("the file has no docstring", 1)
    if not (inspect.getdoc(file.usable.parameters) or "").strip():
        return Breach("parameters has no docstring", "parameters")
    return None


def imports(file: FileEvidence) -> Breach | None:
    """Of the suite it imports `suite.contract` and its family's helpers, nothing else."""
    own = file.module.rpartition(".")[0] if file.module else ""
    # A plugin outside the project may be on its way to either family.
    helpers = (own,) if own in FAMILY_PACKAGES else FAMILY_PACKAGES
    for line, name in all_imports(file.tree, own):
        parts = name.split(".")
        if parts[0] not in _OURS or parts[:2] == ["suite", "contract"]:
            continue
        if parts[0] in helpers and len(parts) > 1 and parts[1].startswith("_"):
            continue
        return Breach(f"imports {name}, expected suite.contract or helpers of "
                      f"{' or '.join(helpers)} (modules that start with _)", line)  # fmt: skip
    return None


def light_import(file: FileEvidence) -> Breach | None:
    """Importing the file does no work: it loads no library, prints, writes and starts nothing."""
    own = file.module.rpartition(".")[0] if file.module else ""
    for line, name in top_level_imports(file.tree, own):
        top = name.partition(".")[0]
        if top not in _OURS and top not in sys.stdlib_module_names and not _is_own(file, name):
            return Breach(f"imports {name} outside a function", line)
    if not file.imported.ok:
        file.usable  # noqa: B018  # raises where there is no plugin
    facts = file.imported.facts
    if facts.get("libraries"):
        return Breach(f"importing the file loads {', '.join(facts['libraries'])}", 1)
    if facts.get("printed", {}).get("characters"):
        return Breach(f"importing the file prints {facts['printed']['beginning']!r}", 1)
    left = [*facts.get("files", ()), *(facts.get("processes") or ())]
    if left:
        return Breach(f"importing the file leaves {', '.join(left)}", 1)
    if facts.get("cpu_seconds", 0.0) > IMPORT_SECONDS:
        return Breach(f"importing the file takes {facts['cpu_seconds']:.1f} s of processor time, "
                      f"expected less than {IMPORT_SECONDS:g}", 1)  # fmt: skip
    return None


def _is_own(file: FileEvidence, name: str) -> bool:
    """Whether a module is of the plugin's own package, or a helper beside the file."""
    top = name.partition(".")[0]
    if file.module and top == file.module.partition(".")[0]:
        return True
    return top.startswith("_") and (file.path.parent / f"{top}.py").is_file()


def hides_no_answers(file: FileEvidence) -> Breach | None:
    """It has no more literals and data files than code needs, with its helpers 4,096 bytes."""
    own, tree = file.path.resolve(), file.tree
    try:
        sources = source_files(own, file.module)
        found = [
            (size, source, line)
            for source in sources
            for line, size in literals(source.read_bytes()).items()
        ]
        beside = _data_files(own, file.module, tree, sources)
        found += [(path.stat().st_size, path, 0) for path in beside]
    except (OSError, PluginError) as error:
        raise NotCheckedError(f"a file beside it can't be read: {error}") from error
    total = sum(size for size, _, _ in found)
    if total <= MOST_BYTES:
        return None
    size, place, line = max(found)
    return Breach(f"{total:,} bytes of literals and data files, expected at most {MOST_BYTES:,}; "
                  f"{size:,} of them in {shown(place)}{f', line {line}' if line else ''}",
                  line if place == own else "PLUGIN")  # fmt: skip


def _data_files(
    path: Path, module: str | None, tree: ast.Module, sources: list[Path]
) -> Iterator[Path]:
    """What is no Python in a plugin's package; beside a loose file only what its code names."""
    if module and "." in module:
        for file in path.parents[module.count(".") - 1].rglob("*"):
            if file.suffix != ".py" and "__pycache__" not in file.parts and file.is_file():
                yield file
        return
    strings = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    names = {text.rpartition("/")[2] for text in strings if isinstance(text, str)}
    names |= {f"{path.stem}{name}" for name in names}  # by `Path.with_suffix`
    modules = {name.partition(".")[0] for _, name in all_imports(tree, "")}
    for file in path.parent.iterdir():
        named = file.name in names or file.stem in modules
        if named and file.is_file() and file.resolve() not in sources:
            yield file
