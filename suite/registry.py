"""Finds the models: plugin files in `baselines/` and `cnn/`, entry points, and files named by hand.

A process of its own, which is shut off, imports the files and tells what they define; here no code
of a plugin runs. A file that is broken is kept apart with its reason, and the others stay usable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from suite.contract import Plugin
from suite.errors import PluginError
from suite.loading import BrokenPluginError, shown
from suite.plugin_process import PluginProcess
from suite.source_hash import FAMILY_PACKAGES, PROJECT_ROOT, source_hash

__all__ = ["ENTRY_POINTS", "Broken", "Model", "Registry", "discover", "normal_name"]

ENTRY_POINTS = "suite.models"

_NAME = re.compile(r"[a-z0-9_]{1,60}")
# Import name -> the smallest extra of this project that installs it.
_EXTRAS = {
    "PIL": "predict",
    "keras": "cpu",
    "lightgbm": "classic",
    "skops": "predict",
    "tensorflow": "cpu",
    "xgboost": "cpu",
}
_DISTRIBUTIONS = {
    "cv2": "opencv-python-headless",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "sklearnex": "scikit-learn-intelex",
}


@dataclass(frozen=True, kw_only=True)
class Model:
    """A plugin that was found.

    Attributes:
        name: The file's name, in lower case and with `_` for `-`.
        path: The plugin file.
        module: Its dotted name; None for a file named on the command line.
        plugin: What the file defines.
        missing: Those of the plugin's `requires` that are not installed.
    """

    name: str
    path: Path
    module: str | None
    plugin: Plugin
    missing: tuple[str, ...] = ()

    @cached_property
    def source_hash(self) -> str:
        """SHA-256 of the code of the file and its helpers, comments and docstrings apart."""
        return source_hash(self.path, self.module)

    @property
    def install_hint(self) -> str:
        """The command that installs what is missing; empty if nothing is."""
        return install_command(self.missing)


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A plugin that can't be used: its file, the line where it went wrong, and why."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{shown(self.path)}:{self.line}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Registry:
    """All that was found.

    Attributes:
        models: By name, sorted.
        broken: What can't be used, in the order in which it was found.
    """

    models: Mapping[str, Model]
    broken: tuple[Broken, ...] = ()

    @property
    def families(self) -> tuple[str, ...]:
        """The families of the models, sorted."""
        return tuple(sorted({model.plugin.family for model in self.models.values()}))


@dataclass(frozen=True)
class _Candidate:
    name: str
    path: Path
    module: str | None


def discover(files: Sequence[Path] = (), *, packages: Mapping[str, Path] | None = None) -> Registry:
    """Find every plugin, and have it described.

    Of two plugins with one name, the one found first stays and the other is broken: a package
    installed later can't take the place of the suite's own model.

    Args:
        files: Plugin files outside the packages. One that lies in a package is found there.
        packages: Folders to look in, by the name of their package; `baselines` and `cnn` beside
            the package `suite` unless told otherwise.

    Raises:
        PluginError: A file of `files` does not exist, is broken, or has the name of another model.
        RunnerError: No process can be started to import them.
        DataError: `$SUITE_DATA_DIR` is no folder.
    """
    if packages is None:
        packages = {name: PROJECT_ROOT / name for name in FAMILY_PACKAGES}
    models: dict[str, Model] = {}
    broken: list[Broken] = []
    candidates = [*_in_folders(packages), *_in_entry_points()]
    named = [(path, None) for path in map(_python_file, files) if path]
    process = PluginProcess([*((c.path, c.module) for c in candidates), *named])
    for candidate in candidates:
        try:
            _add(models, candidate, process)
        except BrokenPluginError as error:
            broken.append(Broken(path=error.path, line=error.line, message=error.reason))
    for file in files:
        path = plugin_path(file, models)
        if all(model.path != path for model in models.values()):
            _add(models, _Candidate(path.stem, path, None), process)
    ordered = {name: models[name] for name in sorted(models)}
    return Registry(models=MappingProxyType(ordered), broken=tuple(broken))


def normal_name(name: str) -> str:
    """A name as the suite compares it: lower case, and `-` and `_` are the same."""
    return name.strip().lower().replace("-", "_")


def plugin_path(file: Path, models: Mapping[str, Model] = MappingProxyType({})) -> Path:
    """The whole path of a plugin file that the user named.

    Args:
        file: The name.
        models: Models found so far: half a path may mean one of them.

    Raises:
        PluginError: There is no such file.
    """
    path = _python_file(file)
    if path:
        return path
    known = models.get(normal_name(file.stem))
    hint = f". The model {known.name} is {shown(known.path)}" if known else ""
    raise PluginError(f"{str(file)[:200]}: expected a Python file (.py), there is none{hint}")


def _python_file(name: Path) -> Path | None:
    with suppress(OSError, RuntimeError):  # too long a name, links in a circle, no such home
        path = name.expanduser().resolve()
        if path.suffix == ".py" and path.is_file():
            return path
    return None


def missing_of(requires: Iterable[str]) -> tuple[str, ...]:
    """Those of a plugin's import names that are not installed here."""
    return tuple(names for names in requires if not _installed(names))


