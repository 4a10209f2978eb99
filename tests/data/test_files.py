from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from suite.data import files
from suite.errors import DataError


def test_the_cache_is_where_the_variable_says(home: Path) -> None:
    assert files.cache_dir() == home / "cache"


def test_a_relative_cache_stays_where_it_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_CACHE_DIR", "here")
    before = files.cache_dir()
    assert before == home / "work" / "here"


def test_the_cache_is_the_users_otherwise(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_CACHE_DIR", "")
    assert files.cache_dir().name == "fashion-mnist-suite"
    assert files.cache_dir().is_absolute()


def test_a_cache_in_a_home_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_CACHE_DIR", "~nobody-of-this-name/cache")
    with pytest.raises(DataError, match="there is no such home"):
        files.cache_dir()


def test_an_error_while_writing_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "array.npy"
    path.write_text("old")

    def fail() -> None:
        with files.replacing(path) as partial:
            partial.write_text("ne")
            assert path.read_text() == "old"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_who_has_the_old_file_open_keeps_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "array.npy"
    path.write_text("old")
    with path.open() as stream:
        with files.replacing(path) as partial:
            partial.write_text("new")
        assert stream.read() == "old"
    assert path.read_text() == "new"


def test_a_killed_writer_leaves_nothing_under_the_final_name(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from suite.data.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as partial:\n"
        "    partial.write_text('half')\n"
        "    os._exit(9)\n"
    )
    path = tmp_path / "array.npy"
    root = Path(files.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=root)
    assert done.returncode == 9
    assert not path.exists()


def test_written_arrays_are_what_numpy_reads(tmp_path: Path) -> None:
    array = np.arange(48, dtype=np.uint8).reshape(2, 4, 6)
    files.write_array(tmp_path / "new" / "array.npy", array[:, ::2])
    np.testing.assert_array_equal(np.load(tmp_path / "new" / "array.npy"), array[:, ::2])


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="set SUITE_CACHE_DIR to a folder that can be written"):
        files.write_array(tmp_path / "file" / "array.npy", np.zeros(3, dtype=np.uint8))
