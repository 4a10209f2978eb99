"""Whatever is in a picture's file, it becomes 28 x 28 pixels or is refused in a line, at once."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.errors import PictureError
from suite.images_in import read_picture
from tests.fuzzing import check_told, fuzzed, mangle, quick

Image = pytest.importorskip("PIL.Image")

MIB = 2**20
SIDES = st.sampled_from([28, 29, 40, 100]) | st.sampled_from(
    [0, 27, 2**14 + 1, 1_700_000, 2**31, 2**32 - 1]
)
NAMES = b"tEXt zTXt iTXt eXIf iCCP PLTE tRNS gAMA cHRM sRGB pHYs tIME acTL fcTL fdAT IHDR IDAT IEND"
KINDS = st.sampled_from(NAMES.split()) | st.binary(min_size=4, max_size=4)
TIFF = st.sampled_from([b"", b"Exif\0\0"]).flatmap(lambda front: st.binary(max_size=60).map(
    lambda rest: front + b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0" + rest))  # fmt: skip
BOMB = zlib.compress(bytes(16 * MIB), 9)


def check(path: Path) -> None:
    try:
        with quick():
            picture = read_picture(path)
    except PictureError as error:
        check_told(error, lines=1)
        return
    assert picture.pixels.shape == (28, 28)
    assert picture.pixels.dtype == np.uint8
    assert all(note.isprintable() for note in picture.notes)


@fuzzed()
@given(data=st.data(), kind=st.sampled_from(["PNG", "JPEG"]),
       mode=st.sampled_from(["L", "RGB", "P", "1", "CMYK", "RGBA", "I;16"]))  # fmt: skip
def test_a_damaged_picture_is_read_or_refused(
    tmp_path: Path, data: st.DataObject, kind: str, mode: str
) -> None:
    pixels = np.arange(60 * 90, dtype=np.uint16).reshape(60, 90)
    image = Image.fromarray(pixels if mode == "I;16" else pixels.astype(np.uint8))
    if mode != "I;16":
        image = image.convert(mode)
    buffer = io.BytesIO()
    try:
        image.save(buffer, format=kind)
    except OSError:  # the format has no such mode
        image.convert("RGB").save(buffer, format=kind)
    content = mangle(data, buffer.getvalue())
    path = tmp_path / "damaged"
    path.write_bytes(content[: data.draw(st.none() | st.integers(0, len(content)))])
    check(path)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(
        ">I", zlib.crc32(kind + content)
    )  # fmt: skip


@st.composite
def pngs(draw: st.DrawFn) -> bytes:
    """A PNG whose sums are right, and whose chunks are any in any order."""
    width, height = draw(SIDES), draw(SIDES)
    depth, colour = (
        draw(st.sampled_from([1, 2, 4, 8, 16, 3])),
        draw(st.sampled_from([0, 2, 3, 4, 6, 1])),
    )
    rest = draw(st.sampled_from([bytes(3), bytes([0, 0, 1])]) | st.binary(min_size=3, max_size=3))
    header = struct.pack(">IIBB", width, height, depth, colour) + rest
    content = (
        st.binary(max_size=60)
        | TIFF
        | st.sampled_from(
            [
                b"name\0\0" + BOMB,
                b"name\0\1\0\0\0" + BOMB,
                struct.pack(">II", 2**31, 0),
                bytes(26),
                bytes(768),
            ]
        )
    )
    others = draw(st.lists(st.builds(chunk, KINDS, content), max_size=4))
    pixels = zlib.compress(
        draw(st.binary(max_size=100)) + bytes(draw(st.sampled_from([0, 90_000])))
    )
    main = [chunk(b"IHDR", header), *others, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    if draw(st.booleans()):
        main = draw(st.permutations(main))
    return b"\x89PNG\r\n\x1a\n" + b"".join(main)


@fuzzed()
@given(content=pngs())
def test_a_png_of_any_chunks_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.png"
    path.write_bytes(content)
    check(path)


@fuzzed()
@given(
    sides=st.tuples(*[st.sampled_from([0, 1, 28, 40, 2**14 + 1, 2**16 - 1])] * 2),
    segments=st.lists(
        st.tuples(st.sampled_from(b"\xe0\xe1\xe2\xed\xee\xfe\xdb\xc4\xc0\xc2\xdd"),
                  st.binary(max_size=40) | TIFF.map(lambda tiff: b"Exif\0\0" + tiff)),
        max_size=4,
    ),
    data=st.data(),
)  # fmt: skip
def test_a_jpeg_of_any_segments_is_read_or_refused(
    tmp_path: Path, sides: tuple[int, int], segments: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.arange(1600, dtype=np.uint16).astype(np.uint8).reshape(40, 40)).save(
        buffer, format="JPEG", progressive=data.draw(st.booleans())
    )
    content = buffer.getvalue()
    if data.draw(st.booleans()):  # other sides than there are pixels for
        frame = max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2")) + 5
        content = content[:frame] + struct.pack(">HH", *sides) + content[frame + 4 :]
    front = b"".join(b"\xff" + bytes([kind]) + struct.pack(">H", len(body) + 2) + body
                     for kind, body in segments)  # fmt: skip
    path = tmp_path / "odd.jpg"
    path.write_bytes(content[:2] + front + content[2:])
    check(path)
