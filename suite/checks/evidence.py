"""What is known of a plugin before it is judged: its file, and what its processes told."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from suite.contract import Plugin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Place = int | Literal["build", "fit", "predict", "predict_proba", "parameters", "PLUGIN"]


@dataclass(frozen=True)
class Breach:
    """A rule that is not kept.

    Attributes:
        message: What was expected and what came.
        place: Where in the plugin file: a line, or the name of what is defined there.
        remedy: What to do about it, where that of the rule does not help.
    """

    message: str
    place: Place = "PLUGIN"
    remedy: str = ""


class NotCheckedError(Exception):
    """A rule can't be judged; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What came of a step of a trial.

    Attributes:
        status: "ok"; "failed" by an exception; "invalid" for what is no answer; "ended" where the
            process ended or was ended in it.
        message: What went wrong.
        line: The line of the plugin file that led to an exception, where one did.
        facts: What was found.
        arrays: Arrays that were found, by name.
    """

    status: str
    message: str = ""
    line: int | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.status == "ok"


Steps = Mapping[str, Step]


def done(steps: Steps, name: str) -> Step:
    """A step that a rule builds on.

    Raises:
        NotCheckedError: It was not done.
    """
    step = steps.get(name)
    if step is None:
        raise NotCheckedError("an earlier step did not succeed")
    if not step.ok:
        raise NotCheckedError(f"{name} did not succeed")
    return step


@dataclass(frozen=True, kw_only=True)
class FileEvidence:
    """A plugin file.

    Attributes:
        path: The file.
        module: Its dotted name, where it belongs to a package.
        imported: The step "import" of a process of its own.
        plugin: What it defines; None if it can't be used.
    """

    path: Path
    module: str | None
    imported: Step
    plugin: Plugin | None

    @cached_property
    def tree(self) -> ast.Module:
        """The file's syntax tree.

        Raises:
            NotCheckedError: It can't be read as Python.
        """
        try:
            return ast.parse(self.path.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError) as error:
            raise NotCheckedError(f"the file can't be read as Python: {error}") from error

    @property
    def usable(self) -> Plugin:
        """The plugin.

        Raises:
            NotCheckedError: There is none.
        """
        if self.plugin is None:
            raise NotCheckedError("the file can't be used")
        return self.plugin

    def line(self, place: Place) -> int:
        """The line of a place in the file; else that of `build`, of `PLUGIN`, or 1."""
        if isinstance(place, int):
            return place
        try:
            found = [_lines(self.tree, name) for name in (place, "build", "PLUGIN")]
        except NotCheckedError:
            return 1
        return next((lines[0] for lines in found if lines), 1)


def _lines(tree: ast.Module, name: str) -> list[int]:
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            lines.append(node.lineno)
        elif isinstance(node, ast.Assign):
            targets = [target for target in node.targets if isinstance(target, ast.Name)]
            lines += [node.lineno for target in targets if target.id == name]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            lines += [node.lineno] if node.target.id == name else []
    return lines


@dataclass(frozen=True, kw_only=True)
class RunEvidence:
    """A model with its parameters, trained on a small dataset in processes of its own.

    Attributes:
        plugin: The plugin.
        threads: How many threads it was allowed.
        first: The steps of a trial under the preset smoke, and questions to the fitted model.
        labels: Of the test images, uint8 (n,).
        train_labels: Of the training images, uint8 (m,).
        again: Those of another process with the same seed; other generators start otherwise.
        other: Those of a process with another seed.
        longer: Those of a training with more epochs; none where the first was enough.
        epochs: How many epochs that were.
    """

    plugin: Plugin
    threads: int
    first: Steps
    labels: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    again: Steps = field(default_factory=dict)
    other: Steps = field(default_factory=dict)
    longer: Steps = field(default_factory=dict)
    epochs: int = 0
