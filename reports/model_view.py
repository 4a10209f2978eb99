"""What a model's page says in tables and lists: small functions for its template."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.captions import machine_name
from reports.formats import count, listing, span
from suite.data.known import DATASETS
from suite.grammar import spell
from suite.meanings import meanings
from suite.records.record import Environment
from suite.registry import Model
from suite.stats.scoring import Scored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from reports.rows import Row


@dataclass(frozen=True)
class Parameter:
    """A parameter's name, value, the plugin's default where that is another, and its meaning."""

    name: str
    value: str
    default: str
    meaning: str = ""


def parameters_of(values: Mapping[str, Any], model: Model | None) -> tuple[Parameter, ...]:
    """The parameters of a row, as people write them.

    Args:
        values: The parameters as resolved.
        model: The plugin, where it is known.
    """
    defaults = {} if model is None else dict(model.plugin.params)
    known = {} if model is None else meanings(model.plugin)
    shown = []
    for name, value in values.items():
        text = spell(value)
        default = spell(defaults[name]) if name in defaults else ""
        differs = "" if default == text else default
        shown.append(Parameter(name, text, differs, known.get(name, "")))
    return tuple(shown)


def weights(runs: Iterable[Scored]) -> str:
    """How many numbers the fitted models hold, and how many of them are trained, if fewer."""
    counts = [run.record.parameter_count for run in runs if run.accuracy is not None]
    known = [one for one in counts if one is not None]
    if not known:
        return ""
    text = _about([one.total for one in known])
    trained = [one.trainable for one in known if one.trainable is not None]
    if trained and len(trained) == len(known):
        text += f", {_about(trained)} of them trainable"
    return text


def _about(numbers: Sequence[int]) -> str:
    if min(numbers) == max(numbers):
        return count(numbers[0])
    return f"{count(min(numbers))} to {count(max(numbers))}"


def measured_elsewhere(rows: Iterable[Row]) -> str:
    """Which machines some rows' times are from, where most rows of their tables are from another.

    Args:
        rows: A model's rows.

    Returns:
        Names with commas between; "" where all times can be compared with other models'.
    """
    machines = (row.machine for row in rows if not row.comparable)
    return listing(list(dict.fromkeys(machine_name(one) for one in machines if one is not None)))


def environments(runs: Iterable[Scored]) -> tuple[tuple[str, Environment], ...]:
    """The machines and software of some runs, each with the seeds (and folds) it is of.

    Commits of the suite are told of each run, and make no other machine or software.
    """
    found: list[tuple[Environment, list[str]]] = []
    for run in runs:
        record = run.record
        name = f"{record.seed}" if record.fold is None else f"{record.seed} (fold {record.fold})"
        own = record.environment.model_copy(update={"git_commit": None, "git_dirty": None})
        same = next((names for known, names in found if known == own), None)
        if same is None:
            found.append((own, [name]))
        else:
            same.append(name)
    return tuple((", ".join(names), environment) for environment, names in found)


def memory(environment: Environment) -> str:
    """Physical memory: "24 GiB", or in MiB below one."""
    mib = environment.memory_mib
    return f"{mib / 1024:.0f} GiB" if mib >= 1024 else f"{mib:,} MiB"


def cores(environment: Environment) -> str:
    """How many cores the suite could use: "2 cores"."""
    return span(environment.cores, environment.cores, "core")


def class_names(dataset: str) -> Sequence[str]:
    """What a dataset's classes are called."""
    info = DATASETS.get(dataset)
    return info.class_names if info else [str(number) for number in range(10)]


def shares(confusion: NDArray[np.int64]) -> list[list[tuple[str, str, str]]]:
    """Each row of a confusion matrix: images, part of the row, and percent (empty for none)."""
    rows = []
    for row in confusion.tolist():
        total = max(sum(row), 1)
        rows.append([
            (f"{n:,}", f"{n / total:.3f}", f"{100 * n / total:.1f}" if n else "") for n in row
        ])  # fmt: skip
    return rows
