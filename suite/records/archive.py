"""Writes npz files, and reads them as `numpy.load` does, in less than half its time.

A report reads thousands of archives of the same few shapes, and `numpy.load` takes longer to parse
their headers, each a Python literal, than to unpack what follows.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SUFFIX = ".npy"
# A member's own header, of which only the signature and the lengths of name and extra are of use:
# its sizes may be missing, and the directory has them (APPNOTE.TXT of PKWARE, 4.3.7).
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_SIGNATURE = b"PK\x03\x04"
_ENCRYPTED = 1
_RAW_DEFLATE = -15
# Of all arrays: far more than a run predicts, and little enough to hold in memory.
_LARGEST_BYTES = 2**28
# What numpy writes unless a header is very long: magic string, version 1.0, length of the rest.
_MAGIC = b"\x93NUMPY\x01\x00"
_PREFIX_BYTES = len(_MAGIC) + 2


def pack_archive(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """An npz file of some arrays; equal arrays give equal bytes.

    It is not compressed: predictions hardly repeat, so that unpacking them would take longer than
    all other reading of a record, for less than half the size
    (`docs/decisions/0007-arrays-as-they-are.md`).

    Args:
        arrays: The arrays by name.
    """
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def read_archive(content: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an npz file, by name; they are read-only.

    Args:
        content: The file.

    Raises:
        ValueError: It is no zip file, is damaged, or holds what is not an array or is one of Python
            objects.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
        if sum(member.file_size for member in members) > _LARGEST_BYTES:
            raise zipfile.BadZipFile(f"unpacks to more than {_LARGEST_BYTES:,} bytes")
        return {
            member.filename.removesuffix(_SUFFIX): parse_array(_unpack(content, member))
            for member in members
        }
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, struct.error) as error:
        raise ValueError(str(error)) from error


def _unpack(content: bytes, member: zipfile.ZipInfo) -> bytes:
    """A part of a zip file; `ZipFile.read` reads it piece by piece, which takes half as long again.

    Args:
        content: The file.
        member: The part as the file's directory describes it.
    """
    signature, name_length, extra_length = _LOCAL_HEADER.unpack_from(content, member.header_offset)
    start = member.header_offset + _LOCAL_HEADER.size + name_length + extra_length
    packed = memoryview(content)[start : start + member.compress_size]
    if signature != _SIGNATURE or member.flag_bits & _ENCRYPTED:
        raise zipfile.BadZipFile(f"bad header of {member.filename!r}")
    if member.compress_type == zipfile.ZIP_DEFLATED:
        # No further than the size that is given, which a few bytes can exceed a thousandfold.
        unpacked = zlib.decompressobj(_RAW_DEFLATE).decompress(packed, member.file_size + 1)
    elif member.compress_type == zipfile.ZIP_STORED:
        unpacked = bytes(packed)
    else:
        raise NotImplementedError(f"compression method {member.compress_type} is not supported")
    if len(unpacked) != member.file_size or zlib.crc32(unpacked) != member.CRC:
        raise zipfile.BadZipFile(f"bad CRC-32 or size of {member.filename!r}")
    return unpacked


def parse_array(content: bytes) -> NDArray[Any]:
    """The array of an npy file.

    Args:
        content: The file.

    Raises:
        ValueError: It is not an array, or one of Python objects.
    """
    try:
        return _parse(content)
    except ValueError:
        raise
    except Exception as error:  # NumPy raises whatever a broken header makes it meet
        raise ValueError(f"no array ({type(error).__name__}: {error})") from error


def _parse(content: bytes) -> NDArray[Any]:
    length = int.from_bytes(content[len(_MAGIC) : _PREFIX_BYTES], "little")
    start = _PREFIX_BYTES + length
    if content.startswith(_MAGIC) and start < len(content):
        shape, by_columns, dtype = _header(content[len(_MAGIC) : start])
        if not by_columns and not dtype.hasobject:
            return np.frombuffer(content, dtype, offset=start).reshape(shape)
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    array.setflags(write=False)
    return array


@lru_cache(maxsize=256)
def _header(content: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and data type; `content` begins with its length."""
    return np.lib.format.read_array_header_1_0(io.BytesIO(content))
