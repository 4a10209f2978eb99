"""Whatever stands in an option or a sweep file, it is read or refused in a line or two, at once."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from hypothesis import example, given
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
from tests.fuzzing import JUNK, check_told, fuzzed, mangle, quick

KEYS = [field.name for field in fields(SweepConfig)]
CONFIGS = sorted((PROJECT_ROOT / "configs").glob("*.toml"))
LONG = st.sampled_from(["0", "1", "9", ",", ".", "1,", "1d", "1.5h", ",,", "0x"]).flatmap(
    lambda part: st.integers(1, 60_000).map(lambda count: part * count)
)
TEXTS = st.text() | st.text("0123456789.,hmsdkgbi +-e_") | LONG


@fuzzed()
@given(text=TEXTS)
@example(text=",".join(map(str, range(40_000))))
@example(text=",".join(map(str, range(1, 40_000))) + ",1")
@example(text="9" * 400)
@example(text="9" * 309 + "d")
def test_any_text_of_an_option_gives_a_value_or_is_refused(text: str) -> None:
    for parse in (parse_seeds, parse_sizes, parse_duration, parse_memory):
        try:
            with quick():
                value = parse(text)
        except UsageError as error:
            check_told(error)
            continue
        assert value
        numbers = value if isinstance(value, tuple) else (value,)
        assert len(set(numbers)) == len(numbers) <= 10_000
        assert all(0 <= number < math.inf for number in numbers)


def check(file: Path) -> SweepConfig | None:
    """Read a sweep file; None if it is refused."""
    try:
        with quick():
            config = read_config(file)
    except ConfigError as error:
        check_told(error, names=file)
        return None
    assert all(name in KEYS for name in vars(config))
    # The values are of the types that the fields say, whatever was written.
    assert isinstance(config.models + config.datasets + config.family, tuple)
    assert all(isinstance(getattr(config, name), Path | None) for name in ("results", "site"))
    assert all(isinstance(getattr(config, name), int | None) for name in ("jobs", "threads"))
    return config


@fuzzed()
@given(content=st.binary(max_size=300) | TEXTS.map(lambda text: text.encode("utf-8", "replace")))
@example(content=b"seeds = " + b"9" * 5_000)
@example(content=b"seeds = 0x" + b"f" * 5_000)
@example(content=b"jobs = " + b"[" * 5_000)
@example(content=b"timeout = 0x" + b"f" * 5_000)
@example(content=b"[" + b"a." * 16_000 + b"b]")
@example(content=b"x = {" + b"a = {" * 300 + b"}" * 301)
@example(content=b'results = "~nobody-of-this-name/x"')
@example(content=b'site = "a\\u0000b"')
def test_a_sweep_file_of_any_bytes_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "sweep.toml"
    file.write_bytes(content)
    check(file)


@fuzzed()
@given(data=st.data(), original=st.sampled_from(CONFIGS))
def test_a_changed_sweep_of_the_project_is_read_or_refused(
    tmp_path: Path, data: st.DataObject, original: Path
) -> None:
    file = tmp_path / "sweep.toml"
    file.write_bytes(mangle(data, original.read_bytes()))
    check(file)


def toml(value: Any) -> str:
    """A value as TOML writes it, which has none for null."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{toml(key)} = {toml(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, str):
        return json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False)
    return json.dumps("none" if value is None else value)


MOMENTS = st.datetimes().map(str) | st.dates().map(str) | st.times().map(str)


@fuzzed()
@given(
    values=st.dictionaries(
        st.sampled_from(KEYS) | st.text(max_size=8),
        (JUNK.map(toml) | MOMENTS | st.sampled_from(["nan", "inf", "-inf", "0x" + "f" * 4_000])
         | TEXTS.map(toml) | st.lists(st.integers(-3, 40)).map(toml)),
        max_size=5,
    )
)  # fmt: skip
def test_a_sweep_file_with_anything_at_any_key_is_read_or_refused(
    tmp_path: Path, values: Mapping[str, str]
) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text("".join(f"{toml(key)} = {text}\n" for key, text in values.items()))
    try:
        content = tomllib.loads(file.read_text())
    except ValueError:
        content = None
    if check(file) is not None:
        assert content is not None
        assert set(content) <= set(KEYS)
