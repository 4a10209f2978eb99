from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from suite import registry as registry_module
from suite.contract import Plugin
from suite.errors import PluginError
from suite.loading import BrokenPluginError
from suite.registry import Registry, discover, install_command, load_plugin
from suite.source_hash import FAMILY_PACKAGES, PROJECT_ROOT

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


class Folder:
    """A package of plugin files that is importable while a test runs."""

    def __init__(self, root: Path, package: str) -> None:
        self.package = package
        self.path = root / package
        self.path.mkdir()
        self.write("__init__", "")

    def write(self, stem: str, text: str) -> Path:
        file = self.path / f"{stem}.py"
        file.write_text(text)
        return file

    def discover(self, *files: Path) -> Registry:
        return discover(files, packages={self.package: self.path})

    def broken(self, text: str) -> tuple[int, str]:
        """Line and message of the one broken file; a good file beside it must still be found."""
        self.write("good", GOOD)
        self.write("bad", text)
        found = self.discover()
        assert list(found.models) == ["good"]
        assert [b.path for b in found.broken] == [self.path / "bad.py"]
        return found.broken[0].line, found.broken[0].message


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry_module, "entry_points", lambda group: EntryPoints())
    return Folder(tmp_path.resolve(), f"plugins_{next(_numbers)}")


def test_every_plugin_of_the_project_is_found_and_sound() -> None:
    found = discover()
    files = [f for p in FAMILY_PACKAGES for f in (PROJECT_ROOT / p).glob("[!_]*.py")]
    assert not found.broken
    assert {model.path for model in found.models.values()} >= set(files)
    assert list(found.models) == sorted(found.models)


def test_finds_files_without_underscore(folder: Folder) -> None:
    folder.write("My-Tree", GOOD)
    folder.write("_helpers", "raise ValueError")
    folder.write(".hidden", "raise ValueError")
    (folder.path / "folder.py").mkdir()
    found = folder.discover()
    assert list(found.models) == ["my_tree"]
    assert not found.broken
    assert found.models["my_tree"].module == f"{folder.package}.My-Tree"
    assert found.models["my_tree"].path == folder.path / "My-Tree.py"
    assert found.families == ("classic",)


def test_a_missing_package_folder_is_an_empty_one(tmp_path: Path, folder: Folder) -> None:
    assert discover(packages={"nothing": tmp_path / "nothing"}).models == {}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\ny = (\n", 2, "SyntaxError: '(' was never closed"),
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
        (GOOD.replace('title="A tree", ', ""), 13, "missing 1 required keyword-only argument"),
        (GOOD.replace("threads, depth", "threads"), 4, "got an unexpected keyword argument 'depth'"),
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
    ],
)
def test_a_broken_file_is_one_line_and_the_others_are_found(
    folder: Folder, text: str, line: int, message: str
) -> None:
    found_line, found_message = folder.broken(text)
    assert message in found_message
    assert "\n" not in found_message
    assert found_line == line


def test_an_error_in_a_helper_is_told_at_the_line_that_led_to_it(folder: Folder) -> None:
    folder.write("_helpers", "def count(): raise ValueError('no')\n")
    text = f"from {folder.package}._helpers import count\n\ncount()\n"
    assert folder.broken(text) == (3, "ValueError: no")


def test_a_syntax_error_in_a_helper_names_the_helper(folder: Folder) -> None:
    helper = folder.write("_helpers", "\n\nx = = 1\n")
    line, message = folder.broken(f"\nimport {folder.package}._helpers\n")
    assert line == 2
    assert f"{helper}:3: invalid syntax" in message


