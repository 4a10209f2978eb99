"""The made-up records are what the store would have written."""

from __future__ import annotations

from itertools import islice

import pytest

from benchmarks.synthetic import SEEDS, entries, write_records
from suite.data.datasets import load
from suite.records.store import open_store, read
from suite.stats.scoring import score_all


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write_records(folder, 2 * SEEDS + 3, [load("digits")])
    return folder


def test_they_are_whole_and_score_as_models_do(results):
    contents = read(results)
    assert (len(contents.runs), contents.damaged) == (2 * SEEDS + 3, ())
    scored, damaged = score_all(contents.runs)
    assert damaged == ()
    assert all(0.8 < one.accuracy < 1 for one in scored)


def test_the_store_writes_the_same_files(results, tmp_path):
    with open_store(tmp_path) as store:
        for run in read(results).runs:
            store.add(run.record, run.arrays)
    for path in results.glob("*/*/*/*"):
        assert (tmp_path / path.relative_to(results)).read_bytes() == path.read_bytes()


def test_no_two_entries_have_one_name():
    names = [(entry.model, entry.variant) for entry in islice(entries(), 300)]
    assert len(set(names)) == 300
