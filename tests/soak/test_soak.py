"""A long sweep of short runs while things go wrong at random.

`SUITE_SOAK_RUNS` sets how many runs, without it there are none; `SUITE_SOAK_SEED`, what goes wrong
and when. Faults come from outside, to the real command line: processes are killed or stopped, the
disk fills or turns read-only (Linux, with the right to mount), records are damaged, a clock jumps.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from suite.records.store import SUPERSEDED, read

ROOT = Path(__file__).parents[2]
RUNS = int(os.environ.get("SUITE_SOAK_RUNS", "80"))
SEED = int(os.environ.get("SUITE_SOAK_SEED", "0"))
SEEDS = 4
LIMIT_SECONDS = 20
MARK = "SUITE_SOAK_MARK"
TABLE = "digits/holdout-smoke"
PLUGIN = Path(__file__).with_name("soaked.py")
JUMPING_CLOCK = Path(__file__).with_name("jumping_clock.py")
OF_THE_DISK = ("full disk", "read-only folder")

LINE = re.compile(r"\[\d+/\d+\] soaked\[shrink=(\d+)\] +digits seed (\d+) +(\w[\w ]*?)(?:  |:|$)")


@dataclass
class Soak:
    """The sweep, and what is known of it from outside.

    Attributes:
        place: Working folder.
        results: The results folder.
        began: When the soak began, in seconds since 1970.
        draw: Decides what goes wrong and when.
        told: How often the suite said that a run ended, by (shrink, seed).
        damaged: Records that were damaged, by (folder, seed).
        faults: How often each fault was injected.
        trouble: What must not happen.
    """

    place: Path
    results: Path
    draw: random.Random
    began: float = field(default_factory=time.time)
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    damaged: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)

    def sweep(
        self, fault: Callable[[psutil.Process], None] | None = None, **environment: str
    ) -> tuple[int, str]:
        """Call `suite run` for all runs; a fault is injected when some of them have ended."""
        grid = ",".join(str(number) for number in range(2, 2 + RUNS // SEEDS))
        command = [
            sys.executable, "-m", "suite", "run", "--datasets", "digits", "--preset", "smoke",
            "--models", f"./soaked.py[shrink=[{grid}]]", "--seeds", str(SEEDS), "--jobs", "2",
            "--timeout", f"{LIMIT_SECONDS}s", "--results", str(self.results), "--site", "site",
        ]  # fmt: skip
        with subprocess.Popen(
            command, cwd=self.place, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", MARK: self.mark,
                              "COLUMNS": "200"} | environment,
        ) as child:  # fmt: skip
            assert child.stdout is not None
            due = self.draw.randint(1, 6) if fault else -1
            enough = due + self.draw.randint(2, 6)
            lines: list[str] = []
            for line in child.stdout:
                # A signal between a line's writing and its removal from the buffer shows it twice.
                repeated = lines and line == lines[-1]
                lines.append(line)
                ended = None if repeated else LINE.search(line)
                if ended:
                    self.told[ended[1], ended[2]] += 1
                    due, enough = due - 1, enough - 1
                    if fault is not None and enough == 0:
                        child.terminate()  # so that many calls share the runs
                    if fault is not None and due == 0:
                        threading.Thread(target=fault, args=(psutil.Process(child.pid),)).start()
        text = "".join(lines)
        if "Traceback" in text:
            self.trouble.append(text)
        return child.returncode, text

    def records(self) -> list[Path]:
        return sorted(self.results.glob(f"{TABLE}/*/seed-*.json"))


def workers(suite: psutil.Process) -> list[psutil.Process]:
    """All processes that a sweep has started, but for the suite itself."""
    try:
        return suite.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def signal_one(soak: Soak, suite: psutil.Process, number: int) -> None:
    if found := workers(suite):
        with suppress(psutil.NoSuchProcess):
            soak.draw.choice(found).send_signal(number)


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[Soak]:
    shutil.copy(PLUGIN, tmp_path)
    (tmp_path / "clock").mkdir()
    shutil.copy(JUMPING_CLOCK, tmp_path / "clock" / "sitecustomize.py")
    results = tmp_path / "results"
    results.mkdir()
    mounted = (
        sys.platform == "linux"
        and os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", results],
            capture_output=True, check=False,
        ).returncode
    )  # fmt: skip
    made = Soak(tmp_path, results, random.Random(SEED))
    if mounted:
        made.faults.update(dict.fromkeys(OF_THE_DISK, 0))
    yield made
    if mounted:
        subprocess.run(["umount", "--lazy", results], check=True)


def fill(soak: Soak) -> None:
    try:
        with (soak.results / "filler").open("wb") as file:
            while True:
                file.write(bytes(65_536))
                file.flush()
    except OSError:
        pass


def remount(soak: Soak, mode: str) -> None:
    # Only as this folder shows it: the right to change the file system itself takes more.
    subprocess.run(["mount", "-o", f"remount,bind,{mode}", soak.results], check=True)


def damage(soak: Soak) -> None:
    """Spoil one record or its arrays: cut it off, change a byte, or take the arrays away."""
    paths = soak.records()
    if not paths:
        return
    path = soak.draw.choice(paths)
    victim = soak.draw.choice([path, path.with_suffix(".npz")])
    if not victim.exists():
        victim = path
    content = bytearray(victim.read_bytes())
    way = soak.draw.choice(["cut", "flip", "empty"])
    if way == "flip":
        content[soak.draw.randrange(len(content))] ^= 1 << soak.draw.randrange(8)
    else:
        del content[len(content) // 2 if way == "cut" else 0 :]
    victim.write_bytes(content)
    soak.damaged[place_of(path)] += 1


def place_of(path: Path) -> tuple[str, str]:
    """A record's folder and seed: kept records have them too, and content may be damaged."""
    return path.parent.name, path.name.removeprefix("seed-").partition(".")[0]


