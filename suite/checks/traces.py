"""What a plugin opens that is closed to it, and what it leaves: files, processes and text."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

from suite.data.files import cache_dir
from suite.data.known import DATASETS
from suite.data.sources import places
from suite.source_hash import PROJECT_ROOT

MOST_PATHS = 1_000
MOST_READS = 20
# A process that was told to end needs a moment.
ENDING_SECONDS = 1.0
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# Event of the interpreter -> which of its arguments names what is made.
_EVENTS = {"open": 0, "os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1}
# The same -> which of them names what is read, listed, or could be read under another name.
_READ_EVENTS = {"open": 0, "os.listdir": 0, "os.scandir": 0, "os.rename": 0, "os.link": 0}
_NO_FILES = ("/dev/", "/proc/", "/sys/")
# Wherever they lie, in a folder that nobody named: the last are the digits that trials are about.
_DATA_FILES = {
    *(file.name for info in DATASETS.values() for file in info.files),
    *(f"{file.name}.gz" for info in DATASETS.values() for file in info.files),
    *(info.keras for info in DATASETS.values() if info.keras.endswith(".npz")),
    "digits.csv.gz",
}


def closed_places() -> dict[str, str]:
    """Beginnings of the paths that no model may open, and what lies there.

    For the suite's own process: a trial has other folders.

    Raises:
        DataError: `$SUITE_DATA_DIR` is no folder.
    """
    given = os.environ.get("SUITE_DATA_DIR")
    closed = {Path(given).expanduser(): "data: SUITE_DATA_DIR"} if given else {}
    closed[cache_dir()] = "the suite's cache"
    for info in DATASETS.values():
        closed |= {place.path: f"data: {place.label}" for place in places(info)}
    closed |= {folder / "results": "records" for folder in (PROJECT_ROOT, Path.cwd())}
    scratch = f"{_folder(tempfile.gettempdir())}suite-"
    return {_folder(path): label for path, label in closed.items()} | {scratch: "another run"}


def closed_as(path: str, closed: Mapping[str, str], open_: Iterable[str]) -> str:
    """What of the closed places a path belongs to; empty if it is open to models.

    Args:
        path: As `os.path.realpath` has it.
        closed: As `closed_places` has it.
        open_: Beginnings of paths that are open, unless a longer one is closed: libraries, say.
    """
    found = {**closed, **dict.fromkeys(open_, "")}
    around = [beginning for beginning in found if f"{path}/".startswith(beginning)]
    what = found[max(around, key=len)] if around else ""
    return what or ("a dataset's file" if Path(path).name in _DATA_FILES else "")


def _folder(path: str | Path) -> str:
    return f"{os.path.realpath(path).rstrip('/')}/"


class Traces:
    """Gives this process a folder of its own, and notes what it opens that is closed to it.

    What it writes elsewhere is noted, too.
    """

    def __init__(
        self, folder: Path, plugin: Path | None = None, closed: Mapping[str, str] | None = None
    ) -> None:
        """Change the working, temporary and home folders of this process, for good.

        Args:
            folder: An empty folder.
            plugin: The plugin's file.
            closed: As `closed_places` has it; None if what is read does not matter.
        """
        self._folder = folder.resolve()
        self._written: set[str] = set()
        self._plugin = plugin.resolve() if plugin else None
        self._closed = closed
        self._read: dict[tuple[str, str, int | None], None] = {}
        for name in ("work", "tmp", "home"):
            (self._folder / name).mkdir()
        sys.path[:] = [str(Path(place).absolute()) for place in sys.path]
        os.chdir(self._folder / "work")
        os.environ["TMPDIR"] = tempfile.tempdir = str(self._folder / "tmp")
        os.environ["HOME"] = str(self._folder / "home")
        sys.dont_write_bytecode = True
        own = (self._folder, *([self._plugin] if self._plugin else ()))
        self._open = tuple(map(_folder, (*sys.path, sys.prefix, sys.base_prefix, *own)))
        sys.addaudithook(self._hear)

    def take_reads(self) -> list[dict[str, Any]]:
        """What was opened since this was last asked: path, what it is, line of the plugin."""
        found, self._read = self._read, {}
        return [{"path": path, "what": what, "line": line} for path, what, line in found]

    def files(self) -> list[str]:
        """What was written and is still there; settings and caches of libraries do not count."""
        home = self._folder / "home"
        inside = {str(path) for path in self._folder.glob("*/**/*")}
        found = sorted(path for path in inside | self._written if Path(path).exists())
        return [self._shown(path) for path in found if not self._is_library_s(Path(path), home)]

    def _is_library_s(self, path: Path, home: Path) -> bool:
        hidden = path.is_relative_to(home) and path.relative_to(home).parts[0].startswith(".")
        return hidden or str(path).startswith(_NO_FILES) or "__pycache__" in path.parts

    def _shown(self, path: str) -> str:
        inside = Path(path).is_relative_to(self._folder)
        return str(Path(path).relative_to(self._folder)) if inside else path

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _READ_EVENTS and self._closed is not None and len(self._read) < MOST_READS:
            self._note_read(arguments[_READ_EVENTS[event]])
        if event not in _EVENTS or len(self._written) >= MOST_PATHS:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
            return
        path = arguments[_EVENTS[event]]
        if isinstance(path, str | bytes):
            with suppress(OSError):  # the working folder is gone
                self._written.add(str(Path(os.fsdecode(path)).absolute()))

    def _note_read(self, path: object) -> None:
        """The event comes before the file is opened: that it is refused makes no difference."""
        if not isinstance(path, str | bytes):  # a descriptor, whose file was opened before
            return
        with suppress(OSError, ValueError):  # the working folder is gone; it has a null byte
            real = os.path.realpath(os.fsdecode(path))
            what = closed_as(real, self._closed or {}, self._open)
            if what:
                self._read[real, what, self._line()] = None

    def _line(self) -> int | None:
        """The innermost line of the plugin's file that this thread is at."""
        frame: FrameType | None = sys._getframe()
        while self._plugin and frame:
            name = frame.f_code.co_filename
            if self._plugin.name in name and os.path.realpath(name) == str(self._plugin):
                return frame.f_lineno
            frame = frame.f_back
        return None


def processes_left() -> list[str] | None:
    """Names of the processes that this one started, and their children, that do not end.

    Orphans go to the guard above this process, so that its children count. None where this
    process may not list them.
    """
    deadline = time.monotonic() + ENDING_SECONDS
    while (left := _others()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _others() -> list[str] | None:
    names = []
    try:
        found = psutil.Process(os.getppid()).children(recursive=True)
    except (psutil.Error, OSError):
        return None
    for process in found:
        try:
            if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                names.append(f"{process.name()} (process {process.pid})")
        except psutil.Error:
            continue
    return names


class Listener(io.TextIOWrapper):
    """Standard output that counts what is written to it and keeps the beginning.

    Attributes:
        characters: How many were written.
        beginning: The first of them.
    """

    KEPT = 200

    def __init__(self, stream: Any) -> None:
        """Write to the descriptor of another text stream."""
        binary = open(stream.fileno(), "wb", closefd=False)  # noqa: SIM115  # open as long as this
        super().__init__(binary, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        self.characters = 0
        self.beginning = ""

    def write(self, text: str, /) -> int:
        """As of any text stream."""
        self.characters += len(text)
        self.beginning += text[: self.KEPT - len(self.beginning)]
        return super().write(text)

    @property
    def facts(self) -> dict[str, Any]:
        """As it travels between processes."""
        return {"characters": self.characters, "beginning": self.beginning}
