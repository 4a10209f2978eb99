"""How models are written on the command line: text to names, variants and values, and back.

    models  = item {"," item}
    item    = (name | path) ["/" variant] ["[" change {"," change} "]"]
    change  = parameter "=" (value | "[" value {"," value} "]")      brackets: one after the other
    value   = number | true | false | none | word | "string" | "(" [value {"," value}] ")"

A path ends in `.py`; one that holds a comma, a bracket or a quote is put in quotes. `-` and `_` are
the same in names, and letters in names of models and variants may be capitals.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeAlias

from suite.errors import UsageError

Value: TypeAlias = "int | float | bool | str | list[Value] | None"

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_PATH = re.compile(r"""[^,\[\]"'\t\r\n]+?\.py(?=\s*(?:$|[/\[,]))""")
_WORD = re.compile(r"""[^\s,\[\]()="']+""")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_KEYWORDS: dict[str, Value] = {"true": True, "false": False, "none": None}
_LONGEST_NUMBER = 400
_DEEPEST_LIST = 8
_LONGEST_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class Item:
    """One model as it was written.

    Attributes:
        text: The item's own text.
        name: The model's name, as written; empty where a path stands.
        path: The plugin file, where one was written.
        variant: The variant's name as written; None where none was.
        changes: For each parameter in brackets the values to try; None without brackets.
    """

    text: str
    name: str
    path: Path | None
    variant: str | None
    changes: Mapping[str, tuple[Value, ...]] | None


def parse(text: str) -> tuple[Item, ...]:
    """Read models written with commas between them.

    Raises:
        UsageError: The text does not follow the grammar; the message names the character.
    """
    reader = _Reader(text)
    items = [reader.item()]
    while reader.take(","):
        items.append(reader.item())
    if reader.position < len(text):
        reader.fail("a comma or the end")
    return tuple(items)


def spell(value: object, *, numeric: bool = False) -> str:
    """A value as the grammar writes it.

    Args:
        value: A number, string, boolean, None or a list of these.
        numeric: Whether the parameter's default is a number: then 1.0 is written 1.
    """
    if isinstance(value, list | tuple):
        return f"({','.join(spell(item) for item in value)})"
    if isinstance(value, float) and numeric and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, str):
        bare = _WORD.fullmatch(value) and value.isprintable() and isinstance(_word(value), str)
        return value if bare else json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return repr(value)


def _word(text: str) -> Value:
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text) + 0.0  # -0.0 equals 0.0, but its text differs: it becomes 0.0
    return _KEYWORDS.get(text.lower(), text)


class _Reader:
    """A text and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        odd = next((i for i, c in enumerate(text) if not c.isprintable() and c not in "\t\r\n"), -1)
        if odd >= 0:
            self.position = odd
            self.fail("characters that can be printed")

    def fail(self, expected: str) -> NoReturn:
        rest = self.text[self.position : self.position + 20]
        came = repr(rest) if rest else "the end"
        start = max(0, self.position - _LONGEST_SHOWN)
        seen = self.text[start : start + 2 * _LONGEST_SHOWN]
        raise UsageError(
            f"models {seen!r}: expected {expected} at character {self.position + 1}, got {came}. "
            "Write for example svm, svm[C=1,kernel=poly], name/variant or ./my_model.py"
        )

    def skip_spaces(self) -> None:
        while self.text[self.position : self.position + 1] in (" ", "\t", "\r", "\n"):
            self.position += 1

    def take(self, character: str) -> bool:
        self.skip_spaces()
        found = self.text.startswith(character, self.position)
        self.position += len(character) if found else 0
        return found

    def need(self, character: str, expected: str) -> None:
        if not self.take(character):
            self.fail(expected)

    def match(self, pattern: re.Pattern[str], expected: str) -> str:
        self.skip_spaces()
        found = pattern.match(self.text, self.position)
        if found is None:
            self.fail(expected)
        self.position = found.end()
        return found.group()

    def item(self) -> Item:
        self.skip_spaces()
        start = self.position
        path = self.path()
        name = "" if path else self.match(_NAME, "a model's name or a path ending in .py")
        variant = self.match(_NAME, "a variant's name") if self.take("/") else None
        changes = self.changes() if self.take("[") else None
        end = self.position
        self.skip_spaces()
        return Item(
            text=self.text[start:end].strip(), name=name, path=path, variant=variant,
            changes=changes,
        )  # fmt: skip

    def path(self) -> Path | None:
        start = self.position
        if self.text[start : start + 1] in ('"', "'"):
            written = self.string()
            if not written.endswith(".py"):
                self.position = start
                self.fail("a path ending in .py in the quotes")
            return Path(written)
        found = _PATH.match(self.text, start)
        if found is None:
            return None
        self.position = found.end()
        return Path(found.group())

    def changes(self) -> Mapping[str, tuple[Value, ...]]:
        changes: dict[str, tuple[Value, ...]] = {}
        while True:
            self.skip_spaces()
            start = self.position
            name = self.match(_NAME, "a parameter's name").replace("-", "_")
            if name in changes:
                self.position = start
                self.fail(f"each parameter once ({name} stands twice)")
            self.need("=", "= and a value")
            changes[name] = self.values()
            if self.take("]"):
                return changes
            self.need(",", "a comma or ]")

    def values(self) -> tuple[Value, ...]:
        if not self.take("["):
            return (self.value(),)
        values = [self.value()]
        while self.take(","):
            values.append(self.value())
        self.need("]", "a comma or ]")
        return tuple(values)

    def value(self, depth: int = 0) -> Value:
        self.skip_spaces()
        start = self.position
        if self.take("("):
            return self.list_value(depth)
        if self.text[start : start + 1] in ('"', "'"):
            return self.string()
        word = self.match(_WORD, "a value (text with commas or brackets goes in quotes)")
        value = _word(word)
        if isinstance(value, float) and not math.isfinite(value):
            self.position = start
            self.fail("a number that is not too large")
        return value

    def list_value(self, depth: int) -> list[Value]:
        if depth >= _DEEPEST_LIST:
            self.fail(f"at most {_DEEPEST_LIST} lists within each other")
        values: list[Value] = []
        while not self.take(")"):
            values.append(self.value(depth + 1))
            if not self.take(","):
                self.need(")", "a comma or )")
                break
        return values

    def string(self) -> str:
        start = self.position
        quote = self.text[start]
        self.position += 1
        characters: list[str] = []
        while (character := self.text[self.position : self.position + 1]) != quote:
            if character == "\\":
                self.position += 1
                character = self.text[self.position : self.position + 1]
            if character in ("", "\t", "\r", "\n"):
                self.fail("a closing quote on the same line")
            characters.append(character)
            self.position += 1
        self.position += 1
        return "".join(characters)
