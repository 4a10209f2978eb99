"""The suite from Python."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys

import pandas as pd
import pytest

import suite
from suite import api
from suite.errors import UsageError


def test_the_examples_of_the_documentation_are_true(tmp_path):
    finder = doctest.DocTestFinder(recurse=True)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    shared = {"folder": str(tmp_path / "results")}
    examples = 0
    for function in (api.run, api.results, api.leaderboard):  # each builds on the one before
        for test in finder.find(function, globs=dict(shared)):
            outcome = runner.run(test)
            assert outcome.failed == 0
            examples += outcome.attempted
    assert examples == 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory, fakes):
    folder = tmp_path_factory.mktemp("results")
    models = ["nearest_centroid", str(fakes / "fine.py"), str(fakes / "raises_in_fit.py")]
    records = list(suite.run("digits", models, preset="smoke", seeds=[3, 5], results=folder,
                             progress=False, timeout="1m", memory="4GB"))  # fmt: skip
    assert len(records) == 6
    return folder


def test_run_yields_records_and_does_nothing_twice(folder):
    again = suite.run("digits", "nearest_centroid", preset="smoke", seeds=[3, 5], results=folder,
                      progress=False)  # fmt: skip
    assert list(again) == []


def test_results_have_a_row_a_run(folder):
    frame = suite.results(folder)
    assert len(frame) == 6
    assert sorted(set(frame.seed)) == [3, 5]
    ok = frame[frame.status == "ok"]
    assert ok.accuracy.between(0, 1).all()
    assert (ok.images == 360).all()
    failed = frame[frame.model == "raises_in_fit"]
    assert failed.accuracy.isna().all()
    assert failed.error.str.contains("did not converge").all()


def test_the_leaderboard_has_a_row_a_model(folder):
    frame = suite.leaderboard(folder)
    assert frame.model.tolist() == ["nearest_centroid", "fine", "raises_in_fit"]
    nb = frame.iloc[0]
    means = suite.results(folder).groupby("model").accuracy.mean()
    assert nb.accuracy_mean == pytest.approx(means["nearest_centroid"])
    assert nb.seeds == [3, 5]
    assert frame.failed.tolist() == [0, 0, 2]
    assert pd.isna(frame.accuracy_mean[2])


def test_a_damaged_record_is_left_out_with_a_warning(folder, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    path = copy / "digits/holdout-smoke/fine/seed-3.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"threads": 2}))
    with pytest.warns(UserWarning, match=r"seed-3\.json"):
        assert len(suite.results(copy)) == 5


def test_training_sizes_are_taken_as_numbers_or_as_text(tmp_path):
    for sizes in ([100, 400], "400,100"):
        records = list(suite.run("digits", "nearest_centroid", seeds=1, train_sizes=sizes,
                                 results=tmp_path / str(sizes), progress=False))  # fmt: skip
        assert {(r.preset, r.train_images) for r in records} == {
            ("standard-n100", 100), ("standard-n400", 400)
        }  # fmt: skip
    with pytest.raises(UsageError, match="is no number of training images"):
        suite.run("digits", "nearest_centroid", train_sizes=0, results=tmp_path)


def test_bad_arguments_are_refused(tmp_path):
    with pytest.raises(UsageError):
        suite.run("digits", seeds=0)
    with pytest.raises(UsageError, match="unknown dataset"):
        next(suite.run("digit", results=tmp_path, progress=False))


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, suite; print([m for m in sys.modules if m.split('.')[0] == 'suite'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['suite']"
