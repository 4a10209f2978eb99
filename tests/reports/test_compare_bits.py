"""The page's functions on packed bits, in a real browser, against numpy."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def bits(browser: Browser) -> Iterator[Page]:
    """A blank page that has the functions on packed bits."""
    page = browser.new_page()
    script = files("reports").joinpath("static", "compare_bits.js").read_text("utf-8")
    page.add_script_tag(content=script)
    yield page
    page.close()


@given(hnp.arrays(bool, st.tuples(st.just(2), st.integers(1, 3), st.integers(1, 50))))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_bits_are_counted_as_numpy_counts_them(bits: Page, right: np.ndarray) -> None:
    packed = np.packbits(right, axis=2)
    texts = [[base64.b64encode(one.tobytes()).decode() for one in own] for own in packed]
    images = right.shape[2]
    found = bits.evaluate(
        """([first, second, images]) => {
            const a = first.map(rightBits.decode), b = second.map(rightBits.decode);
            return [rightBits.count(a[0], b[0], images), rightBits.alone(a, b, images)];
        }""",
        [*texts, images],
    )
    a, b = right[:, 0]
    assert found[0] == {
        "both": (a & b).sum(), "onlyFirst": (a & ~b).sum(), "onlySecond": (~a & b).sum(),
        "neither": (~a & ~b).sum(),
    }  # fmt: skip
    assert found[1] == np.flatnonzero(right[0].all(axis=0) & ~right[1].any(axis=0)).tolist()
