"""`suite new` writes a plugin that works as it stands, and nothing else."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


@pytest.mark.parametrize(("kind", "rows"), [("sklearn", "strong"), ("keras", "large_batches")])
def test_the_plugin_keeps_all_rules(suite, tmp_path, kind, rows):
    if find_spec("keras") is None and kind == "keras":
        pytest.skip("Keras is not installed")
    made = suite("new", "my_model", "--kind", kind)
    assert (made.returncode, made.stderr) == (0, "")
    assert "python -m suite check ./my_model.py" in made.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"my_model.py"}
    assert 15 <= len((tmp_path / "my_model.py").read_text().splitlines()) <= 65
    done = suite("check", "./my_model.py")
    assert done.returncode == 0, done
    assert f"my_model/{rows}: " in done.stdout
    assert "not checked" not in done.stdout


def test_a_file_that_is_there_is_left_alone(suite, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.py").write_text("precious")
    done = suite("new", "mine", "--kind", "sklearn", "--out", "models")
    assert done.returncode == 2
    assert "is there already" in done.stderr
    assert (tmp_path / "models" / "mine.py").read_text() == "precious"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../mine", "no name for a model"),
        ("/tmp/mine", "no name for a model"),
        ("my.model", "no name for a model"),
        ("My_Model", "no name for a model"),
        ("_mine", "no name for a model"),
        ("2nd", "no name for a model"),
        ("lambda", "a word of Python's"),
        ("m" * 61, "no name for a model"),
        ("", "an argument is empty"),
        ("svm", "is taken by"),
        ("json", "Python module"),
        ("sklearn", "Python module"),
        ("suite", "the name of a part of the suite"),
        ("cnn", "the name of a part of the suite"),
        ("baselines", "the name of a part of the suite"),
        ("reports", "the name of a part of the suite"),
        ("tests", "the name of a part of the suite"),
    ],
)
def test_names_that_can_t_be_used(suite, tmp_path, name, told):
    done = suite("new", name, "--kind", "sklearn")
    assert done.returncode == 2
    assert told in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_unknown_kind(suite):
    done = suite("new", "mine", "--kind", "kears")
    assert done.returncode == 2
    assert "Did you mean keras" in done.stderr


def test_a_folder_that_can_t_be_written(suite, tmp_path):
    (tmp_path / "file").touch()
    done = suite("new", "mine", "--kind", "sklearn", "--out", tmp_path / "file" / "below")
    assert done.returncode == 2
    assert "can't be written" in done.stderr
