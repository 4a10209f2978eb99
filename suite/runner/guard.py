"""Watches over one run: a process between the fork server and the worker.

It forks the worker, passes its messages on, keeps the end of what it prints, samples its memory
and ends it at its limits. As the reaper of all that descends from it (Linux), it ends also what a
plugin started and left, in whatever session. When the suite goes away, even by SIGKILL, the pipe
to it closes and the guard ends everything; when the guard itself is killed, the kernel ends the
worker with it.
"""

from __future__ import annotations

import os
import pickle
import signal
import tempfile
import time
from contextlib import suppress
from multiprocessing import reduction
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, NoReturn

import psutil

from suite.parents import adopt_orphans
from suite.runner.memory import descendants, memory_of, processor_seconds
from suite.runner.sandbox import remove_tree
from suite.runner.task import TEXT_LIMIT, Task, pack, unpack
from suite.runner.worker import run_worker

SAMPLE_SECONDS = 0.1
# Sampling may take this part of a core: a large tree is sampled less often, but often enough.
SAMPLE_SHARE, LONGEST_PAUSE = 0.02, 1.0
# A worker seen stopped for so long was stopped by its plugin.
STOPPED_SECONDS = 3.0
# Longest message that a worker may send: predictions and probabilities are below 1 MB.
MESSAGE_LIMIT = 64 * 2**20
# The answer of a run that asked for the images to predict while it was still fitting.
EARLY = {
    "kind": "error",
    "status": "invalid",
    "type": "EarlyRequestError",
    "message": "the images to predict were asked for before `fit` was over. A model learns from "
    "the arrays that it is given; leave the pipes of its process alone",
    "traceback": "",
}


def run_guard(suite: Connection, scratch: Path) -> NoReturn:
    """Supervise one run in a process just forked; ends the process.

    Args:
        suite: Pipe to the suite. It sends a pickled `Task`; what comes back are the worker's
            messages and at last one of kind `end`.
        scratch: Where the run gets a folder of its own, which goes when it ends.
    """
    try:
        _Guard(suite, scratch).run()
    finally:
        os._exit(0)


