from __future__ import annotations

import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from suite.data import idx
from suite.errors import DataError

IMAGES = np.arange(3 * 784, dtype=np.uint32).astype(np.uint8).reshape(3, 28, 28)
LABELS = np.array([3, 0, 9], dtype=np.uint8)


def mutations(data: bytes) -> st.SearchStrategy[bytes]:
    """The bytes with some replaced, cut off, or added."""

    def change(edits: list[tuple[int, int]], end: int, extra: bytes) -> bytes:
        changed = bytearray(data)
        for position, value in edits:
            changed[position] = value
        return bytes(changed[:end]) + extra

    # Most positions are in the values, where little can go wrong: prefer the header.
    position = st.one_of(st.integers(0, 20), st.integers(0, len(data) - 1)).map(
        lambda p: min(p, len(data) - 1)
    )
    return st.builds(
        change,
        st.lists(st.tuples(position, st.integers(0, 255)), max_size=4),
        st.one_of(st.just(len(data)), st.integers(0, len(data))),
        st.one_of(st.just(b""), st.binary(max_size=8)),
    )


@given(hnp.arrays(np.uint8, st.tuples(st.integers(0, 4), st.just(28), st.just(28))))
def test_images_come_back(images: np.ndarray) -> None:
    data = idx.encode(images)
    assert len(data) == idx.size(images.shape)
    np.testing.assert_array_equal(idx.decode_images(data, "here"), images)


@given(hnp.arrays(np.uint8, st.integers(0, 50), elements=st.integers(0, 9)))
def test_labels_come_back(labels: np.ndarray) -> None:
    data = idx.encode(labels)
    assert len(data) == idx.size(labels.shape)
    np.testing.assert_array_equal(idx.decode_labels(data, "here"), labels)


@given(mutations(idx.encode(IMAGES)))
def test_changed_images_decode_or_are_refused(data: bytes) -> None:
    try:
        images = idx.decode_images(data, "here")
    except DataError:
        return
    assert idx.encode(images) == data


@given(mutations(idx.encode(LABELS)))
def test_changed_labels_decode_or_are_refused(data: bytes) -> None:
    try:
        labels = idx.decode_labels(data, "here")
    except DataError:
        return
    assert idx.encode(labels) == data
    assert (labels <= 9).all()


@given(mutations(gzip.compress(idx.encode(IMAGES), mtime=0)))
def test_changed_gzip_streams_unpack_or_are_refused(data: bytes) -> None:
    try:
        unpacked = idx.gunzip(data, 5_000, "here")
    except DataError:
        return
    assert len(unpacked) <= 5_000


def test_decoded_arrays_are_read_only() -> None:
    images, labels = idx.decode_pair(idx.encode(IMAGES), idx.encode(LABELS), ("i", "l"))
    assert not images.flags.writeable
    assert not labels.flags.writeable


def test_labels_in_place_of_images() -> None:
    with pytest.raises(
        DataError, match=r"^here: expected .* 2051 \(images\), found 2049 \(labels\)"
    ):
        idx.decode_images(idx.encode(LABELS), "here")


def test_no_idx_file_at_all() -> None:
    with pytest.raises(DataError, match=r"magic number 2049 \(labels\), found 1013478509"):
        idx.decode_labels(b"<html>404 not found</html>", "here")


@pytest.mark.parametrize("length", [0, 3])
def test_too_short_for_a_magic_number(length: int) -> None:
    with pytest.raises(DataError, match=f"the file has only {length} bytes"):
        idx.decode_images(idx.encode(IMAGES)[:length], "here")


@pytest.mark.parametrize("length", [4, 9, 15])
def test_truncated_header(length: int) -> None:
    with pytest.raises(DataError, match=f"truncated within the header, at byte {length}"):
        idx.decode_images(idx.encode(IMAGES)[:length], "here")


def test_truncated_body() -> None:
    with pytest.raises(
        DataError, match=r"truncated: the header says 3 x 28 x 28 .* 2,368 .* 2,367"
    ):
        idx.decode_images(idx.encode(IMAGES)[:-1], "here")


def test_overlong_body() -> None:
    with pytest.raises(DataError, match=r"too long: the header says 3 values, so 11 bytes .* 12"):
        idx.decode_labels(idx.encode(LABELS) + b"\0", "here")


def test_images_of_another_size() -> None:
    with pytest.raises(DataError, match="expected images of 28 x 28 pixels, found 8 x 98"):
        idx.decode_images(idx.encode(IMAGES.reshape(3, 8, 98)), "here")


@pytest.mark.parametrize("shape", [(2**32 - 1, 2**32 - 1, 0), (0, 2**32 - 1, 2**32 - 1)])
def test_dimensions_that_no_array_can_have(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="expected images of 28 x 28 pixels, found"):
        idx.decode_images(idx.header(shape), "here")


def test_label_over_nine() -> None:
    with pytest.raises(DataError, match="expected labels 0 to 9, found 10 at index 1"):
        idx.decode_labels(idx.encode(np.array([3, 10, 12], dtype=np.uint8)), "here")


def test_counts_that_differ() -> None:
    with pytest.raises(DataError, match="3 images in first and 2 labels in second"):
        idx.decode_pair(idx.encode(IMAGES), idx.encode(LABELS[:2]), ("first", "second"))


def test_encode_refuses_other_types() -> None:
    with pytest.raises(DataError, match="expected an array of uint8, got float64"):
        idx.encode(np.zeros(3))  # type: ignore[arg-type]


def test_gzip_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(100_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="unpacks to more than 1,000,000 bytes"):
            idx.gunzip(bomb, 1_000_000, "here")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_gzip_stream_of_exactly_the_limit() -> None:
    assert idx.gunzip(gzip.compress(b"x" * 100), 100, "here") == b"x" * 100


@pytest.mark.parametrize("cut", [5, 30, -1])
def test_truncated_gzip(cut: int) -> None:
    packed = gzip.compress(idx.encode(IMAGES))
    with pytest.raises(DataError, match="here: broken gzip stream"):
        idx.gunzip(packed[:cut], 5_000, "here")


def test_gzip_with_a_wrong_check_sum() -> None:
    packed = bytearray(gzip.compress(idx.encode(IMAGES)))
    packed[-8] ^= 1
    with pytest.raises(DataError, match=r"broken gzip stream \(CRC check failed"):
        idx.gunzip(bytes(packed), 5_000, "here")
