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
    taken = [
        change("baselines/knn.py"), change("baselines/svm.py", "D"), change("cnn/_helpers.py", "D"),
        change("cnn/deeper/no.py"), change("results/mnist/holdout-standard/knn/seed-0.json"),
    ]  # fmt: skip
    left = [change(path) for path in (
        "README.md", "cnn/_weights.npz", "cnn/notes.md", "pyproject.toml", "results/notes.toml",
        "suite/errors.py",
    )]  # fmt: skip
    assert script.touched([*taken, *left]) == script.Touched(
        models=("./baselines/knn.py",),
        removed=("svm",),
        helpers=("cnn",),
        records=True,
        taken=tuple(taken),
        judging=("cnn/_helpers.py", "cnn/deeper/no.py", "cnn/_weights.npz", "results/notes.toml",
                 "suite/errors.py"),
        others=("README.md", "cnn/notes.md", "pyproject.toml"),
    )  # fmt: skip


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
    (reason,) = what.refused
    assert ascii(path) in reason
    assert what == script.Touched(refused=(reason,))
    gone = change(path, "D")
    assert script.touched([gone]) == script.Touched(taken=(gone,))


@pytest.mark.parametrize("path", ["baselines/a.py", "results/mnist/full-paper/a/seed-0.npz"])
def test_a_link_is_refused(script: ModuleType, path: str) -> None:
    what = script.touched([change(path, "A", "120000")])
    assert "regular file" in what.refused[0]
    assert what == script.Touched(refused=what.refused)


def test_a_change_without_models_needs_nothing(script: ModuleType) -> None:
    assert script.commands(script.Touched(others=("README.md",)), (), "digits") == []


def test_plugins_are_named_by_their_files_each_by_itself(script: ModuleType) -> None:
    what = script.Touched(("./baselines/a.py", "./cnn/b.py"))
    first, second, run, other = script.commands(what, (), "digits")
    assert first == ["check", *script.SANDBOX, "--", "./baselines/a.py"]
    assert second == ["check", *script.SANDBOX, "--", "./cnn/b.py"]
    assert set(script.SANDBOX) <= set(run)
    assert run[-1] == "--models=./baselines/a.py"
    assert other[-1] == "--models=./cnn/b.py"


def test_helpers_are_tried_with_every_plugin_and_one_run(script: ModuleType) -> None:
    check, run = script.commands(script.Touched(helpers=("cnn",)), (), "digits")
    assert check == ["check", *script.SANDBOX, "--all"]
    assert run[-1] == "--models=./cnn/machine_learning_mastery.py/default"
    for path in script.PROBES.values():
        assert (ROOT / path.partition(".py")[0]).with_suffix(".py").is_file()


def test_nothing_that_a_plugin_prints_is_markup(script: ModuleType, markup: Markup) -> None:
    outcomes = [script.Outcome("`suite check`", False, tuple(HOSTILE))]
    tokens = markup(script.summary(script.Touched(), (), (), outcomes))
    kinds = [token.type for token in tokens]
    assert kinds.count("fence") == 1
    assert {"link_open", "image", "html_inline", "html_block"}.isdisjoint(kinds)
    assert kinds.count("strong_open") == 1  # FAILED
    assert kinds.count("heading_open") == 2
    (fence,) = [token for token in tokens if token.type == "fence"]
    assert fence.content.splitlines() == [*HOSTILE[:-1], r"a\rb\x1b[31m"]


def test_a_summary_that_the_hosting_would_refuse_for_its_length_is_cut(script: ModuleType) -> None:
    outcomes = [script.Outcome("`suite check`", False, ("é" * 400,) * 400)] * 9
    text = script.summary(script.Touched(judging=("suite/a.py",)), (), ("**Seen**",), outcomes)
    assert len(text.encode()) <= 2**20
    assert text.index("This summary is cut") < text.index("**Seen**") < text.index("suite/a.py")


