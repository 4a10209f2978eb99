"""The project's own records: what is committed stays readable, in its place and unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite.data.datasets import load
from suite.protocol.rules import preset_named, protocol_named
from suite.protocol.splits import make_split
from suite.records.store import read

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture(scope="module")
def committed():
    return read(RESULTS)


def test_every_record_is_valid_and_would_be_written_as_it_is(committed):
    assert committed.runs
    assert not committed.damaged
    changed = [
        run.path for run in committed.runs if run.record.to_json().encode() != run.path.read_bytes()
    ]
    assert not changed


@pytest.mark.real_data
def test_the_splits_of_the_records_are_made_as_they_were(committed, data_dir):
    splits = {}
    for run in committed.runs:
        key = run.record.key
        splits[key.dataset, key.protocol, key.preset, key.seed, key.fold] = run.record
    for (name, protocol, preset, seed, fold), record in splits.items():
        dataset = load(name, data_dir)
        rules = protocol_named(protocol), preset_named(preset)
        tested = len(dataset.labels("test"))
        split = make_split(dataset.labels("train"), tested, *rules, seed, fold)
        assert split.sha256 == record.split_hash, record.key
        assert len(split.train) == record.train_images
