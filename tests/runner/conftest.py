from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from suite.records.arrays import RunArrays
from suite.records.record import Record
from suite.runner.events import Event
from suite.runner.local import run_local
from suite.sweep import Settings, Sweep, prepare

MARK = "SUITE_TEST_MARK"
SECONDS = 60.0  # more than any process needs to start


SMALL = """
from cnn._helpers import REQUIRES, KerasClassifier, parameters
from suite.contract import Plugin, Source

def network():
    from keras import Input, Sequential, layers
    return Sequential([
        Input((28, 28, 1)), layers.MaxPooling2D(4), layers.Flatten(),
        layers.Dense(32, activation="relu"), layers.Dense(10, activation="softmax"),
    ])

def build(*, seed, threads):
    return KerasClassifier(network, seed=seed, threads=threads, epochs=2, batch_size=32,
                           keep="last")

PLUGIN = Plugin(title="t", family="cnn", view="image", build=build, parameters=parameters,
                uses_validation=True, requires=REQUIRES, source=Source(name="a test"))
"""


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


OWN_PLUGIN = """
from suite.contract import Plugin, Source
{body}

PLUGIN = Plugin(title="t", family="fake", view="{view}", build=build, uses_validation={validates},
                params={params}, parameters=lambda model: 7, source=Source(name="a test"))
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[..., str]:
    """Writes a plugin file around a function `build` and returns its path."""

    def write(
        body: str,
        view: str = "flat",
        validates: bool = False,
        params: object = None,
        name: str = "mine",
    ) -> str:
        path = tmp_path / f"{name}.py"
        text = OWN_PLUGIN.format(body=body, view=view, validates=validates, params=params or {})
        path.write_text(text)
        return str(path)

    return write


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


@pytest.fixture
def small(tmp_path: Path) -> str:
    """A small network on Keras."""
    if find_spec("keras") is None:
        pytest.skip("Keras is not installed")
    path = tmp_path / "small.py"
    path.write_text(SMALL)
    return str(path)


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


class Cluster:
    """A scheduler and workers, each a process of its own with a cache of its own."""

    def __init__(self, folder, mark):
        self.folder = folder
        self.mark = mark
        self.processes = {}

    def start(self, name, *arguments, **environment):
        log = self.folder / f"{name}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments, "--host", "127.0.0.1", "--no-dashboard"],
                stdout=stream, stderr=stream, cwd=self.folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path),
                     MARK: self.mark, **environment},
            )  # fmt: skip
        self.processes[name] = process
        return log

    def start_scheduler(self):
        log = self.start("scheduler", "distributed.cli.dask_scheduler", "--port", "0")
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            found = [w for w in log.read_text().split() if w.startswith("tcp://127.0.0.1:")]
            if found:
                self.address = found[0]
                return
            time.sleep(0.05)
        raise AssertionError(log.read_text())

    def start_worker(self, name, threads=1, **environment):
        self.start(
            name, "distributed.cli.dask_worker", self.address, "--nthreads", str(threads),
            "--name", name, "--no-nanny", "--memory-limit", "4GB",
            SUITE_CACHE_DIR=str(self.folder / f"cache-{name}"), **environment,
        )  # fmt: skip

    def workers(self):
        """Names of the workers that the scheduler knows, by address."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            found = client.scheduler_info(n_workers=-1)["workers"]
            return {address: worker["name"] for address, worker in found.items()}

    def wait_for(self, *names):
        deadline = time.monotonic() + SECONDS
        while set(self.workers().values()) != set(names) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert set(self.workers().values()) == set(names)

    def runs_of(self, name):
        """Processes below a worker: fork servers, guards, runs."""
        return psutil.Process(self.processes[name].pid).children(recursive=True)

    def alive(self, *names):
        return [name for name in names if self.processes[name].poll() is None]

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait()

    def stop(self):
        for name in self.processes:
            self.kill(name)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A cluster for the tests that do no harm to it."""
    with ExitStack() as stack:
        cluster = Cluster(tmp_path_factory.mktemp("shared"), "shared-cluster")
        stack.callback(cluster.stop)
        cluster.start_scheduler()
        cluster.start_worker("one")
        cluster.start_worker("two")
        cluster.wait_for("one", "two")
        yield cluster


@pytest.fixture
def own(tmp_path, mark):
    """A cluster to be harmed: the scheduler runs, workers are started by the test."""
    cluster = Cluster(tmp_path, mark)
    try:
        cluster.start_scheduler()
        yield cluster
    finally:
        cluster.stop()
