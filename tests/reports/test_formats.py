from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import formats


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.00004, "<0.0001"),
        (0.0312, "0.0312"),
        (0.5, "0.500"),
        (35.52, "35.5"),
        (640.4, "640"),
        (18_412_004.0, "18,412,004"),
    ],
)
def test_quantities_have_three_digits(number: float | None, text: str) -> None:
    assert formats.quantity(number) == text


@given(st.floats(min_value=1e-3, max_value=1e12))
def test_quantities_are_near_the_number(number: float) -> None:
    assert math.isclose(float(formats.quantity(number).replace(",", "")), number, rel_tol=0.05)


def test_accuracy_without_a_deviation_is_the_mean_alone() -> None:
    assert formats.accuracy(0.91254, 0.0013) == "91.25 ± 0.13"
    assert formats.accuracy(0.91254, None) == "91.25"
    assert formats.accuracy(None, None) == "–"


def test_spans_and_listings_read_as_words() -> None:
    assert formats.span(1, 1, "seed") == "1 seed"
    assert formats.span(0, 0, "seed") == "0 seeds"
    assert formats.span(1, 1_000, "image") == "1 to 1,000 images"
    assert formats.listing([]) == ""
    assert formats.listing(["a"]) == "a"
    assert formats.listing(["a", "b", "c"]) == "a, b and c"


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_written_on_one_line(text: str) -> None:
    line = formats.one_line(text)
    line.encode()
    assert len(line) <= 300
    assert len(line.splitlines()) <= 1
    assert line.isprintable() or all(not 0xD800 <= ord(c) < 0xE000 for c in line)


def test_direction_overrides_and_escape_codes_do_not_pass() -> None:
    assert formats.clean("a\u202eb\x1b[31mc\x00") == "a\ufffdb\ufffd[31mc\ufffd"
    assert formats.clean("line\r\nline\tend") == "line\nline\tend"
