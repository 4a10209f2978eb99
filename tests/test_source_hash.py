from __future__ import annotations

from pathlib import Path

import pytest

from suite import source_hash as source_hash_module
from suite.errors import PluginError
from suite.source_hash import source_hash

CODE = '''"""Module."""
from ._helpers import double


def f(a, *, b=None):
    """What it does."""
    # why
    return f"{double(a)!r:>{b}}" + "x" * 0
'''
HELPERS = "from pkg._deep import Deep\nimport pkg.public\n\n\ndef double(a):\n    return 2 * a\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "pkg"
    folder.mkdir()
    for stem, text in {
        "__init__": "", "model": CODE, "_helpers": HELPERS, "_deep": "class Deep: ...\n",
        "_unused": "x = 1\n", "public": "y = 1\n",
    }.items():  # fmt: skip
        (folder / f"{stem}.py").write_text(text)
    return folder


def digest(package: Path) -> str:
    return source_hash(package / "model.py", "pkg.model")


def test_the_value_does_not_depend_on_the_version_of_python(package: Path) -> None:
    # Measured with Python 3.11; other versions have to give the same.
    expected = "760935b376859d375fb480cb8f527ffd63b4b6f94989476b2e4bd84edf224c3e"
    assert digest(package) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""What it does."""', '"""Other words."""'),
        ('    """What it does."""\n', ""),
        ("# why", "# because"),
        ("def f(a, *, b=None):", "def f(\n    a,\n    *,\n    b = None,\n):"),
        ('"x" * 0', "('x') * (0)"),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(package: Path, old: str, new: str) -> None:
    before = digest(package)
    assert old in CODE
    (package / "model.py").write_text(CODE.replace(old, new))
    assert digest(package) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"x" * 0', '"x" * 1'),
        ('"x" * 0', '"x" * False'),
        ('"x" * 0', '"x" * 0.0'),
        ('"x" * 0', '"y" * 0'),
        ("b=None", "b=0"),
        ("b=None", "b"),
        ("!r", "!s"),
        ("def f", "def g"),
    ],
)
def test_code_counts(package: Path, old: str, new: str) -> None:
    before = digest(package)
    assert old in CODE
    (package / "model.py").write_text(CODE.replace(old, new))
    assert digest(package) != before


@pytest.mark.parametrize(
    ("stem", "counts"), [("_helpers", True), ("_deep", True), ("_unused", False), ("public", False)]
)
def test_helpers_count_if_they_are_imported(package: Path, stem: str, counts: bool) -> None:
    before = digest(package)
    with (package / f"{stem}.py").open("a") as file:
        file.write("CHANGED = 1\n")
    assert (digest(package) != before) == counts


@pytest.mark.parametrize(
    "line",
    [
        "from . import _helpers", "from ._helpers import double", "import pkg._helpers",
        "from pkg import _helpers", "def g():\n    from pkg._helpers import double",
    ],
)  # fmt: skip
def test_every_way_to_import_a_helper(package: Path, line: str) -> None:
    (package / "model.py").write_text(line + "\n")
    before = digest(package)
    (package / "_helpers.py").write_text("changed = 1\n")
    assert digest(package) != before


def test_helper_packages_and_import_cycles(package: Path) -> None:
    (package / "_layers").mkdir()
    (package / "_layers" / "__init__.py").write_text("from ._conv import x\n")
    conv = package / "_layers" / "_conv.py"
    conv.write_text("from .. import _layers\nfrom pkg import model\nx = 1\n")
    (package / "model.py").write_text("import pkg._layers\n")
    before = digest(package)
    conv.write_text("from .. import _layers\nx = 2\n")
    assert digest(package) != before


def test_a_file_outside_any_package(tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text("import _parts\n")
    (tmp_path / "_parts.py").write_text("x = 1\n")
    before = source_hash(mine, None)
    (tmp_path / "_parts.py").write_text("x = 2\n")
    assert source_hash(mine, None) != before
    (tmp_path / "other.py").write_text("import _parts\n")
    assert source_hash(tmp_path / "other.py", None) == source_hash(mine, None)


def test_modules_of_a_family_count_outside_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_hash_module, "PROJECT_ROOT", tmp_path)
    (tmp_path / "baselines").mkdir()
    (tmp_path / "elsewhere").mkdir()
    mine = tmp_path / "elsewhere" / "mine.py"
    mine.write_text("from baselines.svm import build\n")
    hashes = []
    for text in ("x = 1\n", "x = 2\n"):
        (tmp_path / "baselines" / "svm.py").write_text(text)
        hashes.append(source_hash(mine, None))
    assert hashes[0] != hashes[1]


def test_a_helper_that_is_no_python(package: Path) -> None:
    (package / "_helpers.py").write_text("x = = 1\n")
    before = digest(package)
    (package / "_helpers.py").write_text("x = = 2\n")
    assert digest(package) != before


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"gone\.py: can't be read"):
        source_hash(tmp_path / "gone.py", None)
