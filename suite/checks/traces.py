"""What a plugin leaves behind: files, processes, and text on standard output."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from suite.runner.memory import descendants

MOST_PATHS = 1_000
# A process that was told to end needs a moment.
ENDING_SECONDS = 1.0
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# Event of the interpreter -> which of its arguments names what is made.
_EVENTS = {"open": 0, "os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1}
_NO_FILES = ("/dev/", "/proc/", "/sys/")


class Traces:
    """Gives this process a folder of its own to work in, and notes what it writes elsewhere."""

    def __init__(self, folder: Path) -> None:
        """Change the working, temporary and home folders of this process, for good.

        Args:
            folder: An empty folder.
        """
        self._folder = folder.resolve()
        self._written: set[str] = set()
        for name in ("work", "tmp", "home"):
            (self._folder / name).mkdir()
        sys.path[:] = [str(Path(place).absolute()) for place in sys.path]
        os.chdir(self._folder / "work")
        os.environ["TMPDIR"] = tempfile.tempdir = str(self._folder / "tmp")
        os.environ["HOME"] = str(self._folder / "home")
        sys.dont_write_bytecode = True
        sys.addaudithook(self._hear)

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
        if event not in _EVENTS or len(self._written) >= MOST_PATHS:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
            return
        path = arguments[_EVENTS[event]]
        if isinstance(path, str | bytes):
            with suppress(OSError):  # the working folder is gone
                self._written.add(str(Path(os.fsdecode(path)).absolute()))


def processes_left() -> list[str]:
    """Names of the processes that this one started, and their children, that do not end.

    Orphans go to the guard above this process, so that its children count.
    """
    deadline = time.monotonic() + ENDING_SECONDS
    while (left := _others()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _others() -> list[str]:
    names = []
    for process in descendants(psutil.Process(os.getppid())):
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
