"""Paths that can't even be looked at: each command says so in a line, and exits with 2."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from suite.cli import main

RUN = ("run", "--datasets", "digits", "--preset", "smoke", "--models", "dummy")
COMMANDS = [
    ("validate", "BAD"), ("merge", "BAD", "--into", "new"), ("merge", "empty", "--into", "BAD"),
    ("info", "BAD.py"), ("check", "BAD.py"), ("verify", "knn", "--results", "BAD"),
    ("new", "mine", "--kind", "sklearn", "--out", "BAD"),
    ("compare", "knn", "svm", "--results", "BAD"), ("report", "--results", "BAD"),
    ("release", "x", "--results", "BAD"),
    ("release", "x", "--check", "--site", "BAD"), ("export", "--results", "BAD"),
    ("reproduce", "--results", "BAD", "--models", "knn"), ("predict", "BAD.skops", "x.png"),
    ("import", "BAD", "--model", "m", "--dataset", "digits", "--source", "mine"),
    (*RUN, "--dry-run", "--results", "BAD"), (*RUN, "--dry-run", "--config", "BAD"),
    (*RUN, "--save-models", "BAD"),
]  # fmt: skip


@pytest.mark.parametrize("bad", ["x" * 300, "circle"], ids=["long", "circle"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_path_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...], bad: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("circle").symlink_to("circle")
    Path("circle.py").symlink_to("circle.py")
    monkeypatch.setattr(sys, "argv", ["suite", *(word.replace("BAD", bad) for word in words)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    # Where nothing is written yet, links in a circle are a folder that is not there.
    assert ended.value.code == 2 or (bad == "circle" and not ended.value.code), told
    assert told.count("\n") <= 1, told
    assert told.startswith("error: ") == bool(ended.value.code)
