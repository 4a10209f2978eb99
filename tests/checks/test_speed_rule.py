"""How long a smoke run may take, by what three trials measured."""

from __future__ import annotations

import numpy as np
import pytest

from suite.checks.evidence import NotCheckedError, RunEvidence, Step
from suite.checks.speed_rule import fast_smoke
from suite.contract import Plugin, Source

LABELS = np.zeros(1_000, np.uint8)


def trial(wall: float, cpu: float, idle: float = 0.0, runnable: float | None = 1.0):
    facts = {"wall_seconds": wall, "cpu_seconds": cpu, "idle": idle, "runnable": runnable}
    nothing = {**facts, "wall_seconds": 0.0, "cpu_seconds": 0.0}
    return {"fit": Step(status="ok", facts=facts), "predict": Step(status="ok", facts=nothing)}


def judged(*trials):
    plugin = Plugin(
        title="t", family="classic", view="flat", build=lambda **given: None,
        parameters=lambda fitted: 1, source=Source(name="n"),
    )  # fmt: skip
    first, again, other = trials
    return fast_smoke(
        RunEvidence(
            plugin=plugin, threads=1, first=first, again=again, other=other,
            labels=LABELS, train_labels=LABELS,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "trials",
    [
        (trial(9, 9),) * 3,
        (trial(30, 9),) * 3,  # it waited for its core
        (trial(30, 30), trial(9, 9), trial(30, 30)),  # the fastest counts
    ],
)
def test_fast_enough(trials):
    assert judged(*trials) is None


def test_what_did_not_predict_has_no_time():
    with pytest.raises(NotCheckedError):
        judged({}, trial(9, 9), trial(9, 9))


@pytest.mark.parametrize(
    "trials",
    [
        (trial(11, 11),) * 3,
        (trial(11, 0, idle=1.0),) * 3,  # it slept
        (trial(60, 21),) * 3,  # too slow even for a core that others use
        (trial(11, 11), trial(60, 12), trial(60, 12)),  # one trial had its core to itself
        (trial(11, 0, runnable=None),) * 3,  # the system does not tell who waited
    ],
)
def test_too_slow(trials):
    assert "expected less than 10" in judged(*trials).message


def test_a_busy_machine_is_no_verdict():
    with pytest.raises(NotCheckedError, match=r"take 11.0 s, but other programs used the core"):
        judged(*(trial(40, 11),) * 3)
