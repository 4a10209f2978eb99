from __future__ import annotations

import json
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from suite.data import datasets, idx
from suite.data.datasets import Dataset, load, prepare
from suite.data.known import DATASETS
from suite.errors import DataError, UsageError


def flip_last_byte(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "truncated": lambda data: data[:-1],
    "cut in the header": lambda data: data[:50],
    "too long": lambda data: data + b"\0",
    "a flipped bit": flip_last_byte,
    "another shape": lambda data: data.replace(b"(30,", b"(15,"),
    "another type": lambda data: data.replace(b"|u1", b"|i1"),
    "zeros": lambda data: bytes(len(data)),
}


@pytest.fixture
def folder(home: Path, small: Any) -> Path:
    """A folder given as --data-dir that holds the small dataset."""
    return small.write(home / "given")


def test_arrays_are_those_of_the_files(folder: Path, small: Any) -> None:
    dataset = prepare(small.info, folder)
    assert (dataset.name, dataset.title) == ("small", "Small")
    for file in small.info.files:
        array = dataset.images(file.part) if file.kind == "images" else dataset.labels(file.part)
        assert array.dtype == np.uint8
        assert idx.encode(array) == small.files[file.name]
        assert dataset.sums[file.name] == file.sha256


def test_arrays_are_mapped_read_only(folder: Path, small: Any) -> None:
    dataset = prepare(small.info, folder)
    for array in (dataset.images("train"), dataset.labels("test")):
        assert isinstance(array, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_path_of_the_images(folder: Path, small: Any) -> None:
    dataset = prepare(small.info, folder)
    np.testing.assert_array_equal(np.load(dataset.images_path("test")), dataset.images("test"))


def test_the_files_are_decoded_once(folder: Path, small: Any) -> None:
    dataset = prepare(small.info, folder)
    for path in folder.iterdir():
        path.unlink()
    before = dataset.images_path("train").stat().st_ino
    prepare(small.info)
    assert dataset.images_path("train").stat().st_ino == before


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("kind", ["images", "labels"])
def test_a_damaged_cache_is_noticed_and_rebuilt(
    folder: Path, small: Any, caplog: pytest.LogCaptureFixture, kind: str, damage: str
) -> None:
    path = prepare(small.info, folder).folder / f"train-{kind}.npy"
    good = path.read_bytes()
    path.write_bytes(DAMAGE[damage](good))
    assert path.read_bytes() != good
    with caplog.at_level(logging.WARNING, logger="suite"):
        prepare(small.info, folder)
    assert path.read_bytes() == good
    assert f"{path} is damaged" in caplog.text


def test_a_deleted_array_is_made_again(folder: Path, small: Any) -> None:
    path = prepare(small.info, folder).images_path("test")
    path.unlink()
    prepare(small.info, folder)
    assert path.exists()


def test_an_array_that_vanished_after_loading(folder: Path, small: Any) -> None:
    dataset = prepare(small.info, folder)
    dataset.images_path("test").unlink()
    with pytest.raises(DataError, match=r"test-images\.npy: the decoded array can't be read"):
        dataset.images("test")


def test_a_wrong_given_file_is_refused_though_the_cache_is_good(folder: Path, small: Any) -> None:
    prepare(small.info, folder)
    wrong = folder / "t10k-labels-idx1-ubyte.gz"
    wrong.write_bytes((folder / "train-labels-idx1-ubyte.gz").read_bytes())
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte of Small: the SHA-256"):
        prepare(small.info, folder)


def test_a_given_file_that_was_checked_is_not_unpacked_again(
    folder: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(small.info, folder)
    reads: list[Path] = []
    read = datasets.sources.read

    def counted(path: Path, *rest: Any) -> bytes:
        reads.append(path)
        return read(path, *rest)

    monkeypatch.setattr(datasets.sources, "read", counted)
    prepare(small.info, folder)
    assert reads == []
    touched = folder / "t10k-labels-idx1-ubyte.gz"
    os.utime(touched, (1, 1))
    prepare(small.info, folder)
    assert reads == [touched]


@pytest.mark.parametrize("content", [b"\xff{", b"[" * 100_000])
def test_a_broken_note_of_a_check_does_no_harm(folder: Path, small: Any, content: bytes) -> None:
    cache = prepare(small.info, folder).folder
    for note in cache.glob("*.checked.json"):
        note.write_bytes(content)
    prepare(small.info, folder)
    notes = [json.loads(note.read_bytes()) for note in cache.glob("*.checked.json")]
    assert len(notes) == 4


def test_concurrent_loads_all_succeed(folder: Path, small: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: prepare(small.info, folder), range(16)))
    for dataset in loaded:
        assert idx.encode(dataset.images("train")) == small.files["train-images-idx3-ubyte"]
    assert not list(loaded[0].folder.glob(".partial-*"))


def test_a_dataset_can_be_sent_to_another_process(folder: Path, small: Any) -> None:
    dataset = prepare(small.info, folder)
    assert pickle.loads(pickle.dumps(dataset)) == dataset


def test_digits_need_no_files(home: Path) -> None:
    dataset = load("digits")
    assert dataset.images("train").shape == (1437, 28, 28)
    assert dataset.labels("test").shape == (360,)
    assert dataset.sums == DATASETS["digits"].sums


def test_digits_are_the_enlarged_images_of_scikit_learn(home: Path) -> None:
    from sklearn.datasets import load_digits

    bundled = load_digits()
    image = load("digits").images("test")[0]
    original = bundled.images[1437]
    assert image[:2].max() == image[-2:].max() == image[:, :2].max() == image[:, -2:].max() == 0
    for row, column in ((0, 3), (4, 4), (7, 2)):
        block = image[2 + 3 * row : 5 + 3 * row, 2 + 3 * column : 5 + 3 * column]
        assert (block == round(original[row, column] * 255 / 16)).all()
    np.testing.assert_array_equal(load("digits").labels("test"), bundled.target[1437:])


def test_cached_digits_need_no_scikit_learn(home: Path) -> None:
    load("digits")
    code = "import sys; from suite.data.datasets import load; load('digits'); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(datasets.__file__).parents[2])},
    )
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"sklearn", "scipy", "pooch", "requests"})


def test_unknown_dataset(home: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown dataset 'digit'. Did you mean digits\?"):
        load("digit")


def test_unknown_part(tmp_path: Path) -> None:
    dataset = Dataset(name="none", title="", class_names=(), sums={}, folder=tmp_path)
    with pytest.raises(UsageError, match=r"unknown part 'trian'. Did you mean train\?"):
        dataset.images("trian")


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["fashion", "mnist"])
def test_real_sets(data_dir: Path, home: Path, name: str) -> None:
    # Linux's own figure: a process inherits `ru_maxrss` from the one that started it.
    code = (
        "import re; from pathlib import Path; from suite.data.datasets import load\n"
        f"for _ in range(2): dataset = load({name!r})\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) // 1024)"
    )
    variables = {
        "SUITE_DATA_DIR": str(data_dir),
        "PYTHONPATH": str(Path(datasets.__file__).parents[2]),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **variables},
    )
    assert int(done.stdout) < 300  # MiB at the highest
    dataset = load(name)  # from the cache alone
    assert dataset.images("train").shape == (60_000, 28, 28)
    for part, count in (("train", 60_000), ("test", 10_000)):
        np.testing.assert_array_equal(np.bincount(dataset.labels(part)).sum(), count)
    if name == "fashion":
        np.testing.assert_array_equal(np.bincount(dataset.labels("train")), np.full(10, 6_000))
