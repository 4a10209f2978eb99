from __future__ import annotations

from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.config import (
    SweepConfig,
    parse_duration,
    parse_memory,
    parse_seeds,
    parse_sizes,
    read_config,
)
from suite.errors import ConfigError, UsageError
from suite.source_hash import PROJECT_ROOT

FULL = """
datasets = "fashion, mnist"
models = ["svm[C=[1,10]]", "cmasch"]
family = ["classic,cnn", "own"]
preset = "quick"
train_sizes = [6000, 600]
protocol = "full"
seeds = [0, 2]
jobs = 2
threads = 1
precision = "bfloat16"
timeout = "1h30m"
memory = "2GiB"
results = "out/results"
site = "out/site"
"""


def read(tmp_path: Path, text: str) -> SweepConfig:
    file = tmp_path / "sweep.toml"
    file.write_text(text, encoding="utf-8")
    return read_config(file)


def test_every_key(tmp_path: Path) -> None:
    config = read(tmp_path, FULL)
    assert config == SweepConfig(
        datasets=("fashion", "mnist"),
        models=("svm[C=[1,10]]", "cmasch"),
        family=("classic", "cnn", "own"),
        preset="quick",
        train_sizes=(600, 6_000),
        protocol="full",
        seeds=(0, 2),
        jobs=2,
        threads=1,
        precision="bfloat16",
        timeout=5400.0,
        memory=2 * 2**30,
        results=Path("out/results"),
        site=Path("out/site"),
    )
    assert all(getattr(config, field.name) for field in fields(config))


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "") == SweepConfig()


