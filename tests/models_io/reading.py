"""Reads models in a process of its own, which a library that a file confuses may end."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from suite.errors import ModelError
from suite.models_io.files import read
from tests.fuzzing import check_told, quick

LONGEST_SECONDS = 30.0
CRASHED = "crashed"


def outcome(path: Path, format_: str) -> str:
    """What came of reading a model: "read" or "refused"; anything else fails the test."""
    try:
        with quick(LONGEST_SECONDS):
            model = read(path, format_)
    except ModelError as error:
        check_told(error, lines=1, remedy=False)
        return "refused"
    assert callable(model.predict)
    return "read"


class Reader:
    """A process that reads one model after the other; another is started where one died."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    def __call__(self, path: Path, format_: str) -> str:
        """What `outcome` says, or `CRASHED`."""
        try:
            return self._pool.submit(outcome, path, format_).result()
        except BrokenProcessPool:
            self.close()
            self._start()
            return CRASHED

    def close(self) -> None:
        self._pool.shutdown()
