"""Texts of plugins and records, as the commands print them."""

from __future__ import annotations

import json
import os
import pty
import sys

import pytest

from suite.cli.say import say, say_json

PLUGIN = r'''
"""A plugin that would like to write to the terminal."""
from suite.contract import Plugin, Source

E = "\x1b]0;owned\x07"

class Model:
    engine, device = "keras" + E, "cpu" + E

    def fit(self, X, y):
        if self.raises:
            raise ValueError(E)

    def predict(self, X):
        return X[:, 0].astype(int)

def build(*, seed, threads, raises):
    model = Model()
    model.raises = raises
    return model

def parameters(fitted):
    """Nothing."""
    return 1

PLUGIN = Plugin(title="T" + E, family="fake", view="flat", build=build, parameters=parameters,
                params={"raises": False}, variants={"raising": {"raises": True}}, random=False,
                source=Source(name="S" + E, changed=E))
'''
SHOWN = r"\x1b]0;owned"  # Rich leaves out the bell


def check(text):
    assert SHOWN in text
    assert all(c.isprintable() or c == "\n" for c in text), text


def test_lines(capsys):
    say("a\x1b\ud800\r\nb")
    say("c\x07", err=True)
    assert capsys.readouterr() == ("a\\x1b\\ud800\\r\nb\n", "c\\x07\n")


def test_json(capsys):
    content = {"a\x9b": ["\u202e\x1b\ud800\U000e0001", "ü\n\\"]}
    say_json(content)
    told = capsys.readouterr().out
    assert json.loads(told) == content
    assert "ü" in told
    assert all(c.isprintable() or c == "\n" for c in told)


@pytest.fixture
def plugin(tmp_path):
    (tmp_path / "loud.py").write_text(PLUGIN)


@pytest.mark.usefixtures("plugin")
def test_a_plugin_s_texts_are_shown(suite):
    check(suite("info", "./loud.py").stdout)
    check(suite("check", "./loud.py").stdout)
    json.loads(suite("info", "./loud.py", "--json").stdout)


@pytest.mark.usefixtures("plugin")
def test_a_record_s_texts_are_shown(suite, tmp_path):
    done = suite("run", "--models", "./loud.py", "--datasets", "digits", "--preset", "smoke")
    assert done.returncode == 1, done
    check(done.stdout + done.stderr)
    check(suite("report", "--no-charts").stdout)
    data = suite("export")
    assert "\x1b]0;owned\x07" in data.stdout  # data as they are, where no terminal reads them
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    from subprocess import run

    run([sys.executable, "-m", "suite", "export"], stdout=theirs, cwd=tmp_path, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    check(os.read(ours, 10**6).decode().replace("\r\n", "\n"))
    os.close(ours)
    os.close(theirs)
