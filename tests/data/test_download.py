from __future__ import annotations

import dataclasses
import gzip
import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from suite.data import datasets, download, sources
from suite.errors import DataError


class Mirrors:
    """A server on loopback whose first path component picks how it misbehaves."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.asked: list[str] = []
        mirrors = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirrors.asked.append(self.path)
                _, manner, name = self.path.split("/")
                body = gzip.compress(files[name.removesuffix(".gz")], mtime=0)
                length = len(body)
                if manner == "missing":
                    self.send_error(404)
                    return
                if manner == "garbage":
                    body = b"<html>Sign in to the network</html>"
                    length = len(body)
                elif manner == "truncated":
                    body = body[:-100]
                elif manner == "silently-truncated":
                    body = body[:-100]
                    length = len(body)
                elif manner == "endless":
                    body = bytes(1_000_000)
                    length = len(body)
                elif manner == "other":
                    body = gzip.compress(files["t10k-images-idx3-ubyte"])
                    length = len(body)
                self.send_response(200)
                if manner == "unpacking":
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def address(self, manner: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{manner}/"


@pytest.fixture
def mirrors(small: Any, home: Path) -> Iterator[Mirrors]:
    running = Mirrors(small.files)
    yield running
    running.server.shutdown()
    running.server.server_close()
    running.thread.join()


def with_mirrors(small: Any, *addresses: str) -> Any:
    return dataclasses.replace(small.info, mirrors=addresses)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    "manner", ["missing", "garbage", "truncated", "silently-truncated", "endless", "other"]
)
def test_the_next_mirror_is_tried(home: Path, small: Any, mirrors: Mirrors, manner: str) -> None:
    info = with_mirrors(small, mirrors.address(manner), mirrors.address("good"))
    file = info.files[0]
    found = sources.obtain(info, file, None)
    assert found.data == small.files[file.name]
    assert found.path == home / "cache/small" / f"{file.name}.gz"
    assert names(home / "cache/small") == [f"{file.name}.gz"]
    assert len(mirrors.asked) == 2


def test_the_first_good_mirror_is_enough(home: Path, small: Any, mirrors: Mirrors) -> None:
    info = with_mirrors(small, mirrors.address("good"), mirrors.address("missing"))
    sources.obtain(info, info.files[0], None)
    assert mirrors.asked == [f"/good/{info.files[0].name}.gz"]


def test_a_server_that_unpacks_on_the_way(home: Path, small: Any, mirrors: Mirrors) -> None:
    info = with_mirrors(small, mirrors.address("unpacking"))
    for _ in range(2):  # the second time from the cache
        assert sources.obtain(info, info.files[0], None).data == small.files[info.files[0].name]
    assert len(mirrors.asked) == 1


def test_no_good_mirror_leaves_nothing_and_gives_each_reason(
    home: Path, small: Any, mirrors: Mirrors
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://localhost:{unused.getsockname()[1]}/"
        manners = ("missing", "garbage", "truncated", "endless")
        info = with_mirrors(small, closed, *map(mirrors.address, manners))
        with pytest.raises(DataError) as raised:
            sources.obtain(info, info.files[0], None)
    message = str(raised.value)
    for reason in (
        "localhost: no connection",
        "127.0.0.1: HTTP status 404",
        "expected the IDX magic number 2051 (images), found",
        "more than 112,608 bytes were sent",
    ):
        assert reason in message
    assert names(home / "cache/small") == []


def test_asking_again_fetches_only_what_is_missing(
    home: Path, small: Any, mirrors: Mirrors
) -> None:
    good = with_mirrors(small, mirrors.address("good"))
    sources.obtain(good, good.files[0], None)
    with pytest.raises(DataError):
        datasets.prepare(with_mirrors(small, mirrors.address("missing")))
    mirrors.asked.clear()
    dataset = datasets.prepare(good)
    assert mirrors.asked == [f"/good/{file.name}.gz" for file in good.files[1:]]
    assert dataset.images("train").shape == (30, 28, 28)


def test_an_interrupted_download_leaves_nothing(home: Path, small: Any, mirrors: Mirrors) -> None:
    def interrupt(name: str, received: int, total: int) -> None:
        raise KeyboardInterrupt

    info = with_mirrors(small, mirrors.address("good"))
    with pytest.raises(KeyboardInterrupt):
        sources.obtain(info, info.files[0], None, interrupt)
    assert names(home / "cache/small") == []


def test_what_a_killed_download_left_is_removed_in_time(
    home: Path, small: Any, mirrors: Mirrors
) -> None:
    folder = home / "cache/small"
    folder.mkdir(parents=True)
    for name, age_hours in ((".partial-old", 25), (".partial-in-use", 1)):
        (folder / name).write_bytes(b"half a file")
        then = time.time() - age_hours * 3600
        os.utime(folder / name, (then, then))
    info = with_mirrors(small, mirrors.address("good"))
    sources.obtain(info, info.files[0], None)
    assert names(folder) == [".partial-in-use", f"{info.files[0].name}.gz"]


def test_a_broken_file_in_the_cache_is_fetched_again(
    home: Path, small: Any, mirrors: Mirrors
) -> None:
    info = with_mirrors(small, mirrors.address("good"))
    path = sources.obtain(info, info.files[0], None).path
    path.write_bytes(path.read_bytes()[:-50])
    assert sources.obtain(info, info.files[0], None).data == small.files[info.files[0].name]
    assert len(mirrors.asked) == 2


def test_progress_is_told(home: Path, small: Any, mirrors: Mirrors) -> None:
    told: list[tuple[str, int, int]] = []
    info = with_mirrors(small, mirrors.address("good"))
    path = sources.obtain(
        info,
        info.files[0],
        None,
        lambda name, received, total: told.append((name, received, total)),
    ).path
    length = path.stat().st_size
    assert told[-1] == (info.files[0].name, length, length)


def test_a_folder_that_cannot_be_made(home: Path, small: Any, mirrors: Mirrors) -> None:
    (home / "cache").write_text("a file")
    info = with_mirrors(small, mirrors.address("good"))
    with pytest.raises(DataError, match=r"can't be written .* set SUITE_CACHE_DIR"):
        sources.obtain(info, info.files[0], None)


def test_a_failing_check_removes_the_download(home: Path, small: Any, mirrors: Mirrors) -> None:
    def refuse(path: Path, url: str) -> None:
        raise DataError(f"{url} is refused")

    info = with_mirrors(small, mirrors.address("good"))
    with pytest.raises(DataError, match="is refused"):
        download.download(info, info.files[0], home / "cache", refuse)
    assert names(home / "cache") == []