class _Guard:
    """State of one supervised run."""

    def __init__(self, suite: Connection, scratch: Path) -> None:
        os.setsid()
        for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(ignored, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        adopt_orphans()
        self.suite = suite
        self.me = psutil.Process()
        self.task: Task = pickle.loads(suite.recv_bytes())  # noqa: S301  # sent by the suite
        self.scratch = Path(tempfile.mkdtemp(prefix="run-", dir=scratch))
        self.entered: dict[str, Any] | None = None  # what the worker told before it ran a plugin
        self.began = 0.0  # processor seconds when the plugin could begin
        self.ended: float | None = None  # when it had answered
        self.fit_began: tuple[float, float] | None = None  # wall and processor seconds
        self.fit_took: tuple[float, float] | None = None
        self.output = b""
        self.peak = 0
        self.answer: bytes | None = None
        self.over = False  # nothing comes after what the worker sent
        self.model: bytes | None = None
        self.exit_status: int | None = None
        self.stopped_since: float | None = None

    def run(self) -> None:
        try:
            self.suite.send_bytes(pack({"kind": "hello", "pid": os.getpid()}))
            self._start_worker()
            reason = self._watch()
        finally:
            # Also when the suite went away in the middle of a message.
            self._end_descendants()
            remove_tree(self.scratch)
        self._read_output()
        if self.answer is not None:
            self.suite.send_bytes(self.answer)
        if self.model is not None:
            self.suite.send_bytes(self.model)
        other = None
        if self.ended is not None and self.fit_took is not None:
            other = max(self.ended - self.began - self.fit_took[1], 0.0)
        ending = {
            "kind": "end",
            "reason": reason,
            "exit_status": self.exit_status,
            "peak_memory_bytes": self.peak,
            "output": self.output[-2 * TEXT_LIMIT :].decode("utf-8", "replace"),
            "sandbox": (self.entered or {}).get("sandbox"),
            "readable": (self.entered or {}).get("readable", ""),
            "fit_wall_seconds": self.fit_took[0] if self.fit_took else None,
            "fit_cpu_seconds": self.fit_took[1] if self.fit_took else None,
            "other_cpu_seconds": other,
        }
        self.suite.send_bytes(pack(ending))

    def _start_worker(self) -> None:
        self.messages, worker_end = Pipe(duplex=True)
        os.set_blocking(self.messages.fileno(), False)  # of this end alone
        self.unread = bytearray()
        self.output_end, output_in = os.pipe()
        os.set_blocking(self.output_end, False)
        self.started = time.monotonic()
        supervisor = os.getpid()
        self.worker = os.fork()
        if self.worker == 0:
            self.suite.close()
            self.messages.close()
            os.close(self.output_end)
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.dup2(output_in, 1)
            os.dup2(output_in, 2)
            run_worker(self.task, worker_end, supervisor, self.scratch)
        worker_end.close()
        os.close(output_in)
        self.baseline = memory_of(psutil.Process(self.worker)).private

    def _watch(self) -> str:
        """Serve the worker until it ends or has to be ended; returns why it was over."""
        pause = SAMPLE_SECONDS
        sampled = 0.0
        sources: list[Any] = [self.suite, self.messages, self.output_end]
        while True:
            ready = wait(sources, timeout=pause)
            if self.suite in ready:
                # The suite sends nothing after the task: it closed the pipe, or is gone.
                return "abandoned"
            if self.output_end in ready and not self._read_output():
                sources.remove(self.output_end)
            if self.messages in ready and not self._read_message():
                sources.remove(self.messages)
            if self.over:
                return "answered"
            now = time.monotonic()
            if now - sampled < pause:
                continue
            before = time.process_time()
            self._reap()
            if self.exit_status is not None:
                # What it sent before it ended is still in the pipe.
                while self.messages in sources and self.messages.poll():
                    if not self._read_message():
                        break
                return "answered" if self.answer is not None else "ended"
            over = self._over_limit(now)
            if over:
                return over if self.answer is None else "answered"
            sampled = time.monotonic()
            # By processor time: on a busy machine sampling lasts long, and memory can run out.
            spent = time.process_time() - before
            pause = min(max(SAMPLE_SECONDS, spent / SAMPLE_SHARE), LONGEST_PAUSE)

    def _over_limit(self, now: float) -> str:
        task = self.task
        stopped = self._worker_is_stopped(now)
        if task.limit_seconds is not None and now - self.started > task.limit_seconds:
            # A worker that is stopped at its limit did not end for that reason, however late.
            return "timeout" if self.stopped_since is None else "stopped"
        taken = self._sample_memory()
        if task.limit_bytes is not None and taken > task.limit_bytes:
            return "out_of_memory"
        return "stopped" if stopped else ""

    def _sample_memory(self) -> int:
        """Note the run's private memory, unless it has answered; returns its PSS in bytes."""
        memory = [memory_of(process) for process in descendants(self.me)]
        if self.answer is None:
            self.peak = max(self.peak, sum(used.private for used in memory) - self.baseline)
        return sum(used.shared_out for used in memory)

    def _used(self) -> tuple[float, float]:
        """Wall and processor seconds so far: the run has no access to these clocks."""
        return time.perf_counter(), processor_seconds(self.me)

    def _worker_is_stopped(self, now: float) -> bool:
        stopped = False
        with suppress(psutil.Error):
            stopped = psutil.Process(self.worker).status() == psutil.STATUS_STOPPED
        if not stopped:
            self.stopped_since = None
            return False
        self.stopped_since = self.stopped_since or now
        return now - self.stopped_since > STOPPED_SECONDS

    def _read_message(self) -> bool:
        """Pass a message on, or keep it if it is the last; False when there will be no more."""
        try:
            message = self._whole_message()
            if message is None:
                return True
            facts = unpack(message)[0]
        except (EOFError, OSError):
            self.messages.close()  # a worker that wrote too much waits to write the rest
            return False
        except ValueError:
            return True
        kind = facts["kind"]
        if kind == "entered" and self.entered is None:
            self.entered, self.began = facts, self._used()[1]
        elif kind == "epoch":
            # Fitting started the clock, so that an epoch before it has taken nothing.
            used = self._used()[1] - self.fit_began[1] if self.fit_began else 0.0
            self.suite.send_bytes(pack({**facts, "cpu_seconds": round(max(used, 0.0), 3)}))
        elif kind == "step":
            self.suite.send_bytes(message)
        elif kind == "fit" and self.fit_began is None:
            with suppress(OSError):  # the worker waits, but may have been killed
                self.fit_began = self._used()
                self.messages.send_bytes(b"")
        elif kind == "fitted":
            self._hand_over()
        elif kind in {"result", "error"} and self.answer is None:
            self._sample_memory()
            self.answer, self.ended = message, self._used()[1]
            # A run goes on after its result: it tells the size of its model, and may save it.
            self.over = kind == "error" or self.task.work is not None
        elif kind == "model" and self.answer is not None:
            self.model, self.over = message, True
        return True

    def _whole_message(self) -> bytes | None:
        """The next message; None while a part is missing, which is not waited for.

        A worker that sends half a message must not keep the guard from its samples and limits.

        Raises:
            EOFError: There will be no more.
            OSError: The message is too long.
        """
        missing = 4 - len(self.unread)
        if missing <= 0:
            length = int.from_bytes(self.unread[:4], "big", signed=True)
            if not 0 <= length <= MESSAGE_LIMIT:
                raise OSError("a message too long")
            missing += length
        if missing:
            try:
                part = os.read(self.messages.fileno(), min(missing, 2**20))
            except BlockingIOError:
                return None
            if not part:
                raise EOFError
            self.unread += part
            if len(part) < missing or (len(self.unread) <= 4 and any(self.unread)):
                return None  # a header of zeros is a whole message, an empty one
        message, self.unread = bytes(self.unread[4:]), bytearray()
        return message

    def _hand_over(self) -> None:
        """Send the worker the images to predict, which it gets when it is done fitting, once."""
        if self.task.work is None:
            if self.fit_began is None or self.fit_took is not None:
                self.answer, self.over = pack(EARLY), True
                return
            wall, cpu = (now - then for now, then in zip(self._used(), self.fit_began, strict=True))
            self.fit_took = wall, max(cpu, 0.0)
            self._sample_memory()
        with suppress(OSError), self.task.test_file.open("rb") as images:
            reduction.send_handle(self.messages, images.fileno(), self.worker)

    def _read_output(self) -> bool:
        """Keep the end of what was printed; False at the end of the stream."""
        while True:
            try:
                text = os.read(self.output_end, 65_536)
            except BlockingIOError:
                return True
            if not text:
                return False
            self.output = (self.output + text)[-4 * TEXT_LIMIT :]

    def _reap(self) -> None:
        """Collect processes that ended, the worker's status among them."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self.worker:
                    self.exit_status = os.waitstatus_to_exitcode(ended[1])

    def _end_descendants(self) -> None:
        """Kill everything below, again and again until nothing is left to fork anew."""
        while running := descendants(self.me):
            # Stopped first: what can't run can't fork while the list is gone through.
            for process in running:
                with suppress(psutil.Error):
                    process.suspend()
            for process in running:
                with suppress(psutil.Error):
                    process.kill()
            self._reap()
            time.sleep(0.005)
