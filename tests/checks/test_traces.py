"""What is closed to models, and what a trial says of it."""

from __future__ import annotations

import os
import tempfile

import psutil
import pytest

from suite.checks import traces
from suite.checks.trial import _said
from suite.errors import DataError
from suite.source_hash import PROJECT_ROOT


@pytest.fixture
def closed(tmp_path, monkeypatch):
    """Two folders: the user's data, which lie in the home, and the working folder."""
    for name in ("home", "home/data", "work", "cache"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("SUITE_DATA_DIR", str(tmp_path / "home" / "data"))
    monkeypatch.setenv("SUITE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    return traces.closed_places()


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("{tmp}/home/data", "data: SUITE_DATA_DIR"),
        ("{tmp}/home/data/emnist/labels", "data: SUITE_DATA_DIR"),
        ("{tmp}/home/.keras/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz", "data: Keras"),
        ("{tmp}/home/.keras/datasets/mnist.npz", "data: Keras"),
        ("{tmp}/work/data/FashionMNIST/raw/train-labels-idx1-ubyte", "data: torchvision"),
        ("/usr/share/datasets/fashion-mnist", "data: Debian"),
        ("{tmp}/cache/fashion/test-labels.npy", "data: the suite's cache"),
        ("{tmp}/cache", "the suite's cache"),
        ("{tmp}/work/results/fashion", "records"),
        ("{project}/results/mnist/holdout", "records"),
        ("{temporary}/suite-check-other/tmp/x", "another run"),
        ("/anywhere/t10k-labels-idx1-ubyte", "a dataset's file"),
        ("/lib/sklearn/datasets/data/digits.csv.gz", "a dataset's file"),
        ("{tmp}/home/data/venv/lib/x.py", ""),
        ("{tmp}/home/database", ""),
        ("{tmp}/home/.keras/keras.json", ""),
        ("{tmp}/work/data", ""),
        ("{project}/suite/contract.py", ""),
        ("{temporary}/suite-check-own/tmp/x", ""),
        ("{temporary}/other", ""),
    ],
)
def test_what_is_closed(closed, tmp_path, path, what):
    temporary = os.path.realpath(tempfile.gettempdir())
    given = path.format(tmp=tmp_path, project=PROJECT_ROOT, temporary=temporary)
    is_open = (f"{PROJECT_ROOT}/", f"{temporary}/suite-check-own/", f"{tmp_path}/home/data/venv/")
    assert traces.closed_as(given, closed, is_open) == what


def test_a_folder_of_data_that_there_is_not(monkeypatch, tmp_path):
    monkeypatch.setenv("SUITE_DATA_DIR", str(tmp_path / "none"))
    with pytest.raises(DataError, match="expected a folder"):
        traces.closed_places()


@pytest.mark.parametrize("error", [psutil.AccessDenied(1), PermissionError(13, "no", "/proc")])
def test_processes_that_can_t_be_listed_are_not_known(monkeypatch, error):
    def refuse(*arguments, **options):
        raise error

    monkeypatch.setattr(psutil.Process, "children", refuse)
    assert traces.processes_left() is None


def test_the_file_behind_an_error_is_named():
    denied = PermissionError(13, "Permission denied", "/data/a")
    assert _said(denied).endswith("Permission denied: '/data/a'; /data/a: closed to models")
    error = RuntimeError("no answers")
    error.__cause__ = denied
    assert _said(error) == "RuntimeError: no answers; /data/a: closed to models"
