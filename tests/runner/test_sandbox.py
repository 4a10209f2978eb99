"""What is closed to models, tried from inside; and runs on systems that can't close it."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from suite.data.datasets import load
from suite.errors import RunnerError, UsageError
from suite.runner import sandbox
from suite.runner.isolate import Limits, make_task
from suite.runner.local import run_local

PLUGIN = Path(__file__).with_name("tricks.py")
# fmt: off
TRICKS = (
    "opened", "by_descriptor", "by_symbolic_link", "by_hard_link", "moved", "mapped", "by_c",
    "by_a_child", "by_io_uring", "listed", "records", "overwritten", "scratch_of_others",
    "environment_of_the_suite", "memory_of_the_suite", "files_of_the_suite",
    "environment_of_the_guard", "traced", "signalled", "slowed", "limited", "marked", "by_tcp",
    "by_udp", "listening", "by_a_named_socket", "by_a_named_datagram", "by_an_abstract_socket",
    "shared_memory", "segments", "watched", "rescheduled", "children_uncounted", "a_namespace",
    "in_memory",
)
# fmt: on
# What no system lets a model do, or this one may not have: the sandbox is not what stops it.
CLOSED_ANYHOW = {"in_memory", "by_io_uring", "a_namespace", "traced", "marked"}
needs_sandbox = pytest.mark.skipif(bool(sandbox.obstacle()), reason=sandbox.obstacle() or "-")

# Runs the suite as on a kernel without Landlock: its calls fail with an error of choice.
WITHOUT = (
    "import sys; from benchmarks.sandbox_cost import switch_off; switch_off(int(sys.argv.pop(1))); "
    "from suite.cli import main; main()"
)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    """Parameters that name what the tricks are after, with servers that listen."""
    folder = tmp_path_factory.mktemp("secrets")
    data = folder / "fashion"
    data.mkdir()
    (data / "t10k-labels-idx1-ubyte").write_bytes(b"label")
    (folder / "spare").write_bytes(b"label")
    (folder / "seed-0.npz").write_bytes(b"record")
    name = str(folder / "socket")
    servers = [socket.create_server(("127.0.0.1", 0))]
    port = servers[0].getsockname()[1]
    for kind, address in ((socket.SOCK_STREAM, name), (socket.SOCK_STREAM, "\0" + name),
                          (socket.SOCK_DGRAM, name + "-datagram")):  # fmt: skip
        servers.append(socket.socket(socket.AF_UNIX, kind))
        servers[-1].bind(address)
        if kind == socket.SOCK_STREAM:
            servers[-1].listen(50)
    yield {
        "label": str(data / "t10k-labels-idx1-ubyte"), "spare": str(folder / "spare"),
        "record": str(folder / "seed-0.npz"), "suite": os.getpid(), "port": port, "socket": name,
    }  # fmt: skip
    for server in servers:
        server.close()


def selection(secrets, tricks):
    named = ",".join(f"{name}={value}" for name, value in secrets.items())
    return f"{PLUGIN}[trick=[{','.join(tricks)}],{named}]"


@pytest.fixture(scope="module")
def inside(secrets, tmp_path_factory):
    """The record of each trick, by its name."""
    from suite.records.store import open_store
    from suite.sweep import Settings, execute, prepare

    results = tmp_path_factory.mktemp("inside") / "results"
    models = (selection(secrets, [*TRICKS, "everyday", "learns_on", "learns_later"]),)
    sweep = prepare(Settings(datasets=("digits",), models=models, preset="smoke", jobs=2,
                             timeout=60.0, results=results))  # fmt: skip
    with open_store(results) as store:
        records = list(execute(sweep, store, lambda event: None))
    return {record.parameters["trick"]: record for record in records}


@needs_sandbox
@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_does_not_work(inside, secrets, trick):
    if trick in {"signalled", "by_an_abstract_socket"} and sandbox._abi() < 6:
        pytest.skip(f"Landlock {sandbox._abi()} knows no signals and abstract sockets; 6 does")
    assert inside[trick].error is None
    assert Path(secrets["spare"]).read_bytes() == b"label"
    assert Path(secrets["label"]).read_bytes() == b"label"


@needs_sandbox
def test_what_models_need_works(inside):
    assert inside["everyday"].error is None
    assert inside["everyday"].environment.sandbox == sandbox.description()


@pytest.mark.parametrize("trick", ["learns_on", "learns_later"])
def test_a_thread_that_goes_on_after_fit_is_refused(inside, trick):
    assert inside[trick].status == "invalid"
    assert "a thread of its own" in inside[trick].error.message


def without_landlock(error, *arguments):
    command = [sys.executable, "-c", WITHOUT, str(error), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=250, cwd=ROOT)


@needs_sandbox
def test_without_a_sandbox_the_tricks_work_and_records_say_so(secrets, tmp_path):
    results = tmp_path / "results"
    done = without_landlock(
        errno.ENOSYS, "run", "--datasets", "digits", "--preset", "smoke", "--results", results,
        "--site", tmp_path / "site", "--models", selection(secrets, TRICKS),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    records = [json.loads(path.read_text()) for path in results.rglob("seed-0.json")]
    assert {r["environment"]["sandbox"] for r in records} == {
        "none: the kernel has no Landlock; Linux 5.13 or newer has"
    }
    held = {r["parameters"]["trick"] for r in records if r["status"] == "ok"}
    assert held <= CLOSED_ANYHOW
    assert {r["error"]["message"] for r in records if r["status"] != "ok"} == {"in fit: it works"}
    Path(secrets["spare"]).write_bytes(b"label")


@needs_sandbox
def test_without_a_sandbox_processes_above_a_run_may_be_ended_and_it_is_recorded(fakes, tmp_path):
    results = tmp_path / "results"
    expected = {
        "kills_its_parent": ("failed", "SupervisorKilled", "watched over the run was killed"),
        "kills_the_fork_server": ("ok", None, ""),
        "stops_its_parent": ("timeout", "TimeLimit", "had been stopped"),
    }
    without_landlock(
        errno.ENOSYS, "run", "--datasets", "digits", "--preset", "smoke", "--results", results,
        "--site", tmp_path / "site", "--timeout", "10s",
        *(word for name in expected for word in ("--models", fakes / f"{name}.py")),
    )  # fmt: skip
    for name, (status, kind, told) in expected.items():
        record = json.loads((results / f"digits/holdout-smoke/{name}/seed-0.json").read_text())
        error = record.get("error", {"type": None, "message": ""})
        assert (record["status"], error["type"]) == (status, kind), name
        assert told in error["message"]


@needs_sandbox
@pytest.mark.parametrize(
    ("error", "reason"),
    [(errno.EOPNOTSUPP, "Landlock is switched off"), (errno.EPERM, "forbids Landlock (EPERM)")],
)
def test_a_machine_without_says_why_and_is_refused_where_one_is_required(tmp_path, error, reason):
    for arguments in (("run", "--datasets", "digits", "--preset", "smoke", "--models", "dummy",
                       "--results", tmp_path / "results"), ("check", "dummy")):  # fmt: skip
        done = without_landlock(error, *arguments, "--require-sandbox")
        assert done.returncode == 2
        assert reason in done.stderr.replace("\n", " ")
        assert "leave out --require-sandbox" in " ".join(done.stderr.split())
    done = without_landlock(error, "doctor")
    assert done.returncode == 1
    assert "none: " in done.stdout
    assert reason in done.stdout


DENIED = """
class Model:
    def fit(self, X, y):
        open({path!r})

    def predict(self, X):
        return [0] * len(X)

