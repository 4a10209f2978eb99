"""Downloads of published files, from the first mirror that gives the right bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from suite.data import idx
from suite.data.files import replacing
from suite.data.known import DatasetInfo, IdxFile
from suite.errors import DataError

Progress = Callable[[str, int, int], None]
"""Is called with a file's name, the bytes received, and the bytes in all (0: not known)."""

_CHUNK_BYTES = 1 << 16
# Seconds to connect, and between two packets.
_TIMEOUT = (10, 60)


def download(
    info: DatasetInfo,
    file: IdxFile,
    folder: Path,
    check: Callable[[Path, str], object],
    progress: Progress | None = None,
) -> Path:
    """Fetches a packed file from the mirrors in turn.

    The file gets its final name only once it is whole and checked: a download that was cut short
    leaves nothing, and asking again fetches only what is missing.

    Args:
        info: The dataset.
        file: Which of its files.
        folder: Where the file goes.
        check: Is called with the path of what was received and its address, and raises DataError
            if that is not the right file.
        progress: Is told how the download gets on.

    Returns:
        The path of the file.

    Raises:
        DataError: No mirror gave the right file, each with its reason; or the folder can't be
            written.
    """
    failures: list[str] = []
    final = folder / f"{file.name}.gz"
    with replacing(final) as partial:
        for mirror in info.mirrors:
            url = f"{mirror.rstrip('/')}/{file.name}.gz"
            try:
                _fetch(url, partial, file, progress)
                check(partial, url)
            # requests' errors are OSErrors; a malformed address is a ValueError.
            except (OSError, ValueError, DataError) as error:
                failures.append(_reason(url, error))
            else:
                break
        else:
            tried = "; ".join(failures) or "no mirror is known"
            raise DataError(f"It could not be downloaded: {tried}.")
    return final


def _fetch(url: str, path: Path, file: IdxFile, progress: Progress | None) -> None:
    from pooch import HTTPDownloader

    # Twice the unpacked size: more is no such file, however it is packed.
    meter = _Meter(file.name, 2 * idx.size(file.shape) + _CHUNK_BYTES, progress)
    fetch = HTTPDownloader(progressbar=meter, chunk_size=_CHUNK_BYTES, timeout=_TIMEOUT)
    fetch(url, str(path), None)


def _reason(url: str, error: Exception) -> str:
    """One line for people: requests' own messages nest those of three libraries."""
    from requests import ConnectionError as Unreachable
    from requests import HTTPError, Timeout

    host = urlsplit(url).hostname or url
    if isinstance(error, HTTPError) and error.response is not None:
        return f"{host}: HTTP status {error.response.status_code}"
    if isinstance(error, Timeout):
        return f"{host}: no answer in time"
    if isinstance(error, Unreachable):
        return f"{host}: no connection"
    return str(error).rstrip(".") if isinstance(error, DataError) else f"{host}: {error}"


class _Meter:
    """Counts the bytes of a download, in the form of a progress bar as pooch wants it.

    Raises DataError from `update` once more came than the file can have.
    """

    def __init__(self, name: str, limit: int, progress: Progress | None) -> None:
        self.total = 0  # set by pooch
        self._name = name
        self._limit = limit
        self._progress = progress
        self._received = 0

    def update(self, received: int) -> None:
        self._received += received
        if self._received > self._limit:
            raise DataError(f"{self._name}: more than {self._limit:,} bytes were sent.")
        if self._progress is not None:
            # pooch counts whole chunks.
            received_so_far = min(self._received, self.total or self._received)
            self._progress(self._name, received_so_far, self.total)

    def reset(self) -> None:
        self._received = 0

    def close(self) -> None:
        """Nothing to do: pooch calls it at the end."""
