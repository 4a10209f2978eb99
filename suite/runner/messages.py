"""What each message of a run may hold: a plugin shares a process with the end that sends them.

Whoever has that end can write anything, so that nothing is believed before it was looked at here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from suite.errors import place_of
from suite.records.record import LARGEST_NUMBER, Figure, NotNegative

_Whole = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
_Bytes = Annotated[int, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]


class _Message(BaseModel):
    """Base of all messages; a field that nobody reads does no harm."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class _Hello(_Message):
    pid: Annotated[int, Field(ge=2, le=LARGEST_NUMBER)]


class _Epoch(_Message):
    epoch: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
    epochs: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
    metrics: dict[str, Figure]
    cpu_seconds: NotNegative  # written by the guard


class _Step(_Message):
    name: str
    status: Literal["ok", "failed", "invalid"]
    message: str = ""
    line: _Whole | None = None


class _Counted(_Message):
    # How great it may be is for `check_count` to say, in words for the contributor.
    total: Annotated[int, Field(ge=0)]
    trainable: Annotated[int, Field(ge=0)] | None = None


class _Result(_Message):
    predict_wall_seconds: NotNegative
    parameter_count: _Counted
    engine: str
    device: str
    precision: str


class _Error(_Message):
    status: Literal["failed", "out_of_memory", "invalid"]
    type: str
    message: str
    traceback: str


class _Model(_Message):
    model_bytes: _Whole | None = None
    multiply_adds: _Whole | None = None
    view: str = ""
    probabilities: bool = False
    format: str = ""
    reason: str = ""


class _End(_Message):
    reason: str
    exit_status: int | None
    peak_memory_bytes: _Bytes
    output: str
    sandbox: str | None
    fit_wall_seconds: NotNegative | None
    fit_cpu_seconds: NotNegative | None
    other_cpu_seconds: NotNegative | None


_KINDS: dict[str, type[_Message]] = {
    "hello": _Hello,
    "epoch": _Epoch,
    "step": _Step,
    "result": _Result,
    "error": _Error,
    "model": _Model,
    "end": _End,
}


def fault_of(facts: Mapping[str, Any]) -> str:
    """What is wrong with the facts of a message, on one line; empty if nothing is.

    Args:
        facts: The facts, with a `kind`.
    """
    kind = facts["kind"]
    if kind not in _KINDS:
        return f"a message of the unknown kind {kind[:40]!r}"
    try:
        _KINDS[kind].model_validate(facts)
    except ValidationError as error:
        return f"a message of the kind {kind!r} in which {first_fault(error)}"
    return ""


def first_fault(error: ValidationError) -> str:
    """The first thing that pydantic found wrong, on one line."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = place_of(first["loc"]) if first["loc"] else "the whole"
    return f"{place} is wrong: {' '.join(first['msg'].split())[:200]}"