def test_rows_show_titles_as_they_are(script: ModuleType, tmp_path: Path, markup: Markup) -> None:
    row = {"title": "[a](https://e.example) https://e.example www.e.example **b** | c",
           "label": "a", "model": "a", "variant": "", "dataset": "mnist", "runs": 1, "failed": 0,
           "family": "cnn", "accuracy_mean": 0.9}  # fmt: skip
    file = tmp_path / "leaderboard.json"
    file.write_text(json.dumps({"rows": [row, row | {"model": "other"}]}))
    text = script.rows_of(file, {("mnist", "a")})
    kinds = [token.type for token in markup(text)]
    assert kinds.count("tr_open") == 2
    assert {"link_open", "strong_open", "image"}.isdisjoint(kinds)
    # GitHub makes links of bare addresses, unless they are spelled otherwise.
    assert "://" not in text
    assert "www." not in text
    file.write_text('{"rows": [{"title": 1}, 2]}')
    assert script.rows_of(file) == "They can't be read."


def test_a_row_stands_beside_the_best_other_of_its_family(
    script: ModuleType, tmp_path: Path
) -> None:
    rows = [
        {"title": name, "label": name, "model": name, "variant": "", "dataset": dataset,
         "family": family, "runs": 1, "failed": 0, "accuracy_mean": mean, "rank": 1}
        for name, dataset, family, mean in [
            ("a", "mnist", "cnn", 0.9), ("new", "mnist", "cnn", 0.99), ("b", "mnist", "cnn", 0.95),
            ("c", "mnist", "classic", 0.98), ("also_new", "mnist", "cnn", 0.98),
            ("new", "fashion", "cnn", 0.9), ("c", "fashion", "classic", 0.8),
        ]
    ]  # fmt: skip
    # One that only failed has no accuracy, and is nobody's best.
    rows.append({name: rows[0][name] for name in rows[0] if name != "accuracy_mean"})
    file = tmp_path / "leaderboard.json"
    file.write_text(json.dumps({"rows": rows}))
    entries = {("mnist", "new"), ("mnist", "also_new"), ("fashion", "new")}
    lines = script.rows_of(file, entries).splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [(line[1], line[3], *line[-2:]) for line in cells] == [
        ("mnist", "99.00", "b (b)", "95.00"), ("mnist", "98.00", "b (b)", "95.00"),
        ("fashion", "90.00", "–", "–"),
    ]  # fmt: skip


def test_the_record_that_is_done_again_is_drawn_by_lot_from_the_quick_ones(
    script: ModuleType,
) -> None:
    def made(place: str, seconds: Any, status: str = "ok") -> Any:
        content = {"fit_wall_seconds": seconds, "predict_wall_seconds": 1, "status": status}
        return script.RecordChange("added", place, content=content)

    folder = "mnist/holdout-standard"
    quick = [made(f"{folder}/knn/seed-{seed}", 598.9) for seed in range(20)]
    others = [
        made(f"{folder}/knn/seed-20", 599), made(f"{folder}/knn/seed-21", "1"),
        made(f"{folder}/knn/seed-22", float("nan")), made(f"{folder}/--help/seed-0", 1),
        made(f"{folder}/knn/seed-23", 1, "failed"), made(f"unverified/{folder}/knn/seed-0", 1),
        script.RecordChange("removed", f"{folder}/knn/seed-24"),
    ]  # fmt: skip
    drawn = [script.draw([*others, *quick], str(lot)) for lot in range(50)]
    assert drawn == [script.draw([*quick, *others], str(lot)) for lot in range(50)]
    assert set(map(str, drawn)) <= set(map(str, quick))
    assert len(set(map(str, drawn))) > 10
    assert script.draw(others, "1") is None


def test_no_line_of_the_log_is_a_command_to_the_workflow(script: ModuleType) -> None:
    logged = sys.modules["texts"].logged
    assert logged("::add-mask::a") == "| ::add-mask::a"
    assert "##[" not in logged("a ##[error]b")
    assert len(logged("a" * 10_000)) < 600
