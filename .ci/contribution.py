"""What a change brings, tried: plugins by `suite check` and a quick run, records by `validate`.

Ends with a summary in Markdown, in the file that `GITHUB_STEP_SUMMARY` names or on the terminal.
Whatever a stranger chose (names of files, what a plugin prints) is data in it: see `texts`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from changes import Touched, changes_since, starting_commit, touched
from recorded import RecordChange, left_behind, record_changes
from texts import block, logged, table

BUILD = Path("build/contribution")
# A helper reaches every plugin of its family: one of them is run, all are checked.
PROBES = {
    "baselines": "./baselines/nearest_centroid.py",
    "cnn": "./cnn/machine_learning_mastery.py/default",
}
LAST_LINES = 30
NOT_INSTALLED = "not installed here"
HOW_TO_INSTALL = (
    "This job installs what `pyproject.toml` and `constraints.txt` say and nothing else. Add the "
    "plugin's library to the extra `classic` of `pyproject.toml` and its version to "
    "`constraints.txt`, in this pull request (CONTRIBUTING.md, What is accepted)."
)


@dataclass(frozen=True)
class Outcome:
    """What came of a check: its name, whether it passed, and the lines that say why not."""

    name: str
    passed: bool
    said: tuple[str, ...] = ()


def commands(what: Touched, tables: Iterable[tuple[str, str]], datasets: str) -> list[list[str]]:
    """The suite's commands that check a change, in their order.

    Args:
        what: What is touched.
        tables: Protocol and preset of each table that records are added to or replaced in.
        datasets: What to run plugins on.
    """
    checks = [["check", "--", path] for path in what.models]
    if what.helpers:
        checks.append(["check", "--all"])
    # Each by itself, so that one that can't be run hides no other.
    selection = [*what.models, *(PROBES[family] for family in what.helpers)]
    quick = ["run", "--preset=quick", "--seeds=1", f"--datasets={datasets}"]
    quick += [f"--results={BUILD / 'results'}", f"--site={BUILD / 'site'}"]
    checks += [[*quick, f"--models={path}"] for path in selection]
    if selection:
        checks.append(["validate", "--", str(BUILD / "results")])
    if what.records:
        checks.append(["validate", "--", "results"])
    for protocol, preset in tables:
        checks.append(["report", f"--protocol={protocol}", f"--preset={preset}", "--no-charts",
                       f"--site={BUILD / f'{protocol}-{preset}'}"])  # fmt: skip
    return checks


def run(arguments: Sequence[str]) -> Outcome:
    """Call the suite; what it says goes to the log, and its end comes back as well."""
    print(f"$ suite {' '.join(arguments)}", flush=True)
    # Nothing by which a plugin meets the workflow's files by accident. It is no barrier: whoever
    # looks for them finds them in /proc/<parent>/environ (SECURITY.md).
    theirs = ("GITHUB_", "ACTIONS_", "RUNNER_")
    environment = {name: v for name, v in os.environ.items() if not name.startswith(theirs)}
    child = subprocess.Popen(
        [sys.executable, "-m", "suite", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env=environment,
    )  # fmt: skip
    assert child.stdout is not None
    lines: list[str] = []
    for line in child.stdout:
        print(logged(line.rstrip()), flush=True)
        lines = [*lines[1 - LAST_LINES :], line.rstrip()]
    return Outcome(f"`suite {' '.join(arguments)}`", child.wait() == 0, tuple(lines))


def verdicts(what: Touched, records: Sequence[RecordChange]) -> list[Outcome]:
    """What needs no command: names that can't be tried, and records that had to stay."""
    outcomes = []
    if what.refused:
        outcomes.append(Outcome("files that can't be tried", False, what.refused))
    lost = [str(record) for record in records if not record.may_change]
    if lost:
        name = "committed records were replaced or removed, made by code that has not changed"
        outcomes.append(Outcome(name, False, tuple(lost)))
    return outcomes


