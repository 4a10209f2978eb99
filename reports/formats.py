"""Numbers as people read them, and text that is safe to write; "–" stands for what is absent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import floor, log10

ABSENT = "–"
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


def percent(fraction: float | None) -> str:
    """A fraction of 1 in percent with two decimals, such as "91.25"."""
    return ABSENT if fraction is None else f"{100 * fraction:.2f}"


def accuracy(mean: float | None, deviation: float | None) -> str:
    """Mean and deviation in percent, such as "91.25 ± 0.13"; the mean alone without the other."""
    if mean is None or deviation is None:
        return percent(mean)
    return f"{percent(mean)} ± {percent(deviation)}"


def interval(ends: tuple[float, float] | None) -> str:
    """An interval in percent, such as "90.63–91.80"."""
    return ABSENT if ends is None else f"{percent(ends[0])}–{percent(ends[1])}"


def count(number: int | None) -> str:
    """A whole number with commas between thousands."""
    return ABSENT if number is None else f"{number:,}"


def quantity(number: float | None) -> str:
    """A measured number with three significant digits, at most four decimals: "0.0312", "1,234"."""
    if number is None:
        return ABSENT
    if number < 5e-5:
        return "<0.0001" if number > 0 else "0"
    decimals = max(0, min(4, 2 - floor(log10(number))))
    return f"{number:,.{decimals}f}"


def mebibytes(size: float | None) -> float | None:
    """Bytes in MiB."""
    return None if size is None else size / 2**20


def span(low: int, high: int, noun: str) -> str:
    """A number or a range with its noun: "1 seed", "3 seeds", "1 to 3 seeds"."""
    if low == high:
        return f"{low:,} {noun}" if low == 1 else f"{low:,} {noun}s"
    return f"{low:,} to {high:,} {noun}s"


def signed(points: float) -> str:
    """A difference in points with its sign: "+0.40", "−0.23"; what rounds to 0 is "+0.00"."""
    return f"{round(points, 2) + 0.0:+.2f}".replace("-", "\N{MINUS SIGN}")


def p_value(value: float) -> str:
    """A p-value: "p = 0.0312", "p < 0.0001"."""
    return "p < 0.0001" if value < 1e-4 else f"p = {value:.4f}"


def listing(words: Sequence[str]) -> str:
    """Words with commas and an "and": "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def clean(text: str) -> str:
    """Text without what can't be written or would confuse: control characters, also of direction.

    Line ends and tabs stay; lone surrogates, which no encoding can hold, become "?".
    """
    writable = text.replace("\r\n", "\n").encode("utf-8", "replace").decode()
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", writable)


def one_line(text: str, limit: int = 300) -> str:
    """Text on one line, its white space as single blanks, cut to `limit` characters."""
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
