"""Whatever happens while a model is saved: its run is recorded as it was."""

from __future__ import annotations

import io

import pytest

from suite.models_io.files import read
from suite.models_io.saved import read_saved
from suite.progress import SweepProgress
from suite.records.store import open_store
from suite.records.store import read as read_results
from suite.runner.events import ModelKept
from suite.sweep import execute

PLUGIN = """
import os, signal, time
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestCentroid
from suite.contract import Plugin, Source

class Own(BaseEstimator):
    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.zeros(len(X), int)

    def __getstate__(self):
        {saving}
        return {{}}

class Wrapper:
    def fit(self, X, y):
        self.estimator = NearestCentroid().fit(X * {scale}, y)
        return self

    def predict(self, X):
        return self.estimator.predict(X * {scale})

def build(*, seed, threads):
    return {kind}()

PLUGIN = Plugin(title="t", family="fake", view="flat", build=build,
                parameters=lambda model: 0, source=Source(name="a test"))
"""
# What the model does while it is saved, and part of the reason that is told.
FAULTS = {
    "raises": ("raise ValueError('not me')", "ValueError: not me"),
    "exits_python": ("raise SystemExit(3)", "SystemExit"),
    "exits": ("os._exit(0)", "crashed or reached a limit"),
    "crashes": ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed or reached a limit"),
    "hangs": ("time.sleep(600)", "crashed or reached a limit"),
    "eats": ("x = [1] * 2**28; time.sleep(600)", "crashed or reached a limit"),
    "unknown": ("pass", "unknown.Own"),
}


@pytest.fixture
def save(sweep_of, tmp_path):
    """Runs plugins and saves their models; the records, and what became of each model."""

    def run(*plugins, **settings):
        told = []
        sweep = sweep_of(*map(str, plugins), save_models=tmp_path / "models", **settings)
        with open_store(tmp_path / "results") as store:
            records = {r.model: r for r in execute(sweep, store, told.append)}
        kept = {e.job.key.model: e for e in told if isinstance(e, ModelKept)}
        return records, kept

    return run


def write(folder, name, *, saving="pass", kind="Own", scale="1"):
    path = folder / f"{name}.py"
    path.write_text(PLUGIN.format(saving=saving, kind=kind, scale=scale))
    return path


def test_faults_while_saving_lose_no_record(save, tmp_path, mark, gone):
    paths = [write(tmp_path, name, saving=fault) for name, (fault, _) in FAULTS.items()]
    records, kept = save(*paths, jobs=2, timeout=20.0, memory=1000 * 2**20)
    assert {name: record.status for name, record in records.items()} == dict.fromkeys(FAULTS, "ok")
    assert len(read_results(tmp_path / "results").runs) == len(FAULTS)
    for name, (_, reason) in FAULTS.items():
        assert kept[name].path is None
        assert reason in kept[name].reason
    assert records["eats"].peak_memory_mib < 500  # saving is no part of what a run takes
    assert not list((tmp_path / "models").rglob("*.skops"))
    assert not list((tmp_path / "models/.tmp").iterdir())
    gone(mark)


def test_the_library_s_model_in_a_wrapper_is_saved_if_it_predicts_the_same(save, tmp_path):
    same = write(tmp_path, "same", kind="Wrapper")
    other = write(tmp_path, "other", kind="Wrapper", scale="np.linspace(0, 1, 784)")
    records, kept = save(same, other)
    assert {record.status for record in records.values()} == {"ok"}
    assert "NearestCentroid: loaded again by itself, it predicts other" in kept["other"].reason
    path = kept["same"].path
    assert path == tmp_path / "models/digits/holdout-smoke/same/seed-0.skops"
    assert not read_saved(path).probabilities  # which the wrapper does not offer
    assert type(read(path, "skops")).__name__ == "NearestCentroid"


def test_a_run_that_is_not_ok_has_no_model(save, tmp_path):
    records, kept = save("raises_in_predict", "label_11", "nan_probabilities")
    assert not kept
    assert all(record.status != "ok" for record in records.values())


def test_a_process_can_not_lead_the_suite_out_of_the_folder(save, tmp_path, monkeypatch):
    """The message about the model and what lies in its folder are the plugin's to forge."""
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    forged = f"""
        from pathlib import Path
        from suite.models_io import files
        def forge(model, folder, *rest):
            Path(folder, "model.skops").symlink_to({str(secret)!r})
            return "skops"
        files.write_checked = forge
        """
    link = write(tmp_path, "link", saving="pass")
    link.write_text(link.read_text().replace("return self\n", forged + "return self\n", 1))
    path = write(tmp_path, "path")
    named = forged.replace('return "skops"', 'return "/../../x"')
    path.write_text(path.read_text().replace("return self\n", named + "return self\n", 1))
    records, kept = save(link, path)
    assert {record.status for record in records.values()} == {"ok"}
    assert "no ordinary file" in kept["link"].reason
    assert "unknown format '/../../x'" in kept["path"].reason
    assert secret.read_text() == "not yours"


def test_a_note_says_what_was_not_saved(tmp_path, sweep_of):
    from rich.console import Console

    sweep = sweep_of("fine", save_models=tmp_path / "models")
    console = Console(width=200, record=True, file=io.StringIO())
    with open_store(tmp_path / "results") as store, SweepProgress(console) as shown:
        list(execute(sweep, store, shown))
    told = console.export_text()
    assert "model not saved: Model is of none of the libraries" in told
    assert shown.models == []
