"""Branches that cheat, and what a maintainer sees of that in the pull-request job's summary."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ci.branches import NUMPY, RECORD, contribute, git, record, rewrite

PRINTING = r"""
import os
for text in (b"::error::forged", b"##[error]forged", b"# Forged", b"**passed**: all", b"a\rb"):
    os.write(1, text + b"\n")
"""


def test_scripts_and_suite_of_a_branch_are_listed_and_never_used(checkout: Path) -> None:
    (checkout / RECORD).write_text("{}")
    everything_is_well = "import sys\nprint('all is well')\nsys.exit(0)\n"
    for name in ("suite/cli/validate.py", "suite/__main__.py", "suite/audit/finding.py",
                 ".ci/contribution.py", ".github/workflows/a.yml", "baselines/_answers.txt",
                 "results/notes.toml", "conftest.py", "suite/`**x**`@all.py"):  # fmt: skip
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(everything_is_well)
    done = contribute(checkout)
    listed = re.findall(r"^- (\*\*)?(`+) (.*) \2(?:\*\*)?$", done.summary, re.MULTILINE)
    assert [path for bold, _, path in listed if bold] == [
        ".ci/contribution.py", ".github/workflows/a.yml", "baselines/_answers.txt",
        "results/notes.toml", "suite/__main__.py", "suite/`**x**`@all.py",
        "suite/audit/finding.py", "suite/cli/validate.py",
    ]  # fmt: skip
    assert [path for bold, _, path in listed if not bold] == ["conftest.py"]
    assert done.summary.index("conftest.py") > done.summary.index("suite/cli/validate.py")
    assert re.search("FAILED.*: `suite validate -- results`: errors: [1-9]", done.summary)
    assert done.status == 1
    tree = checkout / "build" / "contribution" / "base"
    assert git(tree, "diff", "--name-only", "origin/main", "HEAD") == RECORD


def test_what_a_plugin_prints_is_no_command_and_no_markup(
    checkout: Path, markup: Callable[[str], list[Any]]
) -> None:
    (checkout / "baselines" / "talking.py").write_text(NUMPY + PRINTING)
    done = contribute(checkout)
    # It is imported in a process of its own, and spoils no command's output.
    assert "FAILED" not in done.summary
    assert "forged" in done.log
    assert not re.search(r"^(::|##\[)|##\[", done.log, re.MULTILINE)
    assert "\r" not in done.log + done.summary
    shown = "".join(token.content for token in markup(done.summary) if token.type == "fence")
    assert shown.count("# Forged") == done.summary.count("# Forged") > 0
    assert done.status == 0


def test_copied_predictions_are_seen(checkout: Path) -> None:
    (checkout / "baselines" / "nearest_mean.py").write_text(NUMPY)
    record(checkout, "nearest_mean", "0,")
    results = checkout / "results" / "digits" / "holdout-smoke"
    copied = results / "gaussian_nb" / "seed-0"
    own = results / "nearest_mean" / "seed-0"
    shutil.copy(copied.with_suffix(".npz"), own.with_suffix(".npz"))
    content = json.loads(copied.with_suffix(".json").read_text())
    # Of probabilities only the one who has them can have a log loss.
    facts = {name: content[name] for name in ("arrays_sha256", "log_loss")}
    rewrite(own.with_suffix(".json"), **facts)
    done = contribute(checkout)
    assert re.search(
        r"^(warning|error): digits/holdout-smoke/nearest_mean/seed-0.json: arrays_sha256: expected "
        r"predictions of its own for each model and dataset; found those of \S+/gaussian_nb/",
        done.summary, re.MULTILINE,
    )  # fmt: skip
    # And the run gives others.
    assert "**FAILED**: ` digits/holdout-smoke/nearest_mean/seed-0 ` done again" in done.summary
    assert "different: " in done.summary
    assert done.status == 1


@pytest.mark.parametrize(
    ("sandbox", "status", "said"),
    [
        ("none: no Landlock", 0, "**New records were made without a sandbox:**\n\n```text\n"
         "digits/holdout-smoke/nearest_centroid/seed-2: none: no Landlock\n```"),
        (None, 1, "**FAILED**: new records don't say in which sandbox they were made: run them "
         "again with the base's suite\n\n```text\ndigits/holdout-smoke/nearest_centroid/seed-2"),
    ],
)  # fmt: skip
def test_records_of_no_sandbox_are_seen(
    checkout: Path, sandbox: str | None, status: int, said: str
) -> None:
    record(checkout, "nearest_centroid", "2,")
    rewrite(checkout / RECORD.replace("seed-0", "seed-2"), {"sandbox": sandbox})
    done = contribute(checkout)
    assert said in done.summary
    assert done.status == status, done.log


def test_a_long_run_is_not_done_again_and_that_is_said(checkout: Path) -> None:
    record(checkout, "nearest_centroid", "2,")
    file = checkout / RECORD.replace("seed-0", "seed-2")
    rewrite(file, fit_wall_seconds=601.0)
    done = contribute(checkout)
    assert "**No new record is of less than ten minutes: none was done again.**" in done.summary
    assert "done again, drawn" not in done.summary


def test_a_branch_whose_files_fit_nowhere_is_told(checkout: Path) -> None:
    place = checkout / "baselines" / "later.py"
    place.mkdir()
    (place / "inner.py").write_text("")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "a folder")
    git(checkout, "checkout", "--quiet", "main")
    place.write_text(NUMPY)
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "a file")
    git(checkout, "checkout", "--quiet", "change")
    done = contribute(checkout)
    assert "'baselines/later.py': File exists. Expected files of the branch that fit" in done.log
    assert "Traceback" not in done.log
    assert done.status == 2
