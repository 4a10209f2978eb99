"""The options that commands share, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from suite.errors import UsageError

if TYPE_CHECKING:
    from suite.sweep import Settings

T = TypeVar("T")

Datasets = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Out of fashion, mnist, digits (offline), with commas between.  "
        "\\[default: fashion,mnist]",
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SELECTION",
        help="Such as svm  or  'svm[C=[1,10]],knn'  or  ./my_model.py; may be repeated.  "
        "\\[default: all that are installed]",
    ),
]
Family = Annotated[
    list[str] | None, typer.Option(metavar="NAMES", help="Only these families: classic, cnn.")
]
PresetName = Annotated[
    str | None,
    typer.Option("--preset", help="smoke, quick, standard or paper.  \\[default: standard]"),
]
TrainSizes = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help="Train each model on so many images: 600,6000,60000. A size at or above what protocol "
        "and preset have (48,000 under holdout, 60,000 under full) is the run on all of them.  "
        "\\[default: all]",
    ),
]
ProtocolName = Annotated[
    str | None,
    typer.Option("--protocol", help="holdout, full or kfold.  \\[default: holdout]"),
]
Seeds = Annotated[
    str | None,
    typer.Option(
        metavar="N or LIST",
        help="How many seeds, or which: 0,1,2.  \\[default: 1, 3, 5, 5 by preset]",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(metavar="N", help="Runs side by side.  \\[default: cores / threads]"),
]
Threads = Annotated[int | None, typer.Option(metavar="N", help="Threads a run.  \\[default: 1]")]
Precision = Annotated[
    str | None,
    typer.Option(
        metavar="TYPE",
        help="Arithmetic of models on Keras: float32 or bfloat16.  \\[default: float32]",
    ),
]
Timeout = Annotated[
    str | None, typer.Option(metavar="TIME", help="Limit of a run: 90s, 15m, 2h.  \\[default: 2h]")
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="Limit of a run: 500MB, 8GB.  \\[default: 80 % of the memory / jobs]",
    ),
]
Results = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of the records.  \\[default: results]")
]
DataDir = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Look for the datasets here first.")
]
RecordsFolder = Annotated[
    Path, typer.Option("--results", metavar="DIR", help="Folder of the records.")
]
PluginFiles = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE", help="A plugin outside the suite; may be repeated."),
]
ProjectUrl = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Web address of the project's files, to link to each record, the guide and more.",
        show_default=False,
    ),
]
Unverified = Annotated[
    bool, typer.Option("--unverified", help="Also predictions made elsewhere (`suite import`).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A sweep in TOML; options given here go before it."),
]
Force = Annotated[
    bool, typer.Option("--force", help="Run again what is recorded; old records are kept aside.")
]


RequireSandbox = Annotated[
    bool,
    typer.Option(
        "--require-sandbox",
        help="Only where models can be shut off from labels and network (see `doctor`).",
    ),
]


def settings_of(
    *,
    datasets: str | None,
    models: list[str] | None,
    family: list[str] | None,
    train_sizes: str | None,
    seeds: str | None,
    timeout: str | None,
    memory: str | None,
    config: Path | None,
    **rest: Any,
) -> Settings:
    """Settings from options as typed; what is not given comes from the sweep file, if any.

    Args:
        datasets: Names with commas between.
        models: Selections.
        family: Names of families, each text with commas between.
        train_sizes: Numbers with commas between.
        seeds: A count or a list.
        timeout: A time such as "2h".
        memory: A size such as "8GB".
        config: A sweep file.
        rest: Options whose values are used as they are, by the names that `Settings` has.

    Raises:
        UsageError: An option can't be understood.
        ConfigError: The sweep file can't be.
    """
    from suite.config import (
        SweepConfig,
        parse_duration,
        parse_memory,
        parse_seeds,
        parse_sizes,
        read_config,
    )
    from suite.sweep import Settings

    file = read_config(config) if config else SweepConfig()
    values: dict[str, Any] = {
        "datasets": _names([datasets]) if datasets is not None else file.datasets,
        "models": tuple(models or file.models),
        "families": _families(family) if family is not None else file.family,
        "preset": _first(rest.pop("preset"), file.preset),
        "train_sizes": parse_sizes(train_sizes) if train_sizes is not None else file.train_sizes,
        "protocol": _first(rest.pop("protocol"), file.protocol),
        "seeds": parse_seeds(seeds) if seeds is not None else file.seeds,
        "jobs": _first(rest.pop("jobs"), file.jobs),
        "threads": _first(rest.pop("threads"), file.threads),
        "precision": _first(rest.pop("precision"), file.precision),
        "timeout": _read("--timeout", parse_duration, timeout, file.timeout),
        "memory": _read("--memory", parse_memory, memory, file.memory),
        "results": _first(rest.pop("results"), file.results),
        **rest,
    }
    given = {name: value for name, value in values.items() if value is not None}
    if datasets is None and not file.datasets:
        del given["datasets"]
    return Settings(**given)


def _names(texts: list[str]) -> tuple[str, ...]:
    return tuple(name.strip() for text in texts for name in text.split(",") if name.strip())


def _families(texts: list[str]) -> tuple[str, ...]:
    names = _names(texts)
    if not names:
        raise UsageError(
            f"--family is {texts[0]!r}, expected names such as cnn; leave it out for all"
        )
    return names


def _first(*values: T | None) -> T | None:
    return next((value for value in values if value is not None), None)


def _read(
    option: str, parse: Callable[[str], T], text: str | None, otherwise: T | None
) -> T | None:
    """An option's value as typed, or that of the sweep file."""
    if text is None:
        return otherwise
    try:
        return parse(text)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from error


def check_records(results: Path) -> None:
    """Refuse a folder of records that is not there, rather than take it for an empty one.

    Raises:
        UsageError: It is not there.
    """
    if not results.exists():
        raise UsageError(f"no folder {results.absolute()}; name that of the records with --results")


def check_project_url(address: str) -> None:
    """Refuse what no page could link to.

    Raises:
        UsageError: The address is none of the web's.
    """
    if address and not address.startswith(("https://", "http://")):
        raise UsageError(
            f"--project-url is {address!r}, expected a web address such as "
            "https://example.org/project/blob/main"
        )


def below_project(results: Path) -> str:
    """Path of the records below the project's address; "" where they may lie elsewhere."""
    return "" if results.is_absolute() or ".." in results.parts else results.as_posix()