@pytest.mark.parametrize("file", sorted((PROJECT_ROOT / "configs").glob("*.toml")), ids=str)
def test_the_sweeps_of_the_project_can_be_read(file: Path) -> None:
    assert read_config(file) != SweepConfig()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model = 'svm'", "unknown key 'model'. Did you mean models"),
        ("[run]\nseeds = 1", "unknown key 'run'"),
        ("\nseeds = \n", "not TOML: Invalid value (at line 2"),
        ("a = " + "[" * 5000, "not TOML"),
        ("jobs = 0", "jobs: expected a whole number, at least 1, got 0"),
        ("jobs = true", "jobs: expected a whole number"),
        ("threads = 1.5", "threads: expected a whole number"),
        ("models = []", "models: expected text or a list of texts, got []"),
        ("models = [1]", "models: expected text"),
        ("preset = 5", "preset: expected text"),
        ("site = ' '", "site: expected text"),
        ("seeds = [1, 1]", "seeds: seeds '1,1,': 1 stands twice"),
        ("seeds = true", "seeds: expected a count"),
        ("seeds = [1.5]", "'1.5' is no whole number"),
        ("train_sizes = []", "train_sizes: train sizes '': '' is no number"),
        ("train_sizes = [0]", "'0' is no number of training images"),
        ("train_sizes = [600, 600]", "train sizes '600,600': 600 stands twice"),
        ("train_sizes = true", "train_sizes: expected a list of whole numbers, got True"),
        ("train_sizes = [1.5]", "'1.5' is no number of training images"),
        ("timeout = 'soon'", "timeout: 'soon' is no time"),
        ("timeout = [1]", "timeout: expected a time"),
        ("memory = 8", "memory: expected text such as '8GB'"),
        ("seeds = " + "9" * 5000, "not TOML: Exceeds the limit"),
        ("seeds = 0x" + "f" * 5000, "seeds: seeds 'a number of thousands of digits'"),
        ("seeds = [0x" + "f" * 5000 + "]", "'a number of thousands of digits' is no whole number"),
        ("jobs = [0x" + "f" * 5000 + "]", "at least 1, got a number of thousands of digits"),
        ("preset = [" + "5," * 9000 + "]", "preset: expected text, got [5, 5, "),
        ("seeds = '" + "1," * 10_000 + "2'", "expected at most 10,000, got 10,001"),
        ("results = '~nobody-of-this-name/x'", "results: '~nobody-of-this-name/x': there is no"),
        ('site = "a\\u0000b"', "site: expected a path of characters that can be printed"),
        ("x" * 2000 + " = 1", "unknown key 'xxx"),
        ("#" * 32_769, "more than 32,768 characters"),
    ],
)
def test_mistakes_name_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'sweep.toml'}: ")
    assert message in str(caught.value)
    assert len(str(caught.value)) < 600


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml: can't be read \(No such file"):
        read_config(tmp_path / "gone.toml")
    with pytest.raises(ConfigError, match="can't be read"):
        read_config(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"preset = '\xff'")
    with pytest.raises(ConfigError, match="expected UTF-8"):
        read_config(tmp_path / "latin.toml")
    (tmp_path / "endless.toml").symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="more than 32,768 characters"):
        read_config(tmp_path / "endless.toml")


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("5", (0, 1, 2, 3, 4)),
        (3, (0, 1, 2)),
        ("0,1,2", (0, 1, 2)),
        (" 7, 3 ", (7, 3)),
        ("3,", (3,)),
        ("0,", (0,)),
        ("4294967295,", (2**32 - 1,)),
    ],
)
def test_seeds(text: str | int, seeds: tuple[int, ...]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "the seed 0 alone is written '0,'"),
        ("10001", "expected a count from 1 to 10,000"),
        ("", "'' is no whole number"),
        (",", "'' is no whole number"),
        ("1,,2", "'' is no whole number"),
        ("-1", "'-1' is no whole number"),
        ("a,b", "'a' is no whole number"),
        ("1.5", "'1.5' is no whole number"),
        ("1,2,1", "1 stands twice"),
        ("01,1", "1 stands twice"),
        ("4294967296,", "is no whole number"),
        ("9" * 5000, "is no whole number"),
        ("²", "is no whole number"),
        (",".join(map(str, range(10_001))), "expected at most 10,000, got 10,001"),
    ],
)
def test_seeds_that_are_none(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_seeds(text)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("600", (600,)), (600, (600,)), (" 6000, 600 ,60000", (600, 6_000, 60_000)), ("060", (60,))],
)
def test_training_sizes(text: str | int, sizes: tuple[int, ...]) -> None:
    assert parse_sizes(text) == sizes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is no number of training images"),
        ("0", "'0' is no number"),
        ("-5", "'-5' is no number"),
        ("600,", "'' is no number"),
        ("six", "'six' is no number"),
        ("6e3", "'6e3' is no number"),
        ("6,000,6", "'000' is no number"),
        ("600,6000,600", "600 stands twice"),
        ("60,060", "60 stands twice"),
        ("1234567890", "is no number"),
        ("9" * 5000, "is no number"),
        ("²", "is no number"),
        (",".join(map(str, range(1, 10_002))), "expected at most 10,000, got 10,001"),
    ],
)
def test_training_sizes_that_are_none(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_sizes(text)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", 7200), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("1.5H", 5400), ("1d 2h", 93_600),
        (30, 30), (0.5, 0.5), ("30", 30), ("1m30", 90),
    ],
)  # fmt: skip
def test_durations(text: str | float, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "0", "0s", "-1", "2 hours", "30m1h", "h", "nan", "inf", 0, -5, True, "٣s", "9" * 400],
)
def test_durations_that_are_none(text: str | float) -> None:
    with pytest.raises(UsageError, match="is no time above zero"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("8GB", 8 * 10**9), ("500MB", 500 * 10**6), ("2GiB", 2 * 2**30), ("1.5 gb", 15 * 10**8),
        ("4G", 4 * 10**9), ("1KiB", 1024), ("1tb", 10**12),
    ],
)  # fmt: skip
def test_memory(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "8", "GB", "0GB", "-1GB", "8XB", "nanGB", "9" * 400 + "GB"])
def test_memory_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="is no amount of memory"):
        parse_memory(text)


@given(st.text() | st.text("0123456789.,hmsdkgbi "))
def test_any_text_gives_a_value_or_a_usage_error(text: str) -> None:
    for parser in (parse_seeds, parse_sizes, parse_duration, parse_memory):
        with suppress(UsageError):
            assert parser(text)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, unique=True))
def test_seeds_read_back(seeds: list[int]) -> None:
    assert parse_seeds(",".join(map(str, seeds)) + ",") == tuple(seeds)