def install_command(missing: Iterable[str]) -> str:
    """The command that installs libraries, by their import names ("jax|torch": one of them)."""
    extras: set[str] = set()
    others: list[str] = []
    for requirement in missing:
        tops = [name.split(".")[0] for name in requirement.split("|")]
        known = [top for top in tops if top in _EXTRAS]
        if known:
            extras.add(_EXTRAS[known[0]])
        else:
            others.append(_DISTRIBUTIONS.get(tops[0], tops[0]))
    if "cpu" in extras:
        extras = {"cpu"}  # it holds the others
    checkout = (PROJECT_ROOT / "pyproject.toml").is_file()
    target = "-e '.[{}]'" if checkout else "'fashion-mnist-suite[{}]'"
    wanted = [target.format(extra) for extra in sorted(extras)] + sorted(set(others))
    return f"pip install {' '.join(wanted)}" if wanted else ""


def _in_folders(packages: Mapping[str, Path]) -> Iterator[_Candidate]:
    for package, folder in packages.items():
        for path in sorted(folder.glob("*.py")):
            if path.is_file() and not path.name.startswith(("_", ".")):
                yield _Candidate(path.stem, path.resolve(), f"{package}.{path.stem}")


def _in_entry_points() -> Iterator[_Candidate]:
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        path = module_path(point.module)
        module = point.module if point.attr == "PLUGIN" else point.value
        yield _Candidate(point.name, path, module)


def module_path(module: str) -> Path:
    """Where a module lies, found without importing its package.

    Args:
        module: Its dotted name; if there is none, the path is one that does not exist.
    """
    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return Path(*module.split("."))
    if not rest:
        return Path(spec.origin or top).resolve()
    stems = [Path(place, *rest) for place in spec.submodule_search_locations or ()]
    files = [file for stem in stems for file in (stem.with_suffix(".py"), stem / "__init__.py")]
    return next((file.resolve() for file in files if file.is_file()), Path(top, *rest))


def _add(models: dict[str, Model], candidate: _Candidate, process: PluginProcess) -> None:
    name = normal_name(candidate.name)
    if not _NAME.fullmatch(name):
        reason = f"{candidate.name!r} is no name for a model. Use up to 60 letters, digits and _"
        raise BrokenPluginError(candidate.path, 1, reason)
    if candidate.module and ":" in candidate.module:
        reason = f"the entry point {name} is {candidate.module}, expected one ending in :PLUGIN"
        raise BrokenPluginError(candidate.path, 1, reason)
    plugin = process.describe(candidate.path, candidate.module)
    if name in models:
        reason = f"the name {name!r} is taken by {shown(models[name].path)}. Rename one of the two"
        raise BrokenPluginError(candidate.path, 1, reason)
    missing = missing_of(plugin.requires)
    models[name] = Model(
        name=name,
        path=candidate.path,
        module=candidate.module,
        plugin=plugin,
        missing=missing,
    )


def _installed(names: str) -> bool:
    return any(_has_library(name.split(".")[0]) for name in names.split("|"))


def _has_library(top: str) -> bool:
    """Whether a top-level module is there, without importing it."""
    try:
        spec = find_spec(top)
    except ValueError:  # in sys.modules, put there by hand
        return True
    # A folder that merely has the library's name counts as a namespace package without origin.
    return spec is not None and spec.origin is not None
