"""The lock of a results folder: one writer at a time."""

from __future__ import annotations

import sys
from pathlib import Path

from suite.errors import StoreError


def take_lock(descriptor: int, folder: Path, option: str) -> None:
    """Lock an open file until it is closed; the kernel does so however its process ends.

    Args:
        descriptor: The file.
        folder: The folder that it stands for.
        option: The option that names it, for the message.

    Raises:
        StoreError: Another process holds the lock.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StoreError(
            f"another run is writing to {folder}; wait for it to end or choose another {option}"
        ) from error
