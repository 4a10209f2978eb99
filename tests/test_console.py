"""What is shown on a terminal is text, whoever wrote it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.live import Live
from rich.table import Table
from rich.text import Text

from suite.console import Console
from suite.progress import SweepProgress
from suite.runner.events import EpochEnded, RunStarted, SweepStarted

HOSTILE = "\x1b]0;owned\x07 \x9b2J \u202etxt \ud800"
SHOWN = r"\x1b]0;owned\x07 \x9b2J \u202etxt \ud800"


def grid(text):
    table = Table(text)
    table.add_row(Text(text))
    return table


@pytest.mark.parametrize("made", [str, Text, grid, lambda text: Text(text, style="bold")])
@pytest.mark.parametrize("terminal", [True, False])
def test_no_control_character_passes(made, terminal):
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, color_system=None, width=200)
    console.print(made(HOSTILE.replace("\x07", "")), markup=False)
    told = file.getvalue()
    assert all(c.isprintable() or c == "\n" for c in told), told
    letters = "".join(c for c in told if c not in "│\n")  # a table is as narrow as it was
    assert SHOWN.replace(r"\x07", "").replace(" ", "") in letters.replace(" ", "")


def test_what_is_live_moves_the_cursor_and_obeys_no_text():
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system=None, width=200)
    with Live(Text(HOSTILE), console=console, auto_refresh=False, transient=True):
        pass
    assert "\x1b[" in file.getvalue()  # Rich's own
    assert "\x1b]0" not in file.getvalue()
    assert r"\x1b]0;owned" in file.getvalue()


def test_a_label_with_brackets_is_shown_whole(sweep):
    (job,) = sweep.plan.jobs
    job = replace(job, label='fine[weights="[/b]",kernel=poly]')
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system=None, width=200)
    with SweepProgress(console) as progress:
        progress(SweepStarted(jobs=(job,), lanes=1))
        progress(RunStarted(lane=0, job=job))
        progress(EpochEnded(lane=0, job=job, epoch=1, epochs=2, metrics={}))
    assert job.label in file.getvalue()


@pytest.fixture
def sweep(tmp_path, fakes):
    from suite.sweep import Settings, prepare

    return prepare(Settings(datasets=("digits",), models=(str(fakes / "fine.py"),),
                            preset="smoke", results=tmp_path / "r"))  # fmt: skip
