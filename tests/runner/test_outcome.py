"""From what came back from a run to its record, which there always is."""

from __future__ import annotations

import pytest

from suite.records.machine import this_machine
from suite.runner.isolate import Limits, make_task
from suite.runner.outcome import Told, record_of

ENDING = {"reason": "answered", "exit_status": None, "peak_memory_bytes": 0, "output": ""}
ERROR = {"kind": "error", "status": "failed", "type": "t", "message": "m", "traceback": ""}


@pytest.fixture
def record(sweep_of):
    """The record of a run of a fake of which something was told."""
    sweep = sweep_of("fine")
    (job,) = sweep.plan.jobs
    data, split = sweep.datasets["digits"], sweep.splits(job.key)
    task = make_task(job, data, split, Limits(), ())

    def make(facts, **told):
        values = {"started_at": "2026-01-01T00:00:00+00:00", "history": (), "ending": ENDING}
        answer = None if facts is None else (facts, {})
        told = Told(**{**values, "answer": answer, **told})
        return record_of(job, task, told, dataset=data, split=split, machine=this_machine())[0]

    return make


def test_an_error_is_told_as_it_was(record):
    assert record(ERROR).error.message == "m"


@pytest.mark.parametrize(
    ("facts", "told", "words"),
    [
        (ERROR | {"message": "\ud800"}, {}, "as a unicode string"),
        (ERROR | {"device": "\ud800"}, {}, "as a unicode string"),
        (ERROR | {"status": "lol"}, {}, "status is wrong: Input should be"),
        (ERROR | {"type": None}, {}, "NoneType"),
        ({"kind": "error"}, {}, "'traceback'"),
        (ERROR, {"history": ({"a": "b"},)}, "history.0.a"),
        (ERROR, {"fault": "a message"}, "its process sent a message; the suite sends none such"),
        (None, {"fault": "a message"}, "its process sent a message; the suite sends none such"),
    ],
)
def test_what_no_record_can_hold_makes_the_run_invalid(record, facts, told, words):
    made = record(facts, **told)
    assert made.status == "invalid"
    assert words in made.error.message
    assert "\n" not in made.error.message
    assert made.history is None
