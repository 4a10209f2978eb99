"""Writes plugin files to start from: `suite new`."""

from __future__ import annotations

import keyword
import re
import sys
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

from suite.errors import UsageError, did_you_mean
from suite.registry import Registry, normal_name
from suite.source_hash import FAMILY_PACKAGES

KINDS = ("sklearn", "keras")

# The project's own folders with Python files: one in the folder where Python is started goes first.
_OURS = ("suite", "reports", "tests", "benchmarks", "examples", *FAMILY_PACKAGES)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def write_plugin(name: str, kind: str, folder: Path, registry: Registry) -> Path:
    """Write a plugin file that works as it stands.

    Args:
        name: The model's name, which becomes the file's.
        kind: "sklearn" or "keras".
        folder: Where the file goes; it is made if it is not there.
        registry: The models that there are.

    Returns:
        The file.

    Raises:
        UsageError: The name can't be used or is taken, the file is there already, or the folder
            can't be written.
    """
    if kind not in KINDS:
        raise UsageError(f"unknown kind {kind!r}.{did_you_mean(kind, KINDS)}")
    _check_name(name, registry)
    template = files("suite").joinpath("templates", f"{kind}.py.txt").read_text("utf-8")
    text = Template(template).substitute(title=name.replace("_", " ").capitalize())
    path = folder / f"{name}.py"
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        taken = folder if path.parent.is_file() else path
        raise UsageError(f"{taken} is there already; choose another name or --out") from error
    except OSError as error:
        raise UsageError(f"{path} can't be written ({error.strerror}); see --out") from error
    return path


def _check_name(name: str, registry: Registry) -> None:
    if keyword.iskeyword(name):
        raise UsageError(f"{name!r} is a word of Python's, which no module can have for a name; "
                         "choose another")  # fmt: skip
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a model: expected up to 60 lower-case letters, "
                         "digits and _, the first one a letter")  # fmt: skip
    taken = {model: found.path for model, found in registry.models.items()}
    taken |= {normal_name(broken.path.stem): broken.path for broken in registry.broken}
    if name in taken:
        raise UsageError(f"the name {name!r} is taken by {taken[name]}; choose another")
    if name in _OURS:
        raise UsageError(f"{name!r} is the name of a part of the suite, which the file would hide; "
                         "choose another")  # fmt: skip
    # A file of that name would be imported instead, from the folder where Python is started.
    if name in sys.stdlib_module_names or _is_library(name):
        raise UsageError(f"{name!r} is the name of a Python module; choose another")


def _is_library(name: str) -> bool:
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return False
    places = Path(spec.origin or "").parts if spec else ()
    return not {"site-packages", "dist-packages"}.isdisjoint(places)
