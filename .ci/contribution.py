"""What a change touches, checked: plugins by `suite check` and a quick run, records by `validate`.

Ends with a summary in Markdown, in the file that `GITHUB_STEP_SUMMARY` names or on the terminal.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FAMILIES = ("baselines", "cnn")
BUILD = Path("build/contribution")
# A helper reaches every plugin of its family: one of them is run, all are checked.
PROBES = {"baselines": "nearest_centroid", "cnn": "machine_learning_mastery/default"}


@dataclass(frozen=True)
class Touched:
    """What a change touches.

    Attributes:
        models: Names of the plugins that were added or changed.
        helpers: Families whose helpers were.
        records: Whether files below `results/` were.
    """

    models: tuple[str, ...]
    helpers: tuple[str, ...]
    records: bool


def touched(paths: Iterable[str]) -> Touched:
    """Sort changed paths, relative to the project and with forward slashes."""
    models, helpers, records = set(), set(), False
    for path in map(PurePosixPath, paths):
        folder = path.parts[0]
        if folder == "results":
            records = True
        elif folder in FAMILIES and len(path.parts) == 2 and path.suffix == ".py":
            if path.name.startswith("_"):
                helpers.add(folder)
            else:
                models.add(path.stem)
    return Touched(tuple(sorted(models)), tuple(sorted(helpers)), records)


def changed_paths(base: str) -> list[str]:
    """Paths that differ between the commit where the change starts and now, but for deleted ones.

    Raises:
        SystemExit: `base` is no commit here.
    """
    done = subprocess.run(
        ["git", "diff", "--name-only", "--diff-filter=d", "-z", f"{base}...HEAD", "--"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"error: {base}: expected a commit of this repository: {done.stderr.strip()}")
    return [path for path in done.stdout.split("\0") if path]


def commands(what: Touched, datasets: str) -> list[list[str]]:
    """The suite's commands that check a change, in their order."""
    checks = []
    if what.helpers:
        checks.append(["check", "--all"])
    elif what.models:
        checks.append(["check", *what.models])
    selection = [*what.models, *(PROBES[family] for family in what.helpers)]
    if selection:
        run = ["run", "--preset", "quick", "--seeds", "1", "--datasets", datasets]
        run += ["--models", ",".join(selection)]
        run += ["--results", str(BUILD / "results"), "--site", str(BUILD / "site")]
        checks.append(run)
        checks.append(["validate", str(BUILD / "results")])
    if what.records:
        checks.append(["validate", "results"])
    return checks


def run(arguments: Sequence[str]) -> tuple[int, str]:
    """Call the suite; what it says goes to the terminal, and its end comes back as well."""
    print(f"$ suite {' '.join(arguments)}", flush=True)
    # A plugin that is not trusted yet has no business with the files that steer the workflow.
    theirs = ("GITHUB_", "ACTIONS_", "RUNNER_")
    environment = {name: v for name, v in os.environ.items() if not name.startswith(theirs)}
    child = subprocess.Popen(
        [sys.executable, "-m", "suite", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env=environment,
    )  # fmt: skip
    assert child.stdout is not None
    lines = []
    for line in child.stdout:
        print(line, end="", flush=True)
        lines.append(line.rstrip())
    return child.wait(), "\n".join(lines[-30:])


def summary(what: Touched, outcomes: Sequence[tuple[Sequence[str], int, str]]) -> str:
    """The outcome in Markdown, with the rows of the quick run."""
    parts = ["# What this change brings to the leaderboard"]
    parts.append(
        f"Models: {', '.join(what.models) or 'none'}. "
        f"Helpers: {', '.join(what.helpers) or 'none'}. "
        f"Records: {'changed' if what.records else 'unchanged'}."
    )
    for arguments, status, said in outcomes:
        parts.append(f"- {'passed' if status == 0 else 'FAILED'}: `suite {' '.join(arguments)}`")
        if status:
            # Four spaces make it code: what a plugin printed can't become markup.
            parts.append("\n".join(f"    {line}" for line in ("", *said.splitlines())))
    rows = BUILD / "site" / "leaderboard.md"
    if rows.is_file():
        parts.append("Rows of the quick run (6,000 training images, one seed; not to be quoted):")
        parts.append(rows.read_text(encoding="utf-8"))
    return "\n\n".join(parts) + "\n"


def main(base: str) -> int:
    """Check everything, tell everything, and fail if anything failed."""
    what = touched(changed_paths(base))
    shutil.rmtree(BUILD, ignore_errors=True)
    datasets = os.environ.get("CONTRIBUTION_DATASETS", "fashion,mnist")
    outcomes = []
    for arguments in commands(what, datasets):
        outcomes.append((arguments, *run(arguments)))
    text = summary(what, outcomes)
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text)
    return 1 if any(status for _, status, _ in outcomes) else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: contribution.py BASE")
    sys.exit(main(sys.argv[1]))
