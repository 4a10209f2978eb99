"""From what the user named to what is checked: files, and models with their parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.checks.evidence import Step
from suite.contract import Plugin
from suite.grammar import Item, parse
from suite.loading import BrokenPluginError
from suite.registry import Broken, Registry, discover, normal_name, plugin_path
from suite.selection import Selection, select

ImportFile = Callable[[Path, str | None], Step]
_OTHER_NAME = "The file can be imported: its name, or its entry point, has to be another."


@dataclass(frozen=True, kw_only=True)
class Target:
    """A plugin file and what of it is checked.

    Attributes:
        name: The model's name.
        path: The file.
        module: Its dotted name, where it belongs to a package.
        plugin: What it defines; None if it can't be used.
        selections: The model with the parameters to try.
        imported: What came of its import in a process of its own; None if that was not tried yet.
    """

    name: str
    path: Path
    module: str | None = None
    plugin: Plugin | None = None
    selections: tuple[Selection, ...] = ()
    imported: Step | None = None


def find_targets(models: Sequence[str], import_file: ImportFile) -> tuple[Target, ...]:
    """Find what is to be checked.

    A file outside the packages is described only when `import_file` came back: it may hang, or end
    the process that imports it.

    Args:
        models: Models as `suite.grammar` has them; none means all that are installed.
        import_file: Imports a file, given its path and dotted name.

    Raises:
        UsageError: A name is unknown, or its libraries are not installed.
        PluginError: There is no such file.
    """
    registry = discover()
    if not models:
        broken = [_unusable(broken, import_file) for broken in registry.broken]
        return (*broken, *_grouped(select(registry), {}))
    items = [item for text in models for item in parse(text)]
    files = [item for item in items if item.path and not _knows(registry, item.path)]
    targets: list[Target] = []
    selections: list[Selection] = []
    for item in items:
        unusable = _broken(registry, item)
        if unusable:
            targets.append(_unusable(unusable, import_file))
        elif item not in files:
            selections += select(registry, [item.text])
    imported: dict[Path, Step] = {}
    for item in files:
        target, chosen = _outside(item, import_file, imported)
        targets += target
        selections += chosen
    return (*targets, *_grouped(selections, imported))


def _knows(registry: Registry, path: Path) -> bool:
    own = plugin_path(path)
    paths = [model.path for model in registry.models.values()]
    return own in paths or own in [broken.path for broken in registry.broken]


def _broken(registry: Registry, item: Item) -> Broken | None:
    for broken in registry.broken:
        if item.path and plugin_path(item.path) == broken.path:
            return broken
        name = normal_name(item.name)
        if not item.path and normal_name(broken.path.stem) == name and name not in registry.models:
            return broken
    return None


def _unusable(broken: Broken, import_file: ImportFile) -> Target:
    """A file of the packages that can't be used, be it only for its name."""
    step = import_file(broken.path, None)
    if step.ok:
        step = _misnamed(broken.message, broken.line)
    return Target(name=normal_name(broken.path.stem), path=broken.path, imported=step)


def _misnamed(message: str, line: int) -> Step:
    return Step(status="failed", message=message, line=line, facts={"remedy": _OTHER_NAME})


def _outside(
    item: Item, import_file: ImportFile, imported: dict[Path, Step]
) -> tuple[list[Target], Sequence[Selection]]:
    """A file outside the packages: what can't be used, or what was selected of it."""
    assert item.path is not None
    path = plugin_path(item.path)
    first = path not in imported
    if first:
        imported[path] = import_file(path, None)
    if imported[path].ok:
        try:
            return [], select(discover([item.path]), [item.text])
        except BrokenPluginError as error:  # its name is that of another model
            imported[path] = _misnamed(error.reason, error.line)
    broken = Target(name=normal_name(path.stem), path=path, imported=imported[path])
    return [broken] if first else [], ()


def _grouped(selections: Sequence[Selection], imported: dict[Path, Step]) -> Iterator[Target]:
    """The selections by their model, each once."""
    by_model: dict[str, dict[str, Selection]] = {}
    for chosen in selections:
        by_model.setdefault(chosen.model.name, {}).setdefault(chosen.variant, chosen)
    for name, variants in by_model.items():
        model = next(iter(variants.values())).model
        yield Target(
            name=name,
            path=model.path,
            module=model.module,
            plugin=model.plugin,
            selections=tuple(variants.values()),
            imported=imported.get(model.path),
        )
