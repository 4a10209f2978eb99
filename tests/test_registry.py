from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from suite import registry as registry_module
from suite.errors import PluginError
from suite.registry import Broken, Registry, discover, install_command
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


def test_a_broken_file_is_one_line_and_the_others_are_found(folder: Folder) -> None:
    folder.write("good", GOOD)
    bad = folder.write("bad", "x = 1\n1 / 0\n")
    found = folder.discover()
    assert list(found.models) == ["good"]
    assert found.broken == (
        Broken(path=bad, line=2, message="ZeroDivisionError: division by zero"),
    )
    assert str(found.broken[0]) == f"{bad}:2: ZeroDivisionError: division by zero"


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


def test_files_named_by_the_user(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    folder.write("inside", GOOD)
    mine = tmp_path / "my-tree.py"
    mine.write_text(GOOD)
    found = folder.discover(mine, folder.path / "inside.py")
    assert list(found.models) == ["inside", "my_tree"]
    assert found.models["my_tree"].module is None
    assert not list(tmp_path.glob("__pycache__"))


def test_a_file_named_again_after_an_edit_is_read_anew(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
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
    (tmp_path / "circle.py").symlink_to(tmp_path / "circle.py")
    for file in (tmp_path / "nowhere.py", tmp_path / "circle.py", Path("~nobody-of-this-name/x.py"),
                 Path("x" * 300 + ".py")):  # fmt: skip
        with pytest.raises(PluginError, match=r"expected a Python file \(\.py\), there is none"):
            folder.discover(file)


def test_the_file_name_of_a_model_in_another_folder(folder: Folder, tmp_path: Path) -> None:
    folder.write("inside", GOOD)
    with pytest.raises(PluginError, match=r"there is none\. The model inside is .*inside\.py"):
        folder.discover(tmp_path / "inside.py")


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
    folder: Folder, capfd: pytest.CaptureFixture[str]
) -> None:
    folder.write("tree", "print('loud')\n" + GOOD)
    folder.discover()
    captured = capfd.readouterr()
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
