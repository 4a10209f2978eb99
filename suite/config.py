"""Sweep files: what `suite run` would be told by options, kept in TOML; and how options are read.

    datasets = ["fashion", "mnist"]
    models = ["svm[C=[1,10]]", "cmasch"]
    preset = "quick"
    seeds = 3
    timeout = "30m"

Every key is optional. Paths are relative to the working folder, as on the command line.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from suite.errors import ConfigError, UsageError, did_you_mean

# In characters; reading TOML takes time that grows with the square of a key's length.
_LARGEST_FILE = 2**15
_LONGEST_REASON = 200
_MOST_SEEDS = 10_000
_MOST_SIZES = 10_000
_SEED_LIMIT = 2**32
_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?"
                       r"(?:(\d+(?:\.\d+)?)s?)?", re.ASCII)  # fmt: skip
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt])(i?)b?", re.ASCII | re.IGNORECASE)
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}


@dataclass(frozen=True, kw_only=True)
class SweepConfig:
    """What a sweep file says; None or empty where it is silent.

    Attributes:
        datasets: Names of datasets.
        models: Models as `suite.grammar` has them.
        family: Families to keep.
        preset: How much of a full training is done.
        train_sizes: Numbers of training images, each of which is run.
        protocol: How the data are divided.
        seeds: The base seeds.
        jobs: Runs side by side.
        threads: Threads a run.
        precision: Data type of the arithmetic of models on Keras.
        timeout: Limit of a run, in seconds.
        memory: Limit of a run, in bytes.
        results: Folder of the records.
        site: Folder of the report.
    """

    datasets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    preset: str | None = None
    train_sizes: tuple[int, ...] | None = None
    protocol: str | None = None
    seeds: tuple[int, ...] | None = None
    jobs: int | None = None
    threads: int | None = None
    precision: str | None = None
    timeout: float | None = None
    memory: int | None = None
    results: Path | None = None
    site: Path | None = None


def read_config(path: Path) -> SweepConfig:
    """Read a sweep file.

    Raises:
        ConfigError: It can't be read, is not TOML, or has a key or value that is not known.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LARGEST_FILE + 1)
        if len(text) > _LARGEST_FILE:
            raise ConfigError(f"{path}: more than {_LARGEST_FILE:,} characters, expected fewer. "
                              "Divide it into several files")  # fmt: skip
        content = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(
            f"{path}: can't be read ({error.strerror}), expected a sweep in TOML"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected UTF-8 text ({error})") from error
    except (ValueError, RecursionError) as error:
        reason = str(error)[:_LONGEST_REASON]
        raise ConfigError(
            f'{path}: not TOML: {reason}. Write lines such as preset = "quick"'
        ) from error
    known = [field.name for field in fields(SweepConfig)]
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in known:
            raise ConfigError(f"{path}: unknown key {key[:80]!r}.{did_you_mean(key, known)}")
        try:
            values[key] = _READERS[key](value)
        except UsageError as error:
            raise ConfigError(f"{path}: {key}: {error}") from error
    return SweepConfig(**values)


def parse_seeds(text: str | int) -> tuple[int, ...]:
    """Base seeds: "5" means 0 to 4, "0,1,2" those, "3," the seed 3 alone.

    Raises:
        UsageError: It is neither a count from 1 to 10,000 nor a list of different whole numbers
            from 0 to 2**32 - 1.
    """
    written = _written(text).strip()
    if re.fullmatch("[0-9]{1,9}", written):
        count = int(written)
        if not 1 <= count <= _MOST_SEEDS:
            raise UsageError(f"seeds {written!r}: expected a count from 1 to {_MOST_SEEDS:,}; "
                             f"the seed {count} alone is written '{count},'")  # fmt: skip
        return tuple(range(count))
    parts = [part.strip() for part in written.removesuffix(",").split(",")]
    if len(parts) > _MOST_SEEDS:
        raise UsageError(f"seeds {written[:80]!r}: expected at most {_MOST_SEEDS:,}, "
                         f"got {len(parts):,}")  # fmt: skip
    for part in parts:
        if not re.fullmatch("[0-9]{1,10}", part) or int(part) >= _SEED_LIMIT:
            raise UsageError(
                f"seeds {written[:80]!r}: {part[:80]!r} is no whole number from 0 to 2**32 - 1. "
                "Write a count such as 5, or a list such as 0,1,2"
            )
    seeds = [int(part) for part in parts]
    twice = _twice(seeds)
    if twice is not None:
        raise UsageError(f"seeds {written[:80]!r}: {twice} stands twice. Name each seed once")
    return tuple(seeds)


def parse_sizes(text: str | int) -> tuple[int, ...]:
    """Numbers of training images, ascending, from "600,6000"; "600" alone is one of them.

    Raises:
        UsageError: It is no list of different whole numbers from 1 to 999,999,999.
    """
    written = _written(text).strip()
    parts = [part.strip() for part in written.split(",")]
    if len(parts) > _MOST_SIZES:
        raise UsageError(f"train sizes {written[:80]!r}: expected at most {_MOST_SIZES:,}, "
                         f"got {len(parts):,}")  # fmt: skip
    for part in parts:
        if not re.fullmatch("[0-9]{1,9}", part) or int(part) == 0:
            raise UsageError(
                f"train sizes {written[:80]!r}: {part[:80]!r} is no number of training images. "
                "Write whole numbers from 1, such as 600,6000"
            )
    sizes = sorted(map(int, parts))
    twice = _twice(sizes)
    if twice is not None:
        raise UsageError(f"train sizes {written[:80]!r}: {twice} stands twice. Name each size once")
    return tuple(sizes)


def parse_duration(text: str | float) -> float:
    """A time in seconds from "2h", "15m", "90s", "1h30m" or a number of seconds.

    Raises:
        UsageError: It is none of these, or not above zero.
    """
    written = _written(text).strip().lower().replace(" ", "")
    match = _DURATION.fullmatch(written)
    parts = zip(match.groups(), _SECONDS.values(), strict=True) if match else ()
    seconds = sum(float(number) * unit for number, unit in parts if number)
    if isinstance(text, bool) or not 0 < seconds < math.inf:
        raise UsageError(
            f"{_written(text)[:80]!r} is no time above zero. Write 2h, 15m, 90s or 1h30m"
        )
    return seconds


def parse_memory(text: str) -> int:
    """An amount of memory in bytes from "8GB" (10**9), "500MB" or "2GiB" (2**30).

    Raises:
        UsageError: It is none of these, or not above zero.
    """
    match = _MEMORY.fullmatch(text.strip()) if isinstance(text, str) else None
    if match:
        number, power, binary = match.groups()
        amount = float(number) * (1024 if binary else 1000) ** _POWERS[power.lower()]
        if 1 <= amount < math.inf:
            return int(amount)
    raise UsageError(f"{str(text)[:80]!r} is no amount of memory. Write 8GB, 500MB or 2GiB")


def _twice(numbers: Iterable[int]) -> int | None:
    return next((number for number, count in Counter(numbers).items() if count > 1), None)


def _written(value: object, spell: Callable[[object], str] = str) -> str:
    """A value as text, be it an integer of more digits than Python writes."""
    try:
        return spell(value)
    except ValueError:
        return "a number of thousands of digits"


def _shown(value: object) -> str:
    return _written(value, repr)[:80]


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise UsageError(f"expected text or a list of texts, got {_shown(value)}")


def _names(value: object) -> tuple[str, ...]:
    return tuple(name.strip() for text in _texts(value) for name in text.split(","))


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise UsageError(f"expected text, got {_shown(value)}")


def _path(value: object) -> Path:
    text = _text(value)
    if not text.isprintable():
        raise UsageError(f"expected a path of characters that can be printed, got {_shown(text)}")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{text[:80]!r}: there is no such home. Write the whole path") from error


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise UsageError(f"expected a whole number, at least 1, got {_shown(value)}")


def _seeds(value: object) -> tuple[int, ...]:
    if isinstance(value, list):
        return parse_seeds(",".join(map(_written, value)) + ",")
    if isinstance(value, str | int) and not isinstance(value, bool):
        return parse_seeds(value)
    raise UsageError(f"expected a count or a list of whole numbers, got {_shown(value)}")


def _sizes(value: object) -> tuple[int, ...]:
    if isinstance(value, list):
        return parse_sizes(",".join(map(_written, value)))
    if isinstance(value, str | int) and not isinstance(value, bool):
        return parse_sizes(value)
    raise UsageError(f"expected a list of whole numbers, got {_shown(value)}")


def _duration(value: object) -> float:
    if isinstance(value, str | int | float):
        return parse_duration(value)
    raise UsageError(f"expected a time such as '2h' or seconds, got {_shown(value)}")


def _memory(value: object) -> int:
    if isinstance(value, str):
        return parse_memory(value)
    raise UsageError(f"expected text such as '8GB', got {_shown(value)}")


_READERS: Mapping[str, Callable[[object], Any]] = {
    "datasets": _names,
    "models": _texts,
    "family": _names,
    "preset": _text,
    "train_sizes": _sizes,
    "protocol": _text,
    "seeds": _seeds,
    "jobs": _count,
    "threads": _count,
    "precision": _text,
    "timeout": _duration,
    "memory": _memory,
    "results": _path,
    "site": _path,
}
