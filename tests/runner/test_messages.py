"""Whatever a plugin writes into the pipe of its process: its run is recorded, the others go on."""

from __future__ import annotations

from collections import Counter

import pytest

from suite.records.store import StoredRun, open_store, scan
from suite.runner.messages import fault_of

FORGER = r"""
import io, json, sys, zipfile
import numpy as np
from suite.contract import Plugin, Source

GOOD = {"kind": "result", "engine": "e", "predict_wall_seconds": 1.0, "device": "cpu",
        "precision": "float32", "parameter_count": {"total": 5, "trainable": None}}
EPOCH = {"kind": "epoch", "epoch": 1, "epochs": 3, "metrics": {}}
ERROR = {"kind": "error", "status": "failed", "type": "t", "message": "m", "traceback": ""}
ZEROS = {"predictions": np.zeros(360, np.uint8), "validation_predictions": np.zeros(250, np.uint8)}

def packed(facts, arrays=None):
    text = facts if isinstance(facts, str) else json.dumps(facts)
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.frombuffer(text.encode(), np.uint8), **(arrays or {}))
    return buffer.getvalue()

def bomb():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("facts.npy", "w") as file:
            for _ in range(300):
                file.write(bytes(2**20))
    return buffer.getvalue()

MESSAGES = {
    "no_such_status": lambda: [packed(ERROR | {"status": "lol"})],
    "status_ok": lambda: [packed(ERROR | {"status": "ok"})],
    "no_status": lambda: [packed({"kind": "error"})],
    "no_texts": lambda: [packed({"kind": "error", "status": "failed"})],
    "bare_epochs": lambda: 3 * [packed({"kind": "epoch"})],
    "epoch_of_text": lambda: 3 * [packed(EPOCH | {"epoch": "x"})],
    "epoch_zero": lambda: [packed(EPOCH | {"epoch": 0, "epochs": 0})],
    "epoch_true": lambda: [packed(EPOCH | {"epoch": True})],
    "epoch_twice": lambda: 2 * [packed(EPOCH)],
    "endless_epochs": lambda: [packed(EPOCH | {"epochs": 10**400})],
    "listed_metrics": lambda: [packed(EPOCH | {"metrics": [1]})],
    "great_metric": lambda: [packed(EPOCH | {"metrics": {"a": 10**400}})],
    "percent": lambda: [packed(EPOCH | {"metrics": {"val_accuracy": 97.0}})],
    "many_metrics": lambda: [packed(EPOCH | {"metrics": {str(i): 1.0 for i in range(1000)}})],
    "half_a_name": lambda: [packed(EPOCH | {"metrics": {"\ud800": 1.0}})],
    "bare_result": lambda: [packed({"kind": "result"})],
    "odd_device": lambda: [packed(GOOD | {"device": 5}, ZEROS)],
    "long_device": lambda: [packed(GOOD | {"device": "d" * 10**6}, ZEROS)],
    "half_an_engine": lambda: [packed(GOOD | {"engine": "\ud800"}, ZEROS)],
    "negative_time": lambda: [packed(GOOD | {"predict_wall_seconds": -1.0}, ZEROS)],
    "endless_time": lambda: [packed(json.dumps(GOOD).replace("1.0", "1e999"), ZEROS)],
    "great_count": lambda: [packed(GOOD | {"parameter_count": {"total": 2**60}}, ZEROS)],
    "count_of_text": lambda: [packed(GOOD | {"parameter_count": "5"}, ZEROS)],
    "no_predictions": lambda: [packed(GOOD)],
    "predictions_of_text": lambda: [packed(GOOD, {"predictions": np.full(360, "a")})],
    "odd_probabilities": lambda: [packed(GOOD, ZEROS | {"probabilities": np.ones(3)})],
    "long_error": lambda: [packed(ERROR | dict.fromkeys(("type", "message"), "x" * 10**6))],
    "half_an_error": lambda: [packed(ERROR | {"message": "\ud800"})],
    "step_of_a_check": lambda: [packed({"kind": "step", "name": "fit", "status": "ok"})],
    "bare_step": lambda: [packed({"kind": "step"})],
    "hello": lambda: [packed({"kind": "hello", "pid": 1})],
    "end": lambda: [packed({"kind": "end"})],
    "model": lambda: [packed({"kind": "model", "format": 5})],
    "odd_size": lambda: [packed(GOOD, ZEROS), packed({"kind": "model", "model_bytes": -1})],
    "not_a_number": lambda: [packed(GOOD | {"predict_wall_seconds": float("nan")}, ZEROS)],
    "twice_fitted": lambda: [packed({"kind": "fitted"})],
    "another_sandbox": lambda: [packed({"kind": "entered", "sandbox": "none: of brass"})],
    "no_kind": lambda: [packed([1])],
    "deep": lambda: [packed("[" * 10**5)],
    "junk": lambda: [b"junk", b""],
    "too_long": lambda: [bytes(65 * 2**20)],
    "bomb": lambda: [bomb()],
}

class Model:
    def __init__(self, what):
        self.what = what

    def fit(self, X, y):
        frame = sys._getframe()
        while "pipe" not in frame.f_locals:
            frame = frame.f_back
        for message in MESSAGES[self.what]():
            frame.f_locals["pipe"].send_bytes(message)

    def predict(self, X):
        return np.zeros(len(X), np.uint8)

def build(*, seed, threads, what):
    return Model(what)

PLUGIN = Plugin(title="t", family="fake", view="flat", build=build, params={"what": ""},
                parameters=lambda model: 0, source=Source(name="a fake"))
"""