def test_ctrl_c_while_importing_passes(folder: Folder) -> None:
    folder.write("bad", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        folder.discover()


def test_a_package_of_the_same_name_elsewhere_is_told(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("tree", GOOD)
    (tmp_path / "first").mkdir()
    other = Folder(tmp_path / "first", folder.package)
    other.write("tree", GOOD)
    monkeypatch.syspath_prepend(tmp_path / "first")
    found = folder.discover()
    assert not found.models
    assert "another package has that name" in found.broken[0].message


def test_of_two_files_with_one_name_the_second_is_refused(folder: Folder) -> None:
    folder.write("a-b", GOOD)
    folder.write("a_b", GOOD)
    found = folder.discover()
    assert found.models["a_b"].path == folder.path / "a-b.py"
    assert found.broken[0].path == folder.path / "a_b.py"
    assert "a-b.py" in found.broken[0].message


def test_files_named_by_the_user(folder: Folder, tmp_path: Path) -> None:
    folder.write("inside", GOOD)
    mine = tmp_path / "my-tree.py"
    mine.write_text(GOOD)
    found = folder.discover(mine, folder.path / "inside.py")
    assert list(found.models) == ["inside", "my_tree"]
    assert found.models["my_tree"].module is None
    assert not list(tmp_path.glob("__pycache__"))


def test_a_file_named_again_after_an_edit_is_read_anew(folder: Folder, tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    titles = []
    for title in ("A tree", "B tree"):
        mine.write_text(GOOD.replace("A tree", title))
        titles.append(folder.discover(mine).models["mine"].plugin.title)
    assert titles == ["A tree", "B tree"]


def test_a_file_may_use_the_helpers_of_a_family(folder: Folder, tmp_path: Path) -> None:
    folder.write("_helpers", "DEPTH = 9\n")
    mine = tmp_path / "mine.py"
    mine.write_text(
        f"from {folder.package}._helpers import DEPTH\n" + GOOD.replace(": 3}", ": DEPTH}")
    )
    assert folder.discover(mine).models["mine"].plugin.params == {"depth": 9}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("mine.py", "\n1 / 0\n", "mine.py:2: ZeroDivisionError"),
        ("mine.txt", GOOD, "expected a Python file"),
        ("inside.py", GOOD, "the name 'inside' is taken by"),
        ("my model.py", GOOD, "is no name for a model"),
    ],
)
def test_a_file_named_by_the_user_must_be_usable(
    folder: Folder, tmp_path: Path, name: str, text: str, message: str
) -> None:
    folder.write("inside", GOOD)
    (tmp_path / name).write_text(text)
    with pytest.raises(PluginError, match=message):
        folder.discover(tmp_path / name)


def test_a_file_that_is_not_there(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"nowhere\.py"):
        folder.discover(tmp_path / "nowhere.py")


@pytest.fixture
def offer(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    def install(name: str, value: str) -> None:
        point = EntryPoint(name, value, "suite.models")
        monkeypatch.setattr(registry_module, "entry_points", lambda group: EntryPoints([point]))

    return install


def test_entry_points(folder: Folder, offer: Callable[[str, str], None]) -> None:
    file = folder.write("tree", GOOD)
    offer("their-tree", f"{folder.package}.tree:PLUGIN")
    model = discover(packages={}).models["their_tree"]
    assert (model.path, model.module) == (file, f"{folder.package}.tree")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("no_such_package.tree:PLUGIN", "No module named 'no_such_package'"),
        ("suite.contract:Plugin", "expected one ending in :PLUGIN"),
        ("suite.contract:PLUGIN", "defines no PLUGIN"),
    ],
)
def test_entry_points_that_are_broken(
    folder: Folder, offer: Callable[[str, str], None], value: str, message: str
) -> None:
    folder.write("tree", GOOD)
    offer("theirs", value)
    found = folder.discover()
    assert list(found.models) == ["tree"]
    assert message in found.broken[0].message


def test_an_entry_point_does_not_replace_a_model(
    folder: Folder, offer: Callable[[str, str], None]
) -> None:
    folder.write("tree", GOOD)
    offer("tree", f"{folder.package}.tree:PLUGIN")
    found = folder.discover()
    assert found.models["tree"].module == f"{folder.package}.tree"
    assert "the name 'tree' is taken by" in found.broken[0].message


def test_what_a_plugin_prints_goes_to_standard_error(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write("tree", "print('loud')\n" + GOOD)
    folder.discover()
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "loud\n")


def test_missing_libraries_are_found_without_importing(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fakelib.py").write_text("raise SystemExit\n")
    (tmp_path / "only_a_folder").mkdir()
    monkeypatch.setitem(sys.modules, "blocked", None)
    requires = "('fakelib.part', 'nolib|fakelib', 'nolib|blocked', 'only_a_folder')"
    folder.write("tree", GOOD.replace("requires=()", f"requires={requires}"))
    model = folder.discover().models["tree"]
    assert model.missing == ("nolib|blocked", "only_a_folder")
    assert model.install_hint == "pip install nolib only_a_folder"
    assert "fakelib" not in sys.modules


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        ((), ""),
        (("lightgbm",), "pip install -e '.[classic]'"),
        (("lightgbm", "keras"), "pip install -e '.[cpu]'"),
        (("keras", "torch|jax"), "pip install -e '.[cpu]' torch"),
        (("sklearn.svm", "sklearn.tree"), "pip install scikit-learn"),
    ],
)
def test_install_commands(missing: tuple[str, ...], command: str) -> None:
    assert install_command(missing) == command


def test_load_plugin_by_path_and_by_module(folder: Folder) -> None:
    file = folder.write("tree", GOOD)
    assert isinstance(load_plugin(file, None), Plugin)
    assert load_plugin(file, f"{folder.package}.tree").title == "A tree"
    with pytest.raises(BrokenPluginError):
        load_plugin(file, f"{folder.package}.other")
