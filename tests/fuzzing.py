"""What the tests share that try thousands of odd inputs.

`SUITE_FUZZ_EXAMPLES` says how many cases each of them tries; a nightly job may ask for thousands.
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from suite.errors import SuiteError

EXAMPLES = int(os.environ.get("SUITE_FUZZ_EXAMPLES", "150"))
# Whatever the input: far more than any takes, and far less than what grows with its square.
LONGEST_SECONDS = 5.0
LONGEST_MESSAGE = 700
REMEDY = re.compile(
    r"expected|Did you mean|Known: |Name |need "
    r"|(?i:\b(choose|convert|correct|get|install|leave|restore|save|try|use|write) )"
)


def fuzzed(cost: int = 1) -> Callable[[Any], Any]:
    """Settings of a test whose cases take `cost` times as long as most."""
    return settings(
        max_examples=max(EXAMPLES // cost, 1),
        suppress_health_check=[
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
        ],
    )


def junk(integers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """Anything that JSON can hold, with those integers."""
    words = ["../..", "/etc", "a/b", "", ".", "digits", "kfold", "jax", "unverified"]
    floats = st.floats(allow_nan=False, allow_infinity=False)
    return st.recursive(
        st.none() | st.booleans() | integers | floats | st.text(max_size=20)
        | st.sampled_from(words),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner,
                                                                    max_size=3),
        max_leaves=5,
    )  # fmt: skip


JUNK = junk(st.integers() | st.integers(-(10**400), 10**400))


def check_told(
    error: SuiteError, *, names: str | Path = "", lines: int = 3, remedy: bool = True
) -> None:
    """An error of ours is a few lines that a terminal can show, and says what to do.

    Args:
        error: The error.
        names: What the message has to name.
        lines: The most that it may have.
        remedy: Whether it has to say what was expected, or what to do.
    """
    text = str(error)
    assert text.replace("\n", "").isprintable(), text
    assert text.count("\n") < lines, text
    assert len(text) <= LONGEST_MESSAGE, text
    assert str(names) in text
    assert not remedy or REMEDY.search(text), text


@contextmanager
def quick(seconds: float = LONGEST_SECONDS) -> Iterator[None]:
    """Processor time of this process, which a busy machine does not lengthen."""
    started = time.process_time()
    yield
    assert time.process_time() - started < seconds


def paths_of(node: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in nested JSON."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    found = [above] if above else []
    for name, child in children:
        here = (*above, name)
        found += paths_of(child, here) if isinstance(child, dict | list) else [here]
    return found


def spoil(
    data: st.DataObject, content: dict[str, Any], values: st.SearchStrategy[Any] = JUNK
) -> None:
    """Sets, adds or deletes one to three fields of nested JSON, in place."""
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths_of(content)))
        node: Any = content
        for name in path[:-1]:
            node = node[name]
        if data.draw(st.booleans()) or isinstance(node, list):
            node[path[-1]] = data.draw(values)
        elif data.draw(st.booleans()):
            del node[path[-1]]
        else:
            node[data.draw(st.text(max_size=9))] = data.draw(values)


def mangle(data: st.DataObject, content: bytes) -> bytes:
    """Bytes changed, cut out, repeated or put in."""
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, max(len(changed) - 1, 0)))
        length = data.draw(st.integers(0, 16))
        changed[start : start + length] = data.draw(
            st.binary(max_size=8) | st.just(bytes(changed[start : start + length]) * 2)
            | st.sampled_from([b"\x00", b"NaN", b"1e999", b'{"a":', b"-1", b"\xff\xff\xff\xff"])
        )  # fmt: skip
    return bytes(changed)


def npy(array: np.ndarray) -> bytes:
    """An npy file."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()


@st.composite
def hostile_npy(draw: st.DrawFn) -> bytes:
    """An npy file whose header is anything that could stand in one."""
    number = st.integers(-2, 2**70) | st.sampled_from([10**400, 2**31, 2**63 - 1, 2**63])
    shape = draw(st.lists(number, max_size=3).map(tuple) | JUNK)
    kind = draw(st.sampled_from(["|u1", "<i8", "|O", "<U4", "<f2", "V9", "i4,i4", "(9,9)u1", "a3"])
                | st.text(max_size=6) | JUNK)  # fmt: skip
    fields = {"descr": kind, "fortran_order": draw(st.booleans() | JUNK), "shape": shape}
    whole = draw(
        st.just(f"{fields}\n") | st.text(max_size=30)
        | st.sampled_from(["-" * 9_000 + "1", "(" * 9_000, "[" * 90 + "]" * 90, "{'a':\n  1\n 2"])
    )  # fmt: skip
    content = whole.encode("latin1", "replace")
    version = draw(st.sampled_from([b"\1\0", b"\2\0", b"\3\0", b"\x09\0"]))
    length = len(content).to_bytes(2 if version == b"\1\0" else 4, "little")
    return b"\x93NUMPY" + version + length + content + draw(st.binary(max_size=80))