def left_behind(mark: str) -> list[str]:
    deadline = time.monotonic() + 15
    while True:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == mark:
                    found.append(" ".join(process.cmdline()))
            except (psutil.Error, OSError):
                continue
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def one_fault(soak: Soak, name: str) -> None:
    """Call the suite, inject a fault, and check how the suite takes it."""
    soak.faults[name] += 1
    expected = {0, 1, 130}
    if name == "killed child":
        status, text = soak.sweep(lambda s: signal_one(soak, s, signal.SIGKILL))
    elif name == "stopped child":
        status, text = soak.sweep(lambda s: stop_for_a_while(soak, s))
    elif name == "killed parent":
        status, text = soak.sweep(lambda s: s.kill())
        expected |= {-signal.SIGKILL}
    elif name == "interrupt":
        number = soak.draw.choice([signal.SIGINT, signal.SIGTERM])
        status, text = soak.sweep(lambda s: s.send_signal(number))
    elif name == "jumping clock":
        clock = os.pathsep.join([str(soak.place / "clock"), str(ROOT)])
        status, text = soak.sweep(lambda s: s.send_signal(signal.SIGTERM), PYTHONPATH=clock)
    elif name == "damaged record":
        damage(soak)
        status, text = soak.sweep(lambda s: s.send_signal(signal.SIGTERM))
    elif name == "full disk":
        status, text = soak.sweep(lambda _: fill(soak))
        (soak.results / "filler").unlink(missing_ok=True)
        expected |= {2}
    else:
        # The kernel turns no folder read-only while a file in it, such as the lock, is open.
        remount(soak, "ro")
        status, text = soak.sweep()
        remount(soak, "rw")
        expected = {2}
    if status not in expected:
        soak.trouble.append(f"{name}: exit status {status}: {text[-2000:]}")
    if status == 2 and "results" not in text:
        soak.trouble.append(f"{name}: not said what refused: {text[-2000:]}")


def stop_for_a_while(soak: Soak, suite: psutil.Process) -> None:
    if not (found := workers(suite)):
        return
    one = soak.draw.choice(found)
    with suppress(psutil.NoSuchProcess):
        one.suspend()
        time.sleep(soak.draw.uniform(0.1, 2.0))
        one.resume()


@pytest.mark.skipif(
    "SUITE_SOAK_RUNS" not in os.environ,
    reason="takes minutes: set SUITE_SOAK_RUNS to a number of runs, such as 400",
)
@pytest.mark.timeout(600 + 10 * RUNS)
def test_nothing_is_lost_or_done_twice_whatever_goes_wrong(soak: Soak) -> None:
    names = ["killed child", "stopped child", "killed parent", "interrupt", "jumping clock",
             "damaged record"]  # fmt: skip
    names += list(soak.faults)  # those that need the right to mount
    wanted = {(str(shrink), str(seed))
              for shrink in range(2, 2 + RUNS // SEEDS) for seed in range(SEEDS)}  # fmt: skip
    due = soak.draw.sample(names, len(names))  # each once, and then as it comes
    while len(soak.records()) < len(wanted):
        one_fault(soak, due.pop() if due else soak.draw.choice(names))
    assert soak.trouble == []

    status, text = soak.sweep()
    contents = read(soak.results)
    assert contents.damaged == ()
    assert {(str(run.record.parameters["shrink"]), str(run.record.seed))
            for run in contents.runs} == wanted  # fmt: skip
    # Only what was killed from outside failed, and the last call says so by its status.
    failed = [run.record for run in contents.runs if run.record.status != "ok"]
    assert status == (1 if failed else 0), text
    assert all(record.error is not None and record.error.message for record in failed)
    assert len(failed) <= 2 * (soak.faults["killed child"] + soak.faults["stopped child"])
    # A run was done a second time only where its record was damaged, and the old one is kept.
    kept = {place_of(path) for path in (soak.results / SUPERSEDED).rglob("*.json")}
    assert kept <= set(soak.damaged)
    again = {}
    misdated = 0
    for run in contents.runs:
        key = str(run.record.parameters["shrink"]), str(run.record.seed)
        if soak.told[key] > 1 + soak.damaged[place_of(run.path)]:
            again[key] = soak.told[key]
        started = datetime.fromisoformat(run.record.started_at).timestamp()
        misdated += not soak.began - 1 <= started <= time.time()
        # The runs' limit, which a clock that jumps must neither shorten nor stretch.
        assert (run.record.fit_wall_seconds or 0) <= LIMIT_SECONDS
    assert again == {}
    assert bool(misdated) == bool(soak.faults["jumping clock"])
    assert left_behind(soak.mark) == []
    assert list((soak.results / ".tmp").iterdir()) == []
    checked = subprocess.run(
        [sys.executable, "-m", "suite", "validate", soak.results, "--plugin", PLUGIN],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    skipped = " and ".join(name for name in OF_THE_DISK if name not in soak.faults)
    print(f"{len(contents.runs)} runs, {len(failed)} of them failed; faults: {dict(soak.faults)}; "
          f"{sum(soak.damaged.values())} records damaged, {misdated} misdated; "
          f"SKIPPED, as mounting is not allowed here: {skipped or 'nothing'}")  # fmt: skip
