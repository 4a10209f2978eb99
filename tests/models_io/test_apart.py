"""Reading and predicting in a process of its own: what crashes or hangs there is told here."""

from __future__ import annotations

import signal
import sys
import time

import numpy as np
import psutil
import pytest

from suite.data.datasets import load
from suite.errors import ModelError, UsageError
from suite.models_io import apart
from suite.models_io.apart import classify
from suite.models_io.saved import read_saved
from suite.records.store import read


@pytest.fixture(scope="module")
def images():
    return np.asarray(load("digits").images("test"))


@pytest.mark.parametrize("format_", ["keras", "svm", "xgboost", "lightgbm"])
def test_a_saved_model_answers_as_its_record_does(saved, images, format_):
    path = saved[format_]
    described = read_saved(path)
    answers = classify(path, described, images)
    runs = {run.record.digest: run for run in read(path.parents[4] / "results").runs}
    arrays = runs[described.record_digest].arrays
    assert (answers.classes == arrays.predictions).all()
    assert (answers.probabilities is None) == (arrays.confidence is None)


@pytest.mark.parametrize("format_", ["xgboost", "lightgbm"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_what_is_cut_short_is_refused_even_if_it_crashes_the_library(
    plant, saved, images, monkeypatch, format_, share
):
    monkeypatch.setattr(apart, "LIMIT_SECONDS", 20.0)
    whole = saved[format_].read_bytes()
    path = plant(format_, whole[: int(share * len(whole))])
    with pytest.raises(ModelError):
        classify(path, read_saved(path), images[:2])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("os.kill(os.getpid(), 11)", "signal 11"),
        ("os._exit(7)", "exit status 7"),
        ("while True: pass", "not read within 4 s"),
        ("x = [1] * 2**27; time.sleep(60)", "GiB to read"),
        ("os.write(1, b'noise'); os._exit(0)", "gave no answer"),
    ],
)
def test_whatever_becomes_of_the_process_is_told(saved, images, monkeypatch, tmp_path, body, told):
    """The process is led to a module that misbehaves when skops is imported."""
    (tmp_path / "skops").mkdir()
    (tmp_path / "skops/__init__.py").write_text(f"import os, time\n{body}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(apart, "LIMIT_SECONDS", 4.0 if "while" in body else 60.0)
    monkeypatch.setattr(apart, "total_memory", lambda: 2**30)
    with pytest.raises(ModelError, match=told):
        classify(saved["svm"], read_saved(saved["svm"]), images[:1])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_the_process_ends_with_the_suite(saved, tmp_path, ending):
    """Nobody would hold its limits: it is led to a module that never returns."""
    (tmp_path / "skops").mkdir()
    (tmp_path / "skops/__init__.py").write_text(
        "import os, time\n"
        f"os.rename(os.path.join({str(tmp_path)!r}, 'waiting'), {str(tmp_path / 'begun')!r})\n"
        "time.sleep(600)\n"
    )
    (tmp_path / "waiting").touch()
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import numpy as np; from pathlib import Path\n"
        "from suite.models_io.apart import classify; from suite.models_io.saved import read_saved\n"
        "path = Path(sys.argv[2]); classify(path, read_saved(path), np.zeros((1, 28, 28), 'u1'))\n"
    )
    caller = psutil.Popen([sys.executable, "-c", script, str(tmp_path), str(saved["svm"])])
    try:
        _until(lambda: (tmp_path / "begun").exists())
        (reader,) = caller.children()
        caller.send_signal(ending)
        caller.wait(30)
        _until(lambda: not reader.is_running() or reader.status() == psutil.STATUS_ZOMBIE)
    finally:
        if caller.poll() is None:
            caller.kill()


def _until(met):
    deadline = time.monotonic() + 60
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_missing_library_is_told_with_the_command_that_installs_it(saved, images, monkeypatch):
    monkeypatch.setattr(apart, "missing_of", lambda names: ("skops",))
    with pytest.raises(UsageError, match=r"pip install .*\[predict\]"):
        classify(saved["svm"], read_saved(saved["svm"]), images[:1])


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"classes": np.zeros(1)},
        {"classes": np.zeros(2, int)},
        {"classes": np.array([10])},
        {"classes": np.array([0]), "probabilities": np.full((1, 10), 0.5)},
        {"classes": np.array([0]), "probabilities": np.full((1, 10), np.nan)},
        {"classes": np.array([0]), "probabilities": np.ones((10, 1))},
    ],
)
def test_an_answer_that_is_none_is_refused(tmp_path, arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ModelError):
        apart._answers((tmp_path / "a.npz").read_bytes(), 1, tmp_path)