def rows_of(file: Path, wanted: Callable[[dict[str, Any]], bool]) -> str:
    """Rows of a `leaderboard.json` as Markdown; what can't be read says so."""
    columns = ("Model", "Dataset", "Rank", "%", "n", "Failed", "Parameters", "Training CPU s")
    try:
        rows = [row for row in json.loads(file.read_text(encoding="utf-8"))["rows"] if wanted(row)]
        return table(columns, [_cells(row) for row in rows]) if rows else "None."
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return "They can't be read."


def _cells(row: dict[str, Any]) -> list[object]:
    mean, deviation = row.get("accuracy_mean"), row.get("accuracy_std")
    accuracy = "–" if mean is None else f"{100 * mean:.2f}"
    accuracy += "" if deviation is None else f" ± {100 * deviation:.2f}"
    return [
        f"{row['title']} ({row['label']})", row["dataset"], row.get("rank") or "–", accuracy,
        row["runs"], row["failed"], _figure(row.get("parameter_count")),
        _figure(row.get("fit_cpu_seconds_mean")),
    ]  # fmt: skip


def _figure(number: float | None) -> str:
    """Three digits of what is small, all before the point of what is not: "0.0312", "1,234"."""
    if number is None:
        return "–"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def summary(
    what: Touched, records: Sequence[RecordChange], notes: Iterable[str], outcomes: list[Outcome]
) -> str:
    """All of it in Markdown."""
    parts = ["# What this change brings to the leaderboard"]
    kinds = [record.kind for record in records]
    counts = [f"{kinds.count(kind)} {kind}" for kind in ("added", "replaced", "removed")]
    parts.append(
        f"Models: {', '.join(Path(path).stem for path in what.models) or 'none'}. "
        f"Removed models: {', '.join(what.removed) or 'none'}. "
        f"Helpers: {', '.join(what.helpers) or 'none'}. "
        f"Records: {', '.join(counts) if records else 'unchanged'}. "
        f"Other files: {what.elsewhere}."
    )
    parts += notes
    for outcome in outcomes:
        parts.append(f"- {'passed' if outcome.passed else 'FAILED'}: {outcome.name}")
        if not outcome.passed:
            parts.append(block(outcome.said))
            if any(NOT_INSTALLED in line for line in outcome.said):
                parts.append(HOW_TO_INSTALL)
    if records:
        parts += ["## Records", block(map(str, records))]
    for (protocol, preset), entries in contributed(records).items():
        parts.append(f"### Rows of these records: protocol {protocol}, preset {preset}")
        file = BUILD / f"{protocol}-{preset}" / "leaderboard.json"
        parts.append(rows_of(file, _are_of(entries)))
    quick = BUILD / "site" / "leaderboard.json"
    if quick.is_file():
        parts.append("## Rows of the quick run (6,000 training images, one seed; not to be quoted)")
        parts.append(rows_of(quick, lambda _: True))
    return "\n\n".join(parts) + "\n"


def _are_of(entries: set[tuple[str, str]]) -> Callable[[dict[str, Any]], bool]:
    def wanted(row: dict[str, Any]) -> bool:
        name = f"{row['model']}--{row['variant']}" if row["variant"] else row["model"]
        return (row["dataset"], name) in entries

    return wanted


def contributed(records: Iterable[RecordChange]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Dataset and entry of the records that are new or other than before, by their table."""
    entries: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for record in records:
        if record.kind != "removed" and record.table is not None:
            entries.setdefault(record.table, set()).add(record.entry)
    return entries


def main(base: str) -> int:
    """Check everything, tell everything, and fail if anything failed."""
    start = starting_commit(base)
    changes = changes_since(start)
    what, records = touched(changes), record_changes(changes, start)
    shutil.rmtree(BUILD, ignore_errors=True)
    datasets = os.environ.get("CONTRIBUTION_DATASETS", "fashion,mnist")
    # Before a plugin runs, which could change what is told.
    notes, outcomes = list(left_behind(start)), verdicts(what, records)
    outcomes += [run(arguments) for arguments in commands(what, contributed(records), datasets)]
    text = summary(what, records, notes, outcomes)
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: contribution.py BASE")
    sys.exit(main(sys.argv[1]))
