"""The parts of the script that tries what a pull request brings."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
Markup = Callable[[str], list[Any]]

HOSTILE = [
    "[a link](https://evil.example) ![a picture](https://evil.example/x.png)",
    "**bold** <img src=x> <https://evil.example>",
    "# A heading", "- item", "", "    code", "```", "~~~~", "`````` text", "<h1>", "a\rb\x1b[31m",
]  # fmt: skip


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / ".ci"))
        yield import_module("contribution")
        for name in ("contribution", "changes", "recorded", "texts"):
            del sys.modules[name]


def change(path: str, status: str = "M", mode: str = "100644") -> Any:
    return sys.modules["changes"].Change(path, status, mode)


def test_paths_are_sorted_into_what_has_to_be_tried(script: ModuleType) -> None:
    what = script.touched([
        change("baselines/knn.py"), change("cnn/_helpers.py", "D"), change("cnn/notes.md"),
        change("baselines/svm.py", "D"), change("suite/errors.py"),
        change("results/mnist/holdout-standard/knn/seed-0.json"), change("README.md"),
    ])  # fmt: skip
    assert what == script.Touched(("./baselines/knn.py",), ("svm",), ("cnn",), True, (), 3)
    assert script.touched([change("README.md")]) == script.Touched(elsewhere=1)
    assert script.touched([change("baselines/deeper/no.py")]).helpers == ("baselines",)


@pytest.mark.parametrize(
    "path",
    [
        "baselines/--help.py",
        "baselines/knn[p=1].py",
        "cnn/a\n# heading.py",
        "cnn/A.py",
        f"cnn/{'a' * 61}.py",
        "baselines/a b.py",
        "baselines/.a.py",
        "cnn/a,knn.py",
    ],
)
def test_a_name_that_says_something_else_is_refused(script: ModuleType, path: str) -> None:
    what = script.touched([change(path, "A")])
    assert what.models == ()
    (reason,) = what.refused
    assert ascii(path) in reason
    assert script.touched([change(path, "D")]) == script.Touched()


@pytest.mark.parametrize("path", ["baselines/a.py", "results/mnist/full-paper/a/seed-0.npz"])
def test_a_link_is_refused(script: ModuleType, path: str) -> None:
    assert "regular file" in script.touched([change(path, "A", "120000")]).refused[0]


def test_a_change_without_models_needs_nothing(script: ModuleType) -> None:
    assert script.commands(script.Touched(), (), "digits") == []
    what = script.Touched(records=True)
    assert script.commands(what, (), "digits") == [["validate", "--", "results"]]


def test_plugins_are_named_by_their_files_each_by_itself(script: ModuleType) -> None:
    what = script.Touched(("./baselines/a.py", "./cnn/b.py"))
    first, second, run, other, _ = script.commands(what, (), "digits")
    assert first == ["check", "--", "./baselines/a.py"]
    assert second == ["check", "--", "./cnn/b.py"]
    assert run[-1] == "--models=./baselines/a.py"
    assert other[-1] == "--models=./cnn/b.py"


def test_helpers_are_tried_with_every_plugin_and_one_run(script: ModuleType) -> None:
    check, run, validate = script.commands(script.Touched(helpers=("cnn",)), (), "digits")
    assert check == ["check", "--all"]
    assert run[-1] == "--models=./cnn/machine_learning_mastery.py/default"
    assert validate[0] == "validate"
    for path in script.PROBES.values():
        assert (ROOT / path.partition(".py")[0]).with_suffix(".py").is_file()


def test_nothing_that_a_plugin_prints_is_markup(script: ModuleType, markup: Markup) -> None:
    outcomes = [script.Outcome("`suite check`", False, tuple(HOSTILE))]
    tokens = markup(script.summary(script.Touched(), (), (), outcomes))
    kinds = [token.type for token in tokens]
    assert kinds.count("fence") == 1
    assert {"link_open", "image", "strong_open", "html_inline", "html_block"}.isdisjoint(kinds)
    assert kinds.count("heading_open") == 1
    (fence,) = [token for token in tokens if token.type == "fence"]
    assert fence.content.splitlines() == [*HOSTILE[:-1], r"a\rb\x1b[31m"]


def test_rows_show_titles_as_they_are(script: ModuleType, tmp_path: Path, markup: Markup) -> None:
    row = {"title": "[a](https://e.example) https://e.example www.e.example **b** | c",
           "label": "a", "dataset": "mnist", "runs": 1, "failed": 0}  # fmt: skip
    file = tmp_path / "leaderboard.json"
    file.write_text(json.dumps({"rows": [row, row | {"label": "other"}]}))
    text = script.rows_of(file, lambda one: one["label"] == "a")
    kinds = [token.type for token in markup(text)]
    assert kinds.count("tr_open") == 2
    assert {"link_open", "strong_open", "image"}.isdisjoint(kinds)
    # GitHub makes links of bare addresses, unless they are spelled otherwise.
    assert "://" not in text
    assert "www." not in text
    file.write_text('{"rows": [{"title": 1}, 2]}')
    assert script.rows_of(file, lambda one: True) == "They can't be read."


def test_no_line_of_the_log_is_a_command_to_the_workflow(script: ModuleType) -> None:
    logged = sys.modules["texts"].logged
    assert logged("::add-mask::a") == "| ::add-mask::a"
    assert "##[" not in logged("a ##[error]b")
    assert len(logged("a" * 10_000)) < 400
