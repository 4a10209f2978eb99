"""What a plugin file may import, by its place."""

from __future__ import annotations

import pytest

from suite.checks.evidence import FileEvidence, Step
from suite.checks.file_rules import MOST_BYTES, hides_no_answers, imports, light_import, source
from suite.contract import Plugin, Source


def evidence(tmp_path, text, *, module=None, url=""):
    path = tmp_path / "mine.py"
    path.write_text(text)
    plugin = Plugin(
        title="t", family="classic", view="flat", build=lambda **given: None,
        parameters=lambda fitted: 1, source=Source(name="n", url=url),
    )  # fmt: skip
    return FileEvidence(path=path, module=module, imported=Step(status="ok"), plugin=plugin)


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("from suite.contract import Plugin\n", {}),
        ("from suite import contract\n", {}),
        ("from baselines._helpers import benchmark_source\n", {}),
        ("from ._helpers import x\n", {"module": "baselines.mine"}),
        ("from cnn._helpers import REQUIRES\n", {}),
        ("from cnn._helpers import REQUIRES\n", {"module": "cnn.mine"}),
        ("def f():\n    import numpy\n    import suite_of_others\n", {}),
    ],
)
def test_imports_that_are_fine(tmp_path, text, settings):
    file = evidence(tmp_path, text, **settings)
    assert imports(file) is None
    assert light_import(file) is None


@pytest.mark.parametrize(
    ("text", "settings", "line", "told"),
    [
        ("\nimport suite\n", {}, 2, "imports suite,"),
        ("from suite import api\n", {}, 1, "suite.api"),
        ("def f():\n    from suite.data import idx\n", {}, 2, "suite.data.idx"),
        ("from reports import rows\n", {}, 1, "reports.rows"),
        ("from baselines.svm import build\n", {}, 1, "baselines.svm.build"),
        ("from .svm import build\n", {"module": "baselines.mine"}, 1, "baselines.svm.build"),
        ("from cnn._helpers import R\n", {"module": "baselines.m"}, 1, "helpers of baselines"),
        ("from baselines._helpers import x\n", {"module": "cnn.mine"}, 1, "helpers of cnn"),
    ],
)
def test_imports_of_ours_that_are_not(tmp_path, text, settings, line, told):
    breach = imports(evidence(tmp_path, text, **settings))
    assert breach.place == line
    assert told in breach.message


@pytest.mark.parametrize(
    "text",
    ["import numpy\n", "try:\n    import keras\nexcept E: ...\n", "class A:\n    import keras\n"],
)
def test_libraries_are_imported_inside_functions(tmp_path, text):
    assert "outside a function" in light_import(evidence(tmp_path, text)).message


def test_what_is_imported_for_types_alone_is_free(tmp_path):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy\n"
    assert light_import(evidence(tmp_path, text)) is None


def test_a_helper_beside_the_file(tmp_path):
    (tmp_path / "_mine.py").touch()
    assert light_import(evidence(tmp_path, "import _mine\n")) is None
    assert light_import(evidence(tmp_path, "import _other\n")) is not None


@pytest.mark.parametrize("url", ["", "https://example.org", "http://127.0.0.1/a"])
def test_addresses(tmp_path, url):
    assert source(evidence(tmp_path, "", url=url)) is None


@pytest.mark.parametrize(
    "url", ["example.org", "ftp://example.org", "https://", "https://a b.org", "http://[", None]
)
def test_what_is_no_address(tmp_path, url):
    assert "source.url" in source(evidence(tmp_path, "", url=url)).message


WORDS = "many plain words of a docstring that explains itself, and so on. " * 100
CODED = "".join(f"{number:04d}" for number in range(MOST_BYTES // 4))


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (f'"""{WORDS}"""\n', {}),
        (f'def f():\n    """{WORDS}"""\n# {WORDS}\n', {}),
        (f"x = {CODED!r}\n", {}),  # to the byte
        ("x = 1\n", {"other.npy": 10**6, "mine.md": 10**6}),
        ("open('small.json')\n", {"small.json": 100}),
        (f'"""See https://example.org/{CODED}."""\n', {}),
    ],
)
def test_what_code_needs(tmp_path, text, files):
    for name, size in files.items():
        (tmp_path / name).write_bytes(bytes(size))
    assert hides_no_answers(evidence(tmp_path, text)) is None


@pytest.mark.parametrize(
    ("text", "files", "line", "told"),
    [
        (f"\nx = {CODED + 'x'!r}\n", {}, 2, "4,097 of them in"),
        (f"x = [\n{'1,' * 4_097}\n]\n", {}, 1, "4,097 bytes"),
        (f"x = {'7' * 9_900}\n".replace("= 7", "= 0x7"), {}, 1, "4,950 bytes"),
        (f"x = b'{CODED}' + b'0'\n", {}, 1, "4,097 bytes"),
        (f'"""{CODED}0"""\nx = 0\n', {}, 1, "4,097 of them"),
        (f"x = 0\n# {CODED}0\n", {}, 2, "4,097 of them"),
        (f"def f():\n    x = 0\n    return f'{CODED}{{x}}'\n", {}, 3, "4,096 of them"),
        ("open('data/a.npy')\n", {"a.npy": 4_096}, "PLUGIN", "a.npy"),
        ("open(__file__.with_suffix('.npz'))\n", {"mine.npz": 4_096}, "PLUGIN", "mine.npz"),
        ("import answers\n", {"answers.py": 4_097}, "PLUGIN", "answers.py"),
        ("import _answers\n", {"_answers.py": 4_097}, "PLUGIN", "_answers.py, line 1"),
    ],
)
def test_what_may_be_answers(tmp_path, text, files, line, told):
    for name, size in files.items():
        (tmp_path / name).write_bytes(b"0 " * (size // 2) + b"0" * (size % 2))
    breach = hides_no_answers(evidence(tmp_path, text))
    assert breach.place == line
    assert told in breach.message


def test_answers_in_a_helper_or_in_the_package(tmp_path):
    (tmp_path / "_mine.py").write_text(f"\nANSWERS = '{CODED}'\n")
    breach = hides_no_answers(evidence(tmp_path, "from _mine import ANSWERS\nx = 0\n"))
    assert "_mine.py, line 2" in breach.message
    (tmp_path / "notes.bin").write_bytes(bytes(5_000))
    breach = hides_no_answers(evidence(tmp_path, "x = 0\n", module=f"{tmp_path.name}.mine"))
    assert "notes.bin" in breach.message
