"""`suite check` as a user calls it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

FAKES = Path(__file__).parents[1] / "checks" / "fakes"


def test_a_plugin_that_keeps_all_rules(suite, tmp_path):
    shutil.copy(FAKES / "good.py", tmp_path)
    done = suite("check", "./good.py", "--jobs", 2)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "good: 8 passed",
        "good: 20 passed",
        "good/fewer: 20 passed",
        "1 file checked: 48 passed",
    ]
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"good.py"}


def test_what_is_wrong_is_told_with_file_line_and_remedy(suite, tmp_path):
    shutil.copy(FAKES / "hides_its_seed.py", tmp_path)
    done = suite("check", "hides_its_seed.py")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    where = next(i for i, line in enumerate(lines) if line.startswith("hides_its_seed.py:"))
    build = (tmp_path / "hides_its_seed.py").read_text().splitlines().index(
        "def build(*, seed, threads, pixels):"
    )  # fmt: skip
    assert lines[where].startswith(f"hides_its_seed.py:{build + 1}: random: hides_its_seed: ")
    assert "random is False, but two seeds differ on" in lines[where]
    assert lines[where + 1].endswith("say random=False.")
    assert done.stderr == "not all rules are kept by: hides_its_seed\n"


def test_what_is_not_checked_is_told_with_its_reason(suite):
    done = suite("check", "svm/default", FAKES / "raises_in_fit.py")
    lines = done.stdout.splitlines()
    assert "svm: probabilities: not checked: it has no predict_proba" in lines
    assert "svm: 19 passed, 1 not checked" in lines
    assert "raises_in_fit: epochs, read_only_input: not checked: fit did not succeed" in lines
    reasons = [line for line in lines if line.startswith("raises_in_fit: ") and ": not " in line]
    assert [reason.rpartition(": ")[2] for reason in reasons] == [
        "fit did not succeed", "an earlier step did not succeed",
    ]  # fmt: skip


def test_a_folder_of_data_that_there_is_not(suite, tmp_path):
    done = suite("check", "svm", env={"SUITE_DATA_DIR": str(tmp_path / "none")})
    assert done.returncode == 2
    assert "SUITE_DATA_DIR: expected a folder" in done.stderr


def test_json(suite):
    done = suite("check", FAKES / "exits_at_import.py", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["passed"] is False
    first = found["checks"][0]
    assert {name: first[name] for name in ("model", "rule", "status", "line")} == {
        "model": "exits_at_import", "rule": "loads", "status": "failed", "line": 1,
    }  # fmt: skip
    assert first["path"].endswith("exits_at_import.py")


def test_a_file_with_the_name_of_a_model(suite, tmp_path):
    (tmp_path / "svm.py").write_text((FAKES / "good.py").read_text())
    done = suite("check", "./svm.py")
    assert done.returncode == 1
    assert "svm.py:1: loads: svm: the name 'svm' is taken by" in done.stdout
    assert "its name, or its entry point, has to be another" in done.stdout


def test_the_remedy_names_the_file(suite, tmp_path):
    (tmp_path / "a b.py").write_text("1 / 0\n")
    done = suite("check", '"./a b.py"', "--jobs", 10**30)
    assert done.returncode == 1
    assert "a b.py:1: loads: a b: ZeroDivisionError" in done.stdout
    assert "Run `python 'a b.py'` to see the whole error." in done.stdout


def test_a_forged_step_fails_the_rules_and_the_others_are_checked(suite, tmp_path):
    text = (FAKES / "good.py").read_text()
    forge = "import json, io, sys\n        frame = sys._getframe()\n        " + (
        "while 'pipe' not in frame.f_locals: frame = frame.f_back\n        "
        "from suite.runner.task import pack\n        pipe = frame.f_locals['pipe']\n        "
        "[pipe.send_bytes(pack({'kind': 'step', 'name': n, 'status': 'ok'})) for n in "
        "('fit', 'predict', 'count', 'builds', 'threads', 'left', 'order', 'alone')]\n        "
        "sys.exit(0)\n"
    )
    fit = next(line for line in text.splitlines() if "def fit(" in line)
    (tmp_path / "forger.py").write_text(text.replace(fit, f"{fit}\n        {forge}"))
    done = suite("check", "./forger.py", "dummy/default", "--jobs", 2)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "its process told what can't be understood (KeyError: 'predictions')" in done.stdout
    assert "dummy: beats_chance: known exception" in done.stdout


def test_a_known_exception_is_told(suite):
    done = suite("check", "dummy")
    assert done.returncode == 0
    assert "dummy: beats_chance: known exception: it names one class" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "use --all"),
        (("svm", "--all"), "use --all"),
        (("smv",), "Did you mean svm"),
        (("./missing.py",), "expected a Python file"),
        (("svm/nothing",), "no variant"),
        (("svm", "--jobs", "0"), "expected 1 or more"),
        (("svm", "--timeout", "soon"), "soon"),
    ],
)
def test_bad_usage(suite, arguments, told):
    done = suite("check", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
