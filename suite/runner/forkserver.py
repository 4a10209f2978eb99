"""A process of few threads that has loaded the libraries and forks a guard for each run.

Importing Keras with TensorFlow takes seconds; a fork of a process that has done so takes
milliseconds. `multiprocessing`'s own fork server is not used because its children hold it alive,
import the caller's main module, and must not be started by daemons (see docs/decisions).
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

import psutil

from suite.parents import adopt_orphans
from suite.runner.memory import descendants
from suite.runner.sandbox import remove_tree

# A guard that has lost its pipe needs milliseconds to end its run.
GUARD_SECONDS = 5.0

# Environment variable that all processes below a server carry.
MARK = "SUITE_FORK_SERVER"
FORK = b"f"
END_ORPHANS = b"o"

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from suite.runner.forkserver import serve; "
    "serve(int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4])"
)


class ForkServer:
    """The suite's end: starts the server when it is needed, and anew when it was killed."""

    def __init__(self, preload: Iterable[str], environment: Mapping[str, str]) -> None:
        """Nothing is started yet.

        Args:
            preload: Import names to load before the first fork.
            environment: Environment variables of the server, on top of this process's.
        """
        self._preload = list(preload)
        self._mark = uuid.uuid4().hex
        self._environment = {**os.environ, **environment, MARK: self._mark}
        self._scratch: Path | None = None
        # Its `wait` is psutil's, which holds no lock: an interrupt at a bad moment leaves that of
        # `subprocess` taken for ever.
        self._process: psutil.Popen | None = None
        self._control: socket.socket | None = None

    def fork(self) -> Connection:
        """Start a guard; returns the pipe to it.

        Raises:
            OSError: The server can't be started, twice in a row.
        """
        ours, theirs = Pipe(duplex=True)
        try:
            for attempt in (1, 2):
                control = self._started()
                try:
                    socket.send_fds(control, [FORK], [theirs.fileno()])
                    break
                except OSError:
                    # Killed since the last run; a second failure is the machine's.
                    self.stop()
                    if attempt == 2:
                        raise
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours

    def end_orphans(self) -> None:
        """Have the server kill what is left of runs whose guard was killed."""
        if self._control is not None:
            # A server that was killed too has left them to the system.
            with suppress(OSError):
                self._control.send(END_ORPHANS)

    def stop(self) -> None:
        """End the server and what is left below it; guards at work end when their pipe does."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(2 * GUARD_SECONDS)
            except psutil.TimeoutExpired:  # stopped by a plugin, or still loading libraries
                self._process.kill()
                self._process.wait()
        if self._scratch is not None:  # the server does it too, but may have been killed
            remove_tree(self._scratch)
        self._process = self._control = self._scratch = None

    def close(self) -> None:
        """End the server and everything that was ever started below it.

        What a plugin left after it had killed both its guard and the server has the system for a
        parent; the mark in its environment tells where it came from.
        """
        if self._process is None:
            return
        self.stop()
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == self._mark:
                    process.kill()

    def _started(self) -> socket.socket:
        if self._process is not None and self._process.poll() is None:
            assert self._control is not None
            return self._control
        self.stop()
        self._control, theirs = socket.socketpair()
        self._scratch = Path(tempfile.mkdtemp(prefix="suite-")).resolve()
        arguments = [json.dumps(sys.path), str(theirs.fileno()), json.dumps(self._preload),
                     str(self._scratch)]  # fmt: skip
        with theirs:
            # Keras reads a file of settings from its home, by which results must not differ.
            self._process = psutil.Popen(
                [sys.executable, "-c", _START, *arguments],
                env={**self._environment, "KERAS_HOME": str(self._scratch / "keras")},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._control


def serve(descriptor: int, preload: list[str], scratch: str) -> None:
    """The server's whole life, until the suite closes the socket or is gone.

    Args:
        descriptor: The server's end of the socket.
        preload: Import names to load, of "a|b" the first that can be; what fails to load is left to
            the run that needs it.
        scratch: Where each run gets a folder of its own.
    """
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    adopt_orphans()
    from suite.runner.guard import run_guard
    from suite.runner.sandbox import obstacle

    obstacle()  # found out once for all runs
    for names in preload:
        _load_one(names)
    # Objects in the oldest generation are not touched by a collection, so that pages stay shared.
    gc.collect()
    gc.freeze()
    # From here on the kernel collects the guards, and the orphans of those that were killed.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    guards: set[int] = set()
    with socket.socket(fileno=descriptor) as control:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if message == FORK:
                guard = os.fork()
                if guard == 0:
                    control.close()
                    run_guard(Connection(descriptors[0]), Path(scratch))
                guards.add(guard)
            elif message == END_ORPHANS:
                _end_children(but=guards)
            else:
                break
            for received in descriptors:
                os.close(received)
    _end_all(guards)
    remove_tree(Path(scratch))
    # Libraries that were loaded may hold up an orderly exit.
    os._exit(0)


def _load_one(names: str) -> None:
    for name in names.split("|"):
        with suppress(Exception):
            importlib.import_module(name)
            return


def _end_children(but: set[int]) -> None:
    """Kill the children that are no guards, with all below them."""
    children = psutil.Process().children()
    but &= {child.pid for child in children}  # forget guards that ended: numbers are used again
    for child in children:
        if child.pid not in but:
            for process in [child, *descendants(child)]:
                with suppress(psutil.Error):
                    process.kill()


def _end_all(guards: set[int]) -> None:
    """Leave nothing behind: guards end their own run in a moment, orphans have nobody."""
    deadline = time.monotonic() + GUARD_SECONDS
    while descendants(psutil.Process()):
        _end_children(but=guards if time.monotonic() < deadline else set())
        time.sleep(0.05)
