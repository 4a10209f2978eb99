from __future__ import annotations

import dataclasses
import gzip
import logging
import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from suite.data import idx, sources
from suite.data.digits import make_digits
from suite.data.known import DATASETS
from suite.errors import DataError

# Folders of the small dataset below the home, by the place they belong to, in search order.
FOLDERS = {
    "--data-dir": "given/small",
    "--data-dir itself": "given",
    "SUITE_DATA_DIR": "named/small",
    "cache": "cache/small",
    "Keras": ".keras/datasets/small",
    "torchvision, working directory": "work/data/Small/raw",
    "torchvision, home": "data/Small/raw",
    "torchvision, own": ".torchvision/Small/raw",
    "Debian": "debian/small",
}


def npz(path: Path, small: Any) -> Path:
    """An archive as Keras keeps it."""
    arrays = {}
    for file in small.info.files:
        decode = idx.decode_images if file.kind == "images" else idx.decode_labels
        arrays[file.npz_key] = decode(small.files[file.name], "")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    return path


@pytest.fixture
def everywhere(home: Path, small: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The small dataset in every place where it is looked for."""
    for folder in FOLDERS.values():
        small.write(home / folder)
    monkeypatch.setenv("SUITE_DATA_DIR", str(home / "named"))
    return dataclasses.replace(small.info, debian=str(home / "debian/small"))


def test_places_are_tried_in_order(home: Path, everywhere: Any) -> None:
    file = everywhere.files[0]
    for folder in FOLDERS.values():
        found = sources.obtain(everywhere, file, home / "given")
        assert found.path == home / folder / f"{file.name}.gz"
        found.path.unlink()
    with pytest.raises(DataError, match="no mirror is known"):
        sources.obtain(everywhere, file, home / "given")


@pytest.mark.parametrize("packed", [True, False])
def test_packed_and_unpacked_files_count(home: Path, small: Any, packed: bool) -> None:
    folder = small.write(home / "files", packed)
    for file in small.info.files:
        assert sources.obtain(small.info, file, folder).data == small.files[file.name]


def test_an_unpacked_file_with_the_name_of_a_packed_one(home: Path, small: Any) -> None:
    file = small.info.files[0]
    (home / f"{file.name}.gz").write_bytes(small.files[file.name])
    assert sources.obtain(small.info, file, home).data == small.files[file.name]


def test_archive_of_keras(home: Path, small: Any) -> None:
    info = dataclasses.replace(small.info, keras="small.npz")
    path = npz(home / ".keras/datasets/small.npz", small)
    for file in info.files:
        assert sources.obtain(info, file, None) == sources.Found(path, small.files[file.name])


def test_keras_home_is_followed(home: Path, small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small.write(home / "elsewhere/datasets/small")
    monkeypatch.setenv("KERAS_HOME", str(home / "elsewhere"))
    assert sources.obtain(small.info, small.info.files[0], None).path.parent == folder


def test_another_dataset_is_called_by_its_name(home: Path) -> None:
    digits = idx.encode(make_digits()["train", "images"])
    path = home / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(digits))
    fashion = DATASETS["fashion"]
    with pytest.raises(DataError, match=r"gz is Digits .* not Fashion-MNIST\. Put the files of"):
        sources.obtain(fashion, fashion.files[0], home)


def test_train_and_test_mixed_up(home: Path) -> None:
    made = make_digits()
    digits = DATASETS["digits"]
    path = home / "t10k-labels-idx1-ubyte"
    path.write_bytes(idx.encode(made["train", "labels"]))
    with pytest.raises(
        DataError,
        match=r"ubyte is train-labels-idx1-ubyte of Digits .*, not t10k-labels-idx1-ubyte",
    ):
        sources.read(path, digits, digits.files[3])


def test_unknown_bytes_name_both_sums_and_the_path(home: Path, small: Any) -> None:
    file = small.info.files[0]
    data = bytearray(small.files[file.name])
    data[100] ^= 1
    path = home / file.name
    path.write_bytes(data)
    with pytest.raises(
        DataError, match=rf"^{re.escape(str(path))} is not .* is [0-9a-f]{{64}}, .*{file.sha256}"
    ):
        sources.read(path, small.info, file)


def test_a_broken_file_says_how(home: Path, small: Any) -> None:
    file = small.info.files[0]
    path = home / file.name
    path.write_bytes(small.files[file.name][:-10])
    with pytest.raises(DataError, match="truncated: the header says 30 x 28 x 28"):
        sources.read(path, small.info, file)


def test_a_gzip_bomb_is_refused(home: Path, small: Any) -> None:
    path = home / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(bytes(60_000_000), compresslevel=1))
    with pytest.raises(DataError, match="unpacks to more than 47,040,016 bytes"):
        sources.read(path, small.info, small.info.files[0])


@pytest.mark.parametrize("place", ["--data-dir", "--data-dir itself", "SUITE_DATA_DIR"])
def test_a_wrong_file_in_a_named_folder_is_an_error(
    home: Path, everywhere: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    file = everywhere.files[0]
    data_dir = home / "given" if place.startswith("--data-dir") else None
    if place == "--data-dir itself":
        (home / "given/small" / f"{file.name}.gz").unlink()
    wrong = home / FOLDERS[place] / f"{file.name}.gz"
    wrong.write_bytes(b"<html>")
    with pytest.raises(DataError, match=f"{re.escape(str(wrong))}: expected the IDX magic number"):
        sources.obtain(everywhere, file, data_dir)


def test_a_wrong_file_elsewhere_is_reported_and_passed_over(
    home: Path, small: Any, caplog: pytest.LogCaptureFixture
) -> None:
    file = small.info.files[0]
    wrong = small.write(home / FOLDERS["Keras"]) / f"{file.name}.gz"
    wrong.write_bytes(b"<html>")
    good = small.write(home / FOLDERS["torchvision, home"]) / f"{file.name}.gz"
    with caplog.at_level(logging.WARNING, logger="suite"):
        assert sources.obtain(small.info, file, None).path == good
    assert str(wrong) in caplog.text


def test_nothing_found_names_every_place_and_the_ways_out(
    home: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("given", "named"):
        (home / name).mkdir()
    monkeypatch.setenv("SUITE_DATA_DIR", str(home / "named"))
    wrong = small.write(home / FOLDERS["Keras"]) / "train-images-idx3-ubyte.gz"
    wrong.write_bytes(b"<html>")
    with pytest.raises(DataError) as raised:
        sources.obtain(small.info, small.info.files[0], home / "given")
    message = str(raised.value)
    for name, folder in FOLDERS.items():
        expected = "/nowhere/small" if name == "Debian" else str(home / folder)
        assert expected in message
    for text in (f"{wrong}: expected the IDX", "--data-dir", "dataset-small", "--datasets digits"):
        assert text in message
    assert message.count("\n") == 1


def test_a_package_that_does_not_exist_is_not_advised(home: Path) -> None:
    mnist = dataclasses.replace(DATASETS["mnist"], mirrors=())
    with pytest.raises(DataError) as raised:
        sources.obtain(mnist, mnist.files[0], None)
    assert "Debian" not in str(raised.value)


@pytest.mark.parametrize("way", ["option", "variable"])
def test_a_named_folder_that_does_not_exist(
    home: Path, small: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    missing = home / "mising"
    if way == "variable":
        monkeypatch.setenv("SUITE_DATA_DIR", str(missing))
    label = "--data-dir" if way == "option" else "SUITE_DATA_DIR"
    with pytest.raises(
        DataError, match=f"^{label}: expected a folder, and {re.escape(str(missing))}"
    ):
        sources.obtain(small.info, small.info.files[0], missing if way == "option" else None)


@pytest.mark.parametrize("name", ["~nobody-of-this-name", "x" * 300])
def test_a_named_folder_that_can_t_be(home: Path, small: Any, name: str) -> None:
    with pytest.raises(DataError, match="--data-dir: expected a folder"):
        sources.obtain(small.info, small.info.files[0], Path(name))


def test_a_variable_that_is_empty_names_no_folder(
    home: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUITE_DATA_DIR", "")
    assert not any(place.given for place in sources.places(small.info))


def test_an_archive_that_lacks_an_array(home: Path, small: Any) -> None:
    path = home / "small.npz"
    np.savez(path, x_train=np.zeros(3))
    with pytest.raises(DataError, match="with the array y_train, which can't be read"):
        sources.read(path, small.info, small.info.files[1])


def test_an_archive_never_unpickles(home: Path, small: Any) -> None:
    path = home / "small.npz"
    np.savez(path, x_train=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="Object arrays cannot be loaded"):
        sources.read(path, small.info, small.info.files[0])


def test_an_array_larger_than_expected_is_not_unpacked(home: Path, small: Any) -> None:
    path = home / "small.npz"
    np.savez_compressed(path, x_train=np.zeros((100_000, 28, 28), dtype=np.uint8))
    with pytest.raises(DataError, match="the array x_train, which can't be read"):
        sources.read(path, small.info, small.info.files[0])


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_would_unpack_to_gigabytes_at_once(
    home: Path, small: Any, method: int
) -> None:
    path = home / "small.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("x_train.npy", bytes(64 * 2**20))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="the array x_train, which can't be read"):
            sources.read(path, small.info, small.info.files[0])
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.real_data
def test_real_sets_in_each_others_place(data_dir: Path) -> None:
    fashion, mnist = DATASETS["fashion"], DATASETS["mnist"]
    for file in fashion.files:
        path = data_dir / "mnist" / f"{file.name}.gz"
        with pytest.raises(DataError, match=r"is MNIST \(.*\), not Fashion-MNIST"):
            sources.read(path, fashion, file)
    swapped = data_dir / "mnist/t10k-images-idx3-ubyte.gz"
    with pytest.raises(DataError, match="is t10k-images-idx3-ubyte of MNIST, not train-images"):
        sources.read(swapped, mnist, mnist.files[0])
    longer = data_dir / "mnist/train-images-idx3-ubyte.gz"
    with pytest.raises(DataError, match="is train-images-idx3-ubyte of MNIST, not t10k-images"):
        sources.read(longer, mnist, mnist.files[2])


@pytest.mark.real_data
def test_archive_of_keras_with_the_real_set(
    data_dir: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mnist = DATASETS["mnist"]
    arrays = {}
    for file in mnist.files:
        data = sources.read(data_dir / "mnist" / f"{file.name}.gz", mnist, file)
        decode = idx.decode_images if file.kind == "images" else idx.decode_labels
        arrays[file.npz_key] = decode(data, "")
    path = home / ".keras/datasets/mnist.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, **arrays)
    for file in mnist.files:
        assert sources.obtain(mnist, file, None).path == path
