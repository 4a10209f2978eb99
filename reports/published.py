"""Published results: facts about other people's numbers, read from the data files."""

from __future__ import annotations

import csv
import io
import json
import statistics
import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from suite.errors import ConfigError, place_of

Statistic = Literal[
    "test",
    "test_mean",
    "test_best_run",
    "test_best_epoch",
    "validation",
    "validation_augmented",
    "fold_mean",
]
Data = Literal["before_fix", "after_fix", "unknown", "other_split", "unchanged"]
Section = Literal["systems", "official"]

FACTS = "published.toml"
OFFICIAL = "official_sklearn_benchmark.csv"
OFFICIAL_NAME = "Table 3 of arXiv:1708.07747"
OFFICIAL_URL = "https://arxiv.org/abs/1708.07747"
OFFICIAL_PROTOCOL = "all training images, pixels standardised, mean of five shuffles"
_OFFICIAL_IMAGES, _OFFICIAL_RUNS = 60_000, 5

Percent = Annotated[float, Field(gt=0, lt=100)]
Positive = Annotated[int, Field(ge=1)]
Text = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """Base of what the data file holds: immutable, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Correction(Part):
    """A better value where the printed one is known to be wrong, with its evidence."""

    accuracy_percent: Percent
    statistic: Statistic
    runs: Positive | None = None
    deviation_points: Annotated[float, Field(ge=0)] | None = None
    evidence: Text


class Result(Part):
    """One printed value; `reports/reference/published.toml` says what each field means.

    Attributes:
        accuracy_percent: None only where the source printed a value that is not on file.
        system: Who published it.
        url: Where.
        section: Which table it belongs to.
    """

    name: str = ""
    selection: str = ""
    dataset: Text
    statistic: Statistic
    accuracy_percent: Percent | None = None
    runs_percent: tuple[Percent, ...] = ()
    runs: Positive | None = None
    deviation_points: Annotated[float, Field(ge=0)] | None = None
    printed_in: str = ""
    protocol: str = ""
    train_images: Positive | None = None
    data: Data = "unknown"
    parameters: Positive | None = None
    parameters_from: str = ""
    defects: tuple[Text, ...] = ()
    corrected: Correction | None = None
    system: str = ""
    url: str = ""
    section: Section = "systems"

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        stated = self.runs is not None or self.deviation_points is not None
        if self.runs_percent and stated:
            raise ValueError("runs_percent already says how many runs there are and how they vary")
        if self.runs_percent and len(self.runs_percent) < 2:
            raise ValueError("runs_percent has one run; it needs two or more")
        if (self.dataset == "mnist") != (self.data == "unchanged"):
            raise ValueError(f"data is {self.data!r} for {self.dataset}; MNIST, and only MNIST, "
                             "is unchanged")  # fmt: skip
        return self

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.system

    @property
    def printed_percent(self) -> float | None:
        """The value as printed, or the mean of its runs."""
        if self.accuracy_percent is None and self.runs_percent:
            return statistics.fmean(self.runs_percent)
        return self.accuracy_percent

    def figure(self) -> Figure:
        """The value to compare with: the correction where there is one."""
        if self.corrected is not None:
            c = self.corrected
            return Figure(c.accuracy_percent, c.statistic, c.runs, c.deviation_points)
        if self.runs_percent:
            deviation = statistics.stdev(self.runs_percent)
            return Figure(self.printed_percent, self.statistic, len(self.runs_percent), deviation)
        return Figure(self.printed_percent, self.statistic, self.runs, self.deviation_points)


@dataclass(frozen=True)
class Figure:
    """A value with what is known of its runs.

    Attributes:
        percent: The accuracy; None where it is not on file.
        statistic: What kind of accuracy.
        runs: How many runs or folds it stands for, where that is known.
        deviation_points: Their sample deviation, where that is known.
    """

    percent: float | None
    statistic: Statistic
    runs: int | None
    deviation_points: float | None


class Cause(Part):
    """Why some rows differ from what was published, and the experiment that shows it."""

    selections: Annotated[tuple[Text, ...], Field(min_length=1)]
    dataset: Text
    text: Text


class _System(Part):
    name: Text
    url: str = ""
    defects: tuple[Text, ...] = ()
    result: Annotated[tuple[Result, ...], Field(min_length=1)]


class _File(Part):
    system: tuple[_System, ...]
    cause: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class Published:
    """All that the data files hold."""

    results: tuple[Result, ...]
    causes: tuple[Cause, ...] = ()


def load_published() -> Published:
    """Read the package's data files; the scikit-learn benchmark is left out where it is absent."""
    folder = files("reports").joinpath("reference")
    published = read_facts(folder.joinpath(FACTS).read_text(encoding="utf-8"))
    table = folder.joinpath(OFFICIAL)
    official = read_official(table.read_text(encoding="utf-8")) if table.is_file() else ()
    return replace(published, results=(*published.results, *official))


def read_facts(text: str) -> Published:
    """The results and causes in the text of `published.toml`.

    Raises:
        ConfigError: The text is no TOML, or a field is missing, unknown or impossible.
    """
    try:
        # By way of JSON, whose arrays may become tuples in strict mode.
        content = _File.model_validate_json(json.dumps(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{FACTS}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{FACTS}: {place_of(first['loc'])}: {first['msg']}") from error
    results = [
        result.model_copy(
            update={
                "system": system.name,
                "url": system.url,
                "defects": (*system.defects, *result.defects),
            }
        )
        for system in content.system
        for result in system.result
    ]
    return Published(tuple(results), content.cause)


def read_official(text: str) -> tuple[Result, ...]:
    """The rows of the scikit-learn benchmark, each on Fashion-MNIST and MNIST.

    Args:
        text: CSV with the columns selection, classifier, parameters, fashion_accuracy_percent and
            mnist_accuracy_percent; an accuracy that is empty is not on file.
    """
    return tuple(
        Result(
            name=f"{row['classifier']}, {row['parameters']}".removesuffix(", "),
            selection=row["selection"],
            dataset=dataset,
            statistic="test_mean",
            accuracy_percent=_number(row[f"{dataset}_accuracy_percent"]),
            runs=_OFFICIAL_RUNS,
            printed_in="Table 3",
            protocol=OFFICIAL_PROTOCOL,
            train_images=_OFFICIAL_IMAGES,
            data="before_fix" if dataset == "fashion" else "unchanged",
            system=OFFICIAL_NAME,
            url=OFFICIAL_URL,
            section="official",
        )
        for row in csv.DictReader(io.StringIO(text))
        for dataset in ("fashion", "mnist")
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def as_printed(percent: float) -> str:
    """A published value with as many of its decimals as it has, three at most."""
    return f"{round(percent, 3):g}"