IGNORED, ITS_OWN = ("ok", ""), ("invalid", "its process sent a message of the kind")
EXPECTED = {
    **dict.fromkeys(("no_such_status", "status_ok", "no_status", "no_texts"), ITS_OWN),
    **dict.fromkeys(("bare_epochs", "epoch_of_text", "epoch_zero", "epoch_true"), ITS_OWN),
    **dict.fromkeys(("endless_epochs", "listed_metrics", "great_metric"), ITS_OWN),
    **dict.fromkeys(("bare_result", "odd_device", "negative_time", "endless_time"), ITS_OWN),
    **dict.fromkeys(("count_of_text", "bare_step"), ITS_OWN),
    "epoch_twice": ("invalid", "told of epoch 1, expected 2"),
    "percent": ("invalid", "val_accuracy 97, expected a fraction of 1"),
    "many_metrics": ("invalid", "given 1,000 metrics, expected at most 100"),
    "great_count": ("invalid", "a count above 2**53"),
    "no_predictions": ("invalid", "'predictions'"),
    "predictions_of_text": ("invalid", "expected integers"),
    "odd_probabilities": ("invalid", "expected floats of shape"),
    "long_error": ("failed", "xxx"),
    "half_an_error": ("failed", r"\ud800"),
    "too_long": ("failed", "without a result"),
    **dict.fromkeys(("half_a_name", "long_device", "half_an_engine", "hello", "end"), IGNORED),
    **dict.fromkeys(("step_of_a_check", "not_a_number", "no_kind", "deep"), IGNORED),
    **dict.fromkeys(("junk", "bomb", "model", "another_sandbox"), IGNORED),
    "twice_fitted": ("invalid", "asked for before `fit` was over"),
    "odd_size": ITS_OWN,
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A sweep over all forgeries, with a model of the suite behind them: the records on disk."""
    from suite.sweep import Settings, execute, prepare

    folder = tmp_path_factory.mktemp("forged")
    (folder / "forger.py").write_text(FORGER)
    models = (f"{folder}/forger.py[what=[{','.join(EXPECTED)}]]", "dummy/default")
    results = folder / "results"
    sweep = prepare(Settings(datasets=("digits",), models=models, preset="smoke", jobs=2,
                             timeout=60.0, results=results))  # fmt: skip
    with open_store(results) as store:
        told = [record.key for record in execute(sweep, store, lambda event: None)]
    return told, list(scan(results))


def test_each_run_is_recorded_once_and_the_sweep_goes_on(stored):
    told, found = stored
    assert len(told) == len(set(told)) == len(EXPECTED) + 1
    assert all(isinstance(one, StoredRun) for one in found), found
    assert {one.record.key for one in found} == set(told)
    assert Counter(one.record.model for one in found) == {"forger": len(EXPECTED), "dummy": 1}


@pytest.mark.parametrize("what", EXPECTED)
def test_what_came_of_a_forgery(stored, what):
    status, words = EXPECTED[what]
    (record,) = (one.record for one in stored[1] if one.record.parameters.get("what") == what)
    assert record.status == status, record.error
    assert (record.error is None) == (status == "ok")
    assert record.error is None or words in record.error.message
    assert record.error is None or "\n" not in record.error.message
    assert len(record.to_json().encode()) < 20_000


def test_texts_are_spelled_out_and_cut(stored):
    by_what = {one.record.parameters.get("what"): one.record for one in stored[1]}
    assert by_what["half_an_engine"].engine == r"\ud800"
    (row,) = by_what["half_a_name"].history
    assert row == {"epoch": 1, r"\ud800": 1.0, "cpu_seconds": row["cpu_seconds"]}
    here = by_what["junk"].environment.sandbox
    assert by_what["another_sandbox"].environment.sandbox == here
    assert len(by_what["long_device"].environment.device) < 300


@pytest.mark.parametrize("kind", ["hello", "end"])
def test_what_a_guard_says_is_looked_at_too(kind):
    assert f"of the kind {kind!r} in which" in fault_of({"kind": kind})
    assert "unknown kind 'lol'" in fault_of({"kind": "lol"})
