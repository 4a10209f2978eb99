"""What lies in a results folder under a record's name, and is none."""

from __future__ import annotations

import os

import pytest

from suite.records.store import open_store, read


@pytest.mark.parametrize("suffix", [".json", ".npz"])
@pytest.mark.parametrize("kind", ["pipe", "endless", "large", "folder"])
def test_what_only_looks_like_a_record_is_damage(tmp_path, make_run, suffix, kind):
    with open_store(tmp_path / "r") as store:
        path = store.add(*make_run()).with_suffix(suffix)
        store.add(*make_run(seed=1))
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "endless":
        path.symlink_to("/dev/zero")
    elif kind == "large":
        path.touch()
        os.truncate(path, 2**34)
    else:
        path.mkdir()
    contents = read(tmp_path / "r")
    assert [run.record.seed for run in contents.runs] == [1]
    (damage,) = contents.damaged
    told = "17,179,869,184 bytes, which is more than" if kind == "large" else "not a regular file"
    assert told in damage.reason


def test_a_link_to_a_record_is_read(tmp_path, make_run):
    with open_store(tmp_path / "r") as store:
        path = store.add(*make_run())
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    assert len(read(tmp_path / "r").runs) == 1
