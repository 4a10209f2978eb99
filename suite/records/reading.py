"""Reads a record's files without being held up or filled by what only looks like them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LARGEST_JSON = 4 * 2**20
LARGEST_ARCHIVE = 16 * 2**20


def read_regular(path: Path, most: int) -> bytes:
    """The content of a regular file, or of one that a link leads to.

    Args:
        path: The file.
        most: Bytes that it may have.

    Raises:
        OSError: It can't be read.
        ValueError: It is a device, a pipe or a folder, or is larger.
    """
    # The other end of a pipe is not waited for, and what it is is asked of the open file.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("not a regular file")
        if found.st_size > most:
            size = f"{found.st_size:,} bytes"
            raise ValueError(f"{size}, which is more than the {most:,} that are read")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)