def build(*, seed, threads):
    return Model()
"""


@needs_sandbox
def test_a_denied_access_is_named(run_all, plugin, secrets):
    ((record, _),) = run_all(plugin(DENIED.format(path=secrets["label"])))
    assert record.status == "failed"
    assert f"{secrets['label']}: closed to models" in record.error.message


@needs_sandbox
@pytest.mark.parametrize("imported", ["work", "."])
def test_the_working_folder_and_records_are_closed_though_imported_from(plugin, tmp_path, imported):
    work = tmp_path / "work"
    work.mkdir()
    (work / "record.npz").write_bytes(b"record")
    done = subprocess.run(
        [sys.executable, "-m", "suite", "run", "--datasets", "digits", "--preset", "smoke",
         "--models", plugin(DENIED.format(path=str(work / "record.npz"))), "--results", "results"],
        capture_output=True, text=True, timeout=250, cwd=work,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path / imported}"},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    record = json.loads((work / "results/digits/holdout-smoke/mine/seed-0.json").read_text())
    assert "record.npz: closed to models" in record["error"]["message"]


@needs_sandbox
def test_labels_and_records_among_what_models_read_are_refused(tmp_path, monkeypatch, sweep_of):
    below = Path(sys.prefix) / "suite-test-results"
    shared = Path("/dev/shm/results")
    for closed, results in (([below], tmp_path), ([], below), ([], shared)):
        with pytest.raises(UsageError, match="which models may read"):
            sandbox.check_closed(closed, results)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    with pytest.raises(UsageError, match="lies in the folder of the records"):
        sandbox.check_closed([], tmp_path)


@needs_sandbox
def test_no_run_begins_where_a_label_file_can_be_read(sweep_of):
    """Whatever the rules say: it is tried from inside, before the plugin is loaded."""
    sweep = sweep_of("dummy")
    readable = replace(sweep.datasets["digits"], label_files=(Path(np.__file__),))
    runs = run_local(sweep.plan.jobs, {"digits": readable}, sweep.splits, lanes=1, limits=Limits())
    with pytest.raises(RunnerError, match="can be read by models"):
        list(runs)


def test_label_files_are_all_that_is_found(sweep_of):
    digits = load("digits")
    own = [path for path in digits.label_files if path.parent == digits.folder]
    assert {path.name for path in own} == {"train-labels.npy", "test-labels.npy"}
    # Those of other datasets on this machine, too.
    assert all("labels" in path.name or path.suffix == ".npz" for path in digits.label_files)
    job = sweep_of("dummy").plan.jobs[0]
    split = sweep_of("dummy").splits(job.key)
    assert make_task(job, digits, split, Limits(), ()).closed == digits.label_files


ASKS = """
class Model:
    def fit(self, X, y):
        from suite.data.datasets import load

        load("fashion").labels("test")

    def predict(self, X):
        return [0] * len(X)

def build(*, seed, threads):
    return Model()
"""


@needs_sandbox
@pytest.mark.real_data
def test_the_suite_itself_gives_no_labels_to_models(run_all, plugin):
    ((record, _),) = run_all(plugin(ASKS), datasets=("fashion",))
    assert record.status == "failed"
    assert "DataError" in record.error.type
