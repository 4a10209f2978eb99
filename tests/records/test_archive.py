"""Reading npz files: what numpy reads, and nothing that is damaged."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from suite.records.archive import pack_archive, parse_array, read_archive

DTYPES = st.sampled_from(["|u1", "<u2", ">u2", "<i8", "<f4", "<f8", "|b1", "<U3"]).map(np.dtype)
ARRAYS = st.builds(
    lambda array, by_columns: np.asfortranarray(array) if by_columns else array,
    DTYPES.flatmap(
        lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=0, min_side=0))
    ),
    st.booleans(),
)


def packed(save: Any, **arrays: np.ndarray) -> bytes:
    content = io.BytesIO()
    save(content, **arrays)
    return content.getvalue()


def example(save: Any = np.savez_compressed) -> bytes:
    labels = np.arange(1_000) % 10
    return packed(save, predictions=labels.astype(np.uint8), confidence=labels.astype(np.uint16))


@given(
    st.dictionaries(st.from_regex("[a-z]{1,8}", fullmatch=True), ARRAYS, max_size=3),
    st.sampled_from([np.savez, np.savez_compressed]),
)
def test_what_numpy_writes_is_read_as_numpy_reads_it(arrays, save):
    arrays.pop("file", None)  # an argument of savez
    content = packed(save, **arrays)
    read = read_archive(content)
    with np.load(io.BytesIO(content), allow_pickle=False) as expected:
        assert set(read) == set(expected.files)
        for name, array in read.items():
            assert (array.dtype, array.shape) == (expected[name].dtype, expected[name].shape)
            np.testing.assert_array_equal(array, expected[name])
            assert not array.flags.writeable


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), ARRAYS))
def test_what_is_packed_is_read_back_and_the_same_every_time(arrays):
    content = pack_archive(arrays)
    assert content == pack_archive(arrays)
    read = read_archive(content)
    assert set(read) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_changed_byte_is_refused_or_changes_no_array(save):
    content = example(save)
    expected = {array.tobytes() for array in read_archive(content).values()}
    refused = 0
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 0x15
        try:
            read = read_archive(bytes(changed))
        except ValueError:
            refused += 1
            continue
        # A name or a date may have changed, or one be gone: the sum in the record tells that.
        assert {array.tobytes() for array in read.values()} <= expected
    assert refused > len(content) / 2


@pytest.mark.parametrize("length", [0, 1, 30, 200, -30, -1])
def test_a_file_that_was_cut_off_is_refused(length):
    with pytest.raises(ValueError, match=r"."):
        read_archive(example()[:length])


def test_python_objects_are_refused():
    content = packed(np.savez_compressed, predictions=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        read_archive(content)


def test_what_is_no_array_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("predictions.npy", b"0123456789")
    with pytest.raises(ValueError, match="magic"):
        read_archive(content.getvalue())


def test_an_unknown_way_of_packing_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("predictions.npy", b"0123456789")
    with pytest.raises(ValueError, match="method 12"):
        read_archive(content.getvalue())


def test_an_array_shorter_or_longer_than_its_header_says_is_refused():
    file = io.BytesIO()
    np.save(file, np.arange(10, dtype=np.uint8))
    for content in (file.getvalue()[:-1], file.getvalue() + b"\x00"):
        with pytest.raises(ValueError, match="reshape"):
            parse_array(content)


def header(fields: str) -> bytes:
    content = fields.encode()
    return b"\x93NUMPY\x01\0" + len(content).to_bytes(2, "little") + content


@pytest.mark.parametrize(
    "fields",
    [
        f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({10**30},)}}",
        f"{{'descr': '|u1', 'fortran_order': True, 'shape': ({10**15},)}}",
        f"{{'descr': '|u1', 'fortran_order': True, 'shape': ({10**30},)}}",
        "-" * 9_000 + "1",
        "(" * 9_000,
        "{'a':\n  1\n 2",
        "'",
    ],
    ids=["too large", "too large for memory", "too large by columns", "deep", "nested", "indented",
         "open"],
)  # fmt: skip
def test_a_header_that_says_nonsense_is_refused(fields):
    with pytest.raises(ValueError):  # noqa: PT011 - NumPy's own words
        parse_array(header(fields) + b"\0" * 9)


def test_arrays_that_would_not_fit_into_memory_together_are_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(5):
            archive.writestr(f"{n}.npy", bytes(60 * 2**20))
    with pytest.raises(ValueError, match="unpacks to more than 268,435,456 bytes"):
        read_archive(content.getvalue())
