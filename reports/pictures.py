"""Test images as PNG: one inside a page, or a sheet of them all beside it.

PNG is the W3C's recommendation "Portable Network Graphics", third edition. A grey picture needs
three of its chunks, and a library of pictures is no dependency of reports.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY = 0
# Images across a sheet.
COLUMNS = 100


def inline(image: Picture) -> str:
    """An image as the address of an `<img>`: grey, uint8 (rows, columns)."""
    return "data:image/png;base64," + base64.b64encode(encode(image, 8)).decode()


def sheet(images: Picture) -> bytes:
    """A PNG with all images side by side, 100 in a row.

    In 16 shades of grey, which half the size: 2.1 MB for the test images of Fashion-MNIST, 1.0 MB
    for MNIST's.

    Args:
        images: uint8, (n, rows, columns), an even number of columns.
    """
    count, height, width = images.shape
    columns = min(COLUMNS, max(count, 1))
    rows = -(-count // columns)
    filled = np.zeros((rows * columns, height, width), np.uint8)
    filled[:count] = images
    tiles = filled.reshape(rows, columns, height, width).swapaxes(1, 2)
    return encode(tiles.reshape(rows * height, columns * width), 4)


def encode(picture: Picture, bits: int) -> bytes:
    """A picture as a PNG file; equal pictures give equal bytes with one version of zlib.

    Args:
        picture: Grey, black as 0: uint8, (rows, columns); an even number of columns with 4 bits.
        bits: 8 for all 256 shades of grey, 4 for 16.
    """
    height, width = picture.shape
    header = struct.pack(">IIBBBBB", width, height, bits, _GREY, 0, 0, 0)
    if bits == 4:
        shades = ((picture.astype(np.uint16) * 15 + 127) // 255).astype(np.uint8)
        picture = shades[:, 0::2] * np.uint8(16) + shades[:, 1::2]
    # Each row begins with the number of its filter: none.
    rows = np.pad(picture, ((0, 0), (1, 0))).tobytes()
    # Runs of background are most of what can be packed; looking for more takes seven times as long
    # and gains 3 %.
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    packed = packer.compress(rows) + packer.flush()
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
