from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suite.data.datasets import prepare
from suite.data.known import DATASETS
from suite.data.status import survey


def test_nothing_there(home: Path, small: Any) -> None:
    states = survey(small.info)
    assert [state.file for state in states] == [file.name for file in small.info.files]
    for state in states:
        assert not state.ok
        assert state.path is state.place is None
        assert state.problems == ()
        assert str(home / "cache/small") in state.looked


def test_found_files_are_named_with_their_place(home: Path, small: Any) -> None:
    folder = small.write(home / "data/Small/raw")
    for state, file in zip(survey(small.info), small.info.files, strict=True):
        assert state.ok
        assert state.place == "torchvision"
        assert state.path == str(folder / f"{file.name}.gz")


def test_decoded_arrays_come_before_other_tools_files(home: Path, small: Any) -> None:
    small.write(home / "data/Small/raw")
    cache = prepare(small.info).folder
    states = survey(small.info)
    assert {state.place for state in states} == {"the suite's cache"}
    assert states[0].path == str(cache / "train-images.npy")


def test_a_given_folder_comes_before_the_decoded_arrays(home: Path, small: Any) -> None:
    folder = small.write(home / "given")
    prepare(small.info, folder)
    assert {state.place for state in survey(small.info, folder)} == {"--data-dir"}


def test_a_wrong_file_in_a_given_folder_is_not_ok(home: Path, small: Any) -> None:
    folder = small.write(home / "given")
    prepare(small.info, folder)
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(b"<html>")
    states = survey(small.info, folder)
    assert [state.ok for state in states] == [True, False, True, True]
    assert "expected the IDX magic number" in states[1].problems[0]


def test_a_wrong_file_elsewhere_is_a_problem_but_not_the_end(home: Path, small: Any) -> None:
    wrong = small.write(home / ".keras/datasets/small") / "train-labels-idx1-ubyte.gz"
    wrong.write_bytes(b"<html>")
    small.write(home / "data/Small/raw")
    state = survey(small.info)[1]
    assert state.ok
    assert state.place == "torchvision"
    assert str(wrong) in state.problems[0]


def test_a_damaged_array_in_the_cache_is_a_problem(home: Path, small: Any) -> None:
    small.write(home / "data/Small/raw")
    path = prepare(small.info).images_path("train")
    path.write_bytes(b"")
    state = survey(small.info)[0]
    assert state.ok
    assert state.place == "torchvision"
    assert state.problems == (f"{path} is damaged; it is made again when it is needed.",)


def test_digits_before_and_after_their_first_use(home: Path) -> None:
    digits = DATASETS["digits"]
    assert {(s.ok, s.place, s.path) for s in survey(digits)} == {(True, "scikit-learn", None)}
    prepare(digits)
    assert {state.place for state in survey(digits)} == {"the suite's cache"}


@pytest.mark.real_data
def test_real_sets_are_ok(data_dir: Path, home: Path) -> None:
    for name in ("fashion", "mnist"):
        assert all(state.ok for state in survey(DATASETS[name], data_dir))
