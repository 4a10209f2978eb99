from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from suite.records.record import Record, RunArrays
from suite.runner.events import Event
from suite.runner.local import run_local
from suite.sweep import Settings, Sweep, prepare

MARK = "SUITE_TEST_MARK"


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """A mark in the environment of every process that a test starts, however deep."""
    value = uuid.uuid4().hex
    monkeypatch.setenv(MARK, value)
    return value


def marked(mark: str) -> list[psutil.Process]:
    """The processes that carry a mark, but for this one."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


@pytest.fixture
def gone() -> Callable[..., None]:
    """Checks that all marked processes end within seconds."""

    def check(mark: str, seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while (left := marked(mark)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not [" ".join(p.cmdline()) for p in left]

    return check


@pytest.fixture
def sweep_of(tmp_path: Path, fakes: Path) -> Callable[..., Sweep]:
    """Prepares a sweep over digits: names are fakes, or models of the suite."""

    def make(*names: str, **settings: object) -> Sweep:
        paths = [str(fakes / f"{n}.py") if (fakes / f"{n}.py").exists() else n for n in names]
        values = {
            "datasets": ("digits",),
            "models": tuple(paths),
            "preset": "smoke",
            "results": tmp_path / "results",
            **settings,
        }
        return prepare(Settings(**values))  # type: ignore[arg-type]

    return make


Outcome = tuple[Record, RunArrays | None]


@pytest.fixture
def run_all(sweep_of: Callable[..., Sweep]) -> Callable[..., Iterator[Outcome]]:
    """Runs a sweep over digits; yields the records as they come."""

    def run(
        *names: str,
        on_event: Callable[[Event], None] = lambda event: None,
        **settings: object,
    ) -> Iterator[Outcome]:
        sweep = sweep_of(*names, **settings)
        runs = run_local(
            sweep.plan.jobs,
            sweep.datasets,
            sweep.splits,
            lanes=sweep.lanes,
            limits=sweep.limits,
            on_event=on_event,
        )
        with closing(runs):
            for run in runs:
                yield run.record, run.arrays

    return run
