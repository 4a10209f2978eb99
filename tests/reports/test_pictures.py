"""PNG files, read back by Pillow."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reports.pictures import COLUMNS, inline, sheet

Image = pytest.importorskip("PIL.Image")


def read(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        assert picture.mode == "L"
        return np.asarray(picture)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_a_picture_is_read_as_it_was_written(picture: np.ndarray) -> None:
    address = inline(picture)
    assert np.array_equal(read(base64.b64decode(address.partition(",")[2])), picture)
    assert address.startswith("data:image/png;base64,")


@pytest.mark.parametrize("count", [1, 7, COLUMNS, COLUMNS + 1, 3 * COLUMNS])
def test_each_image_has_its_place_on_the_sheet_in_sixteen_shades(count: int) -> None:
    images = np.random.default_rng(count).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    read_back = read(sheet(images))
    columns = min(COLUMNS, count)
    assert read_back.shape[1] == 28 * columns
    for place, image in enumerate(images):
        top, left = 28 * (place // columns), 28 * (place % columns)
        tile = read_back[top : top + 28, left : left + 28].astype(int)
        assert np.abs(tile - image).max() <= 9
