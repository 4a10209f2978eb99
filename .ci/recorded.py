"""What a change does to the committed records, told from git alone: no plugin is executed.

HEAD is the base with the branch's models and records on it, the base the commit before.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from changes import FAMILIES, NAME, RECORDS, Change, git

from suite.audit.commits import source_hash_at
from suite.records.record import UNVERIFIED, model_of
from suite.records.store import SUPERSEDED, record_paths

ARRAYS = "arrays (npz)"
_TABLE = re.compile("([a-z]+)-([a-z]+(-n[0-9]+)?)")
_MOST_FIELDS = 12


@dataclass(frozen=True)
class RecordChange:
    """A record that is not what it was.

    Attributes:
        kind: What came of it.
        place: Its path below `results/`, without suffix.
        fields: The fields that differ, of a replaced one.
        may_change: Whether the model has other code now than the record was made by.
        content: The record, of one that is there now and can be read; its values may be anything.
    """

    kind: Literal["added", "replaced", "removed"]
    place: str
    fields: tuple[str, ...] = ()
    may_change: bool = True
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> tuple[str, str] | None:
        """Protocol and preset, if it is a record that belongs to a table."""
        parts = PurePosixPath(self.place).parts
        found = _TABLE.fullmatch(parts[1]) if len(parts) == 4 else None
        return (found[1], found[2]) if found else None

    @property
    def entry(self) -> tuple[str, str]:
        """Dataset and entry, if it belongs to a table."""
        dataset, _, entry, _ = PurePosixPath(self.place).parts
        return dataset, entry

    @property
    def sandbox(self) -> str | None:
        """What closed files and network to the run; None where its record does not tell."""
        environment = self.content.get("environment")
        told = environment.get("sandbox") if isinstance(environment, dict) else None
        return told if isinstance(told, str) else None

    @property
    def seconds(self) -> float:
        """About how long the run took; infinite where that is not known."""
        times = [self.content.get(f"{step}_wall_seconds") for step in ("fit", "predict")]
        return sum(time if isinstance(time, int | float) else math.inf for time in times)

    def __str__(self) -> str:
        more = ", ".join(self.fields[:_MOST_FIELDS])
        unseen = len(self.fields) - _MOST_FIELDS
        more += f" and {unseen} more" if unseen > 0 else ""
        return f"{self.kind:9}{self.place}" + (f": {more}" if more else "")


def record_changes(changes: Iterable[Change], base: str) -> list[RecordChange]:
    """The records that were added, replaced and removed since a commit, by their places."""
    by_place: dict[str, dict[str, str]] = defaultdict(dict)
    for change in changes:
        path = PurePosixPath(change.path)
        if path.parts[0] == RECORDS and path.suffix in (".json", ".npz"):
            place = path.relative_to(RECORDS).with_suffix("").as_posix()
            by_place[place][path.suffix] = change.status
    return [_record_change(place, by_place[place], base) for place in sorted(by_place)]


def _record_change(place: str, statuses: dict[str, str], base: str) -> RecordChange:
    before, now = _content(base, place), _content("HEAD", place)
    if before is None:
        return RecordChange("added", place, content=now or {})
    may_change = _outdated(before.get("source_hash"), _model(place), base)
    if now is None:
        return RecordChange("removed", place, may_change=may_change)
    fields = [*_differing(before, now), *([ARRAYS] if ".npz" in statuses else [])]
    others = [field for field in fields if field != "digest"]
    return RecordChange("replaced", place, tuple(others or fields), may_change, now)


def _parts(place: str) -> tuple[str, ...]:
    """Dataset, table, entry and file."""
    parts = PurePosixPath(place).parts
    return parts[1:] if parts[0] in (SUPERSEDED, UNVERIFIED) else parts


def _model(place: str) -> str:
    parts = _parts(place)
    return model_of(parts[2]) if len(parts) == 4 else ""


def _content(commit: str, place: str) -> dict[str, Any] | None:
    """A record at a commit; None without one, and empty where it can't be read."""
    try:
        text = git("show", f"{commit}:{RECORDS}/{place}.json")
    except subprocess.CalledProcessError:
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _differing(before: Any, now: Any, name: str = "") -> Iterator[str]:
    """The names of fields that differ, those within others behind a dot."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            inner = f"{name}.{key}" if name else key
            yield from _differing(before.get(key), now.get(key), inner)
    elif before != now or type(before) is not type(now):
        yield name


@cache
def code_at(commit: str, model: str) -> str:
    """The hash of a model's code at a commit; "" where there is no such model."""
    if not NAME.fullmatch(model):
        return ""
    found = (source_hash_at(commit, f"{family}.{model}") for family in FAMILIES)
    return next((known for known in found if known), "")


def _outdated(made_by: object, model: str, base: str) -> bool:
    """Whether a model that is or was here has other code now than a record was made by."""
    now = code_at("HEAD", model)
    return bool(now or code_at(base, model)) and made_by != now


def left_behind(base: str) -> Iterator[str]:
    """What is to be said of the records of models whose code was changed or removed."""
    old: Counter[str] = Counter()
    for path in record_paths(Path(RECORDS)):
        model = model_of(path.parent.name)
        if code_at(base, model) != code_at("HEAD", model):
            place = path.relative_to(RECORDS).with_suffix("").as_posix()
            content = _content("HEAD", place) or {}
            old[model] += content.get("source_hash") != code_at("HEAD", model)
    for model, number in sorted(old.items()):
        if not number:
            continue
        if code_at("HEAD", model):
            yield (f"Stale: {number:,} records of {model} were made by other code than it has now. "
                   "Run them again, or say why they stay.")  # fmt: skip
        else:
            yield (f"Left over: {number:,} records of {model}, whose plugin is removed. "
                   "Remove them too, or say why they stay.")  # fmt: skip
