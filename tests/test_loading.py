from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from suite.contract import Plugin
from suite.loading import BrokenPluginError, load_plugin, shown

GOOD = '''from suite.contract import Plugin, Source


def build(*, seed, threads, depth):
    return None


def parameters(fitted):
    """Nothing."""
    return 0


PLUGIN = Plugin(
    title="A tree", family="classic", view="flat", build=build, params={"depth": 3},
    parameters=parameters, requires=(), source=Source(name="test"),
)
'''

_numbers = itertools.count()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An importable package with a name of its own."""
    folder = tmp_path.resolve() / f"loaded_{next(_numbers)}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def fault(path: Path, text: str, module: str | None = None) -> BrokenPluginError:
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(BrokenPluginError) as caught:
        load_plugin(path, module)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\ny = (\n", 2, "SyntaxError: '(' was never closed"),
        ("def f():\n    return 1 / 0\n\nf()\n", 2, "ZeroDivisionError"),
        ("x = 1\n\nprint(1 / 0)\n", 3, "ZeroDivisionError: division by zero"),
        ("\nimport no_such_library\n", 2, "No module named 'no_such_library'. Import libraries"),
        ("x = 1\n", 1, "defines no PLUGIN"),
        ("x = 1\nPLUGIN = 5\n", 2, "PLUGIN is a int"),
        ("import sys\nsys.exit(3)\n", 2, "SystemExit: 3"),
        ("class Odd(BaseException): ...\n\nraise Odd('first\\nsecond')\n", 3, "Odd: first second"),
        (
            "class Mute(Exception):\n    def __str__(self): raise SystemExit\n\nraise Mute\n",
            4,
            "Mute: (its message can't be shown)",
        ),
        (GOOD.replace('"flat"', '"round"'), 13, "view is 'round'"),
        (GOOD.replace('title="A tree", ', ""), 13, "Plugin lacks 'title', for which"),
        (GOOD.replace("view=", "veiw="), 13, "Plugin has no field 'veiw'. Did you mean view?"),
        (GOOD.replace("Source(name=", "Source(names="), 15, "no field 'names'. Did you mean name?"),
        (
            GOOD.replace("threads, depth", "threads"),
            4,
            "got an unexpected keyword argument 'depth'",
        ),
        (GOOD.replace("*, seed, ", "*, "), 4, "unexpected keyword argument 'seed'"),
        (GOOD.replace("depth)", "depth, width=3)"), 4, "build takes width, which params does not"),
        (GOOD.replace("requires=()", "requires=('sklearn.svm')"), 13, "expected a tuple such as"),
        (GOOD.replace("requires=()", "requires=('a b',)"), 13, "requires has 'a b'"),
        (GOOD.replace('"A tree"', '" "'), 13, "title is ' '"),
        (GOOD.replace('"classic"', '"Two words"'), 13, "family is 'Two words'"),
        (GOOD.replace('Source(name="test")', '"test"'), 13, "source is 'test'"),
        (GOOD.replace(": 3}", ": {}}"), 13, "params gives depth the value {}"),
        (GOOD.replace(": 3}", ": float('nan')}"), 13, "params gives depth the value nan"),
        (GOOD.replace("requires=()", "cost_hint=0"), 13, "cost_hint is 0"),
        (
            GOOD.replace("requires=()", "variants={'same': {'depth': 3}}"),
            13,
            "variants['same'] has the same parameters as 'default'",
        ),
        (GOOD.replace("requires=()", "variants={'default': {'depth': 4}}"), 13, "'default'"),
        (GOOD.replace('"A tree"', r'"\ud800"'), 13, r"title is '\ud800', expected text without"),
        (GOOD.replace('"test"', r'"\ud800"'), 13, r"source.name is '\ud800'"),
        (GOOD.replace('"test"', r'"test", url="\ud800"'), 13, r"source.url is '\ud800'"),
        (GOOD.replace('"test"', r'"test", changed="\ud800"'), 13, r"source.changed is '\ud800'"),
        (GOOD.replace('"test"', '"test", changed=3'), 13, "source.changed is 3"),
        (GOOD.replace(": 3}", r": '\ud800'}"), 13, r"params gives depth the value '\ud800'"),
        (GOOD.replace(": 3}", r": ['a', '\ud800']}"), 13, "params gives depth the value ['a', "),
        (GOOD.replace(": 3}", ": 10**400}"), 13, "params gives depth the value 1000"),
        (GOOD.replace(": 3}", ": 10**9999}"), 13, "params gives depth the value of too many"),
        (GOOD.replace(": 3}", ": 'x' * 10**4}"), 13, "params is longer than 10,000 characters"),
        ("x = '\0'\n", 1, "SyntaxError: source code string cannot contain null bytes"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_place(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    found = fault(tmp_path / "bad.py", text)
    assert message in found.reason
    assert found.line == line
    assert "\n" not in str(found)
    assert str(found).startswith(f"{tmp_path / 'bad.py'}:{line}: ")


@pytest.mark.parametrize(
    "text", ["\x00", "\udcff", "x = " + "(" * 5000, "raise ValueError('x' * 10**6)"]
)
def test_odd_files_are_one_short_line(tmp_path: Path, text: str) -> None:
    assert len(fault(tmp_path / "bad.py", text).reason) <= 400


def test_an_error_in_a_helper_is_told_at_the_line_that_led_to_it(package: Path) -> None:
    (package / "_helpers.py").write_text("def count(): raise ValueError('no')\n")
    text = f"from {package.name}._helpers import count\n\ncount()\n"
    found = fault(package / "bad.py", text, f"{package.name}.bad")
    assert (found.line, found.reason) == (3, "ValueError: no")


def test_a_syntax_error_in_a_helper_names_the_helper(package: Path) -> None:
    (package / "_helpers.py").write_text("\n\nx = = 1\n")
    text = f"\nimport {package.name}._helpers\n"
    found = fault(package / "bad.py", text, f"{package.name}.bad")
    assert found.line == 2
    assert f"{package / '_helpers.py'}:3: invalid syntax" in found.reason


def test_a_plugin_by_path_and_by_module(package: Path) -> None:
    (package / "tree.py").write_text(GOOD)
    assert isinstance(load_plugin(package / "tree.py", None), Plugin)
    assert load_plugin(package / "tree.py", f"{package.name}.tree").title == "A tree"


def test_ctrl_c_while_importing_passes(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        load_plugin(tmp_path / "bad.py", None)


def test_a_path_is_shown_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a" / "b.py") == "a/b.py"
    assert shown(Path("/elsewhere/b.py")) == "/elsewhere/b.py"
