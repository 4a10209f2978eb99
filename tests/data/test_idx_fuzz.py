"""Whatever lies in the place of a dataset's file, it is that or is refused, in little memory."""

from __future__ import annotations

import gzip
import json
import shutil
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.data import idx, sources
from suite.data.datasets import prepare
from suite.data.status import survey
from suite.errors import DataError
from tests.fuzzing import JUNK, check_told, fuzzed, hostile_npy, mangle, npy, quick

MIB = 2**20
NUMBERS = st.integers(0, 2**32 - 1) | st.sampled_from([0, 1, 28, 2**31 - 1, 2**31, 2**32 - 1])


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """The start of an IDX file of any type and dimensions, with few values or none."""
    magic = draw(st.sampled_from([b"\0\0\x08", b"\0\0\x0d", b"\0\x08\0"]) | st.binary(max_size=3))
    shape = draw(st.lists(NUMBERS, max_size=4) | st.tuples(*[NUMBERS] * 3) | st.tuples(NUMBERS))
    count = draw(st.just(len(shape)) | st.integers(0, 255))
    return (magic + bytes([count]) + b"".join(n.to_bytes(4, "big") for n in shape)
            + draw(st.binary(max_size=900)))  # fmt: skip


def spoilt(data: st.DataObject, original: bytes, other: bytes) -> bytes:
    """What may lie in a file's place: the file itself, a part of it, or something else."""
    content = data.draw(st.sampled_from([original, other]) | st.binary(max_size=300) | headers())
    if data.draw(st.booleans()):
        content = mangle(data, content)
    if data.draw(st.booleans()):
        content = b"".join(gzip.compress(part, 1, mtime=0)
                           for part in (content, *data.draw(st.lists(st.binary(max_size=9),
                                                                     max_size=2))))  # fmt: skip
        if data.draw(st.booleans()):
            content = mangle(data, content)
    end = data.draw(st.none() | st.integers(0, len(content)))
    return content[:end] + data.draw(st.just(b"") | st.binary(max_size=20))


@fuzzed()
@given(data=st.data())
def test_a_file_of_any_bytes_is_the_right_one_or_is_refused(
    home: Path, small: Any, data: st.DataObject
) -> None:
    file = data.draw(st.sampled_from(small.info.files))
    other = data.draw(st.sampled_from(sorted(small.files)))
    path = home / data.draw(st.sampled_from([file.name, f"{file.name}.gz"]))
    path.write_bytes(spoilt(data, small.files[file.name], small.files[other]))
    try:
        with quick():
            found = sources.read(path, small.info, file)
    except DataError as error:
        check_told(error, names=path)
        return
    assert found == small.files[file.name]


@fuzzed()
@given(content=headers())
def test_any_header_decodes_or_is_refused(content: bytes) -> None:
    for decode in (idx.decode_images, idx.decode_labels):
        try:
            array = decode(content, "here")
        except DataError as error:
            check_told(error)
        else:
            assert idx.encode(array) == content


@fuzzed()
@given(data=st.data())
def test_a_folder_with_any_files_is_the_dataset_or_is_refused(
    home: Path, small: Any, data: st.DataObject
) -> None:
    shutil.rmtree(home / "cache", ignore_errors=True)
    shutil.rmtree(home / "given", ignore_errors=True)
    folder = small.write(home / "given", packed=data.draw(st.booleans()))
    if data.draw(st.booleans()):  # it was loaded before
        prepare(small.info, folder)
    there = (*(home / "given").rglob("*"), *(home / "cache").rglob("*"))
    names = sorted(path.relative_to(home) for path in there if path.is_file())
    for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3)):
        # A note of a check holds a time, which would make other cases of the same draws.
        is_note = name.suffix == ".json"
        original = b'{"path": "a", "size": 1}' if is_note else (home / name).read_bytes()
        (home / name).write_bytes(
            json.dumps(data.draw(JUNK)).encode() if data.draw(st.booleans())
            else spoilt(data, original, original)
        )  # fmt: skip
    for state in survey(small.info, folder):
        assert all(problem.isprintable() for problem in state.problems)
    try:
        dataset = prepare(small.info, folder)
    except DataError as error:
        check_told(error, names=folder)
        return
    for file in small.info.files:
        array = dataset.images(file.part) if file.kind == "images" else dataset.labels(file.part)
        assert idx.encode(array) == small.files[file.name]


@fuzzed()
@given(data=st.data(), method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_an_archive_of_any_bytes_is_the_right_one_or_is_refused(
    home: Path, small: Any, data: st.DataObject, method: int
) -> None:
    file = data.draw(st.sampled_from(small.info.files))
    decode = idx.decode_images if file.kind == "images" else idx.decode_labels
    array = decode(small.files[file.name], "")
    content = npy(data.draw(st.sampled_from([array, array[:1], array * 2.0])))
    if data.draw(st.booleans()):
        content = data.draw(hostile_npy()) if data.draw(st.booleans()) else mangle(data, content)
    path = home / "small.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(f"{file.npz_key}.npy", content)
    if data.draw(st.booleans()):
        path.write_bytes(mangle(data, path.read_bytes()))
    try:
        with quick():
            found = sources.read(path, small.info, file)
    except DataError as error:
        check_told(error, names=path)
        return
    assert found == small.files[file.name]


@pytest.fixture(scope="module")
def member() -> bytes:
    """A gzip stream of a few KiB that unpacks to 8 MiB."""
    return gzip.compress(bytes(8 * MIB), 9, mtime=0)


@fuzzed(cost=10)
@given(count=st.integers(6, 5_000), front=st.binary(max_size=40))
def test_a_gzip_bomb_of_any_size_takes_no_memory_to_speak_of(
    home: Path, small: Any, member: bytes, count: int, front: bytes
) -> None:
    file = small.info.files[0]
    path = home / file.name
    path.write_bytes(gzip.compress(front, mtime=0) + member * count)  # up to 40 GiB
    with most_memory(250 * MIB), quick(), pytest.raises(DataError) as refused:
        sources.read(path, small.info, file)
    check_told(refused.value)


class most_memory:  # noqa: N801
    """Fails where Python holds more than so many bytes more than before at any time."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __enter__(self) -> None:
        tracemalloc.start()

    def __exit__(self, *_: object) -> None:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < self.most, f"{peak / MIB:.0f} MiB"
