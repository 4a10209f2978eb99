"""What a branch brings, tried on its base.

Plugins by `suite check` and a quick run, records by `validate`, one of them, drawn by lot, by
`verify`. Runs in a clone of the base, whose scripts and suite these are, with the branch's models
and records laid over it.

Ends with a summary in Markdown, in the file that `GITHUB_STEP_SUMMARY` names or on the terminal.
Whatever a stranger chose (names of files, what a plugin prints) is data in it: see `texts`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from changes import NAME, RECORDS, Change, Touched, changes_between, git, touched
from recorded import RecordChange, left_behind, record_changes
from texts import block, code, logged, table

from suite.audit.finding import Finding
from suite.records.record import model_of

# Beside the clone of the base.
BUILD = Path("..")
# Of a run that may do what it likes a summary can say nothing.
SANDBOX = ("--require-sandbox",)
# A helper reaches every plugin of its family: one of them is run, all are checked.
PROBES = {
    "baselines": "./baselines/nearest_centroid.py",
    "cnn": "./cnn/machine_learning_mastery.py/default",
}
QUICK_SECONDS = 600.0
# This machine may be much slower than the one that the record names.
VERIFY_TIMEOUT = "45m"
LAST_LINES = 30
MOST_PATHS = 500
# The hosting shows nothing of a summary of more than a MiB.
MOST_BYTES = 1_000_000
NOT_INSTALLED = "not installed here"
HOW_TO_INSTALL = (
    "This job installs what `pyproject.toml` and `constraints.txt` say on the base, and nothing "
    "that a branch names. For a maintainer: merge the library's lines first, by themselves "
    "(CONTRIBUTING.md, What is accepted), and run this job again; or try the plugin where the "
    "library is installed, by `PYTHON=python .ci/contribution main`."
)


@dataclass(frozen=True)
class Outcome:
    """What came of a check.

    Attributes:
        name: What was checked, in Markdown.
        passed: Whether it passed.
        said: What it said.
        is_shown: Whether that is shown though it passed.
    """

    name: str
    passed: bool
    said: tuple[str, ...] = ()
    is_shown: bool = False


def take(changes: Iterable[Change]) -> None:
    """Lay files of the branch over the base, and commit them: HEAD is then what is judged.

    Byte for byte, so that no attribute or filter of git changes a record.

    Raises:
        OSError: A file of the branch can't be where the base has a folder, or the other way.
    """
    ordered = sorted(changes, key=lambda change: change.status != "D")
    for change in ordered:
        path = Path(change.path)
        if change.status == "D":
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(git("cat-file", "blob", change.blob))
    lines = (f"{change.mode} {change.blob}\t{change.path}\0" for change in ordered)
    git("update-index", "-z", "--index-info", given=os.fsencode("".join(lines)))
    tree = git("write-tree").decode().strip()
    author = ("-c", "user.name=contribution", "-c", "user.email=contribution@localhost")
    made = git(*author, "commit-tree", "-p", "HEAD", "-m", "The branch on its base", tree)
    git("update-ref", "HEAD", made.decode().strip())


def commands(what: Touched, tables: Iterable[tuple[str, str]], datasets: str) -> list[list[str]]:
    """The suite's commands that try a change, in their order.

    Args:
        what: What is touched.
        tables: Protocol and preset of each table that records are added to or replaced in.
        datasets: What to run plugins on.
    """
    checks = [["check", *SANDBOX, "--", path] for path in what.models]
    if what.helpers:
        checks.append(["check", *SANDBOX, "--all"])
    # Each by itself, so that one that can't be run hides no other.
    selection = [*what.models, *(PROBES[family] for family in what.helpers)]
    quick = ["run", "--preset=quick", "--seeds=1", f"--datasets={datasets}", *SANDBOX]
    quick += [f"--results={BUILD / 'results'}", f"--site={BUILD / 'site'}"]
    checks += [[*quick, f"--models={path}"] for path in selection]
    for protocol, preset in tables:
        checks.append(["report", f"--protocol={protocol}", f"--preset={preset}", "--no-charts",
                       f"--site={BUILD / f'{protocol}-{preset}'}"])  # fmt: skip
    return checks


def start(arguments: Sequence[str], stderr: int) -> subprocess.Popen[str]:
    """Call the suite; its command goes to the log."""
    print(f"$ suite {' '.join(arguments)}", flush=True)
    # Nothing by which a plugin meets the workflow's files by accident. It is no barrier: code that
    # runs outside the sandbox finds them in /proc/<parent>/environ (SECURITY.md).
    theirs = ("GITHUB_", "ACTIONS_", "RUNNER_")
    environment = {name: v for name, v in os.environ.items() if not name.startswith(theirs)}
    return subprocess.Popen(
        [sys.executable, "-m", "suite", *arguments],
        stdout=subprocess.PIPE, stderr=stderr, text=True, errors="replace", env=environment,
    )  # fmt: skip


def run(arguments: Sequence[str]) -> Outcome:
    """Call the suite; what it says goes to the log, and its end comes back as well."""
    child = start(arguments, subprocess.STDOUT)
    assert child.stdout is not None
    lines: list[str] = []
    for line in child.stdout:
        print(logged(line.rstrip()), flush=True)
        lines = [*lines[1 - LAST_LINES :], line.rstrip()]
    name = f"`suite {' '.join(arguments)}`"
    return Outcome(name, child.wait() == 0, tuple(lines), is_shown=arguments[0] == "check")


def validate(folder: Path, known: Collection[Finding] = ()) -> tuple[Outcome, list[Finding]]:
    """What `suite validate` finds in a folder, errors first.

    Args:
        folder: A results folder.
        known: What it found before the change, for which the branch is not blamed.
    """
    arguments = ["validate", "--json", "--", str(folder)]
    printed, errors = start(arguments, subprocess.PIPE).communicate()
    name = f"`suite validate -- {folder}`"
    try:
        findings = [Finding(**found) for found in json.loads(printed)["findings"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        lines = (printed + errors).splitlines()[-LAST_LINES:]
        return Outcome(name, False, tuple(lines)), []
    new = sorted((one for one in findings if one not in known), key=lambda one: one.severity)
    said = tuple(map(str, new))
    for line in said:
        print(logged(line), flush=True)
    wrong = sum(one.severity == "error" for one in new)
    name += f": errors: {wrong:,}, warnings: {len(new) - wrong:,}"
    name += f"; as before: {len(findings) - len(new):,}" if known else ""
    return Outcome(name, not wrong, said, is_shown=bool(new)), findings


def verdicts(what: Touched, records: Sequence[RecordChange]) -> list[Outcome]:
    """What needs no command: names that can't be tried, and records that can't be as they are."""
    lost = [str(record) for record in records if not record.may_change]
    # `validate` is milder with them, and none of the base's suite is without.
    unstated = [one.place for one in _made(records) if one.sandbox is None]
    named = {
        "files that can't be tried": what.refused,
        "committed records were replaced or removed, made by code that has not changed": lost,
        "new records don't say in which sandbox they were made: run them again with the base's "
        "suite": unstated,
    }
    return [Outcome(name, False, tuple(lines)) for name, lines in named.items() if lines]


def _made(records: Iterable[RecordChange]) -> list[RecordChange]:
    """The records, new or other than before, of runs that are said to have given a result."""
    return [one for one in records if one.table is not None and one.content.get("status") == "ok"]


def draw(records: Iterable[RecordChange], lot: str) -> RecordChange | None:
    """One of the quick records; the lot, which nobody can choose, decides which."""
    quick = [
        one
        for one in _made(records)
        if one.seconds < QUICK_SECONDS and NAME.fullmatch(model_of(one.entry[1]))
    ]
    return min(quick, default=None, key=lambda one: hashlib.sha256(
        f"{lot}:{one.place}".encode(errors="surrogateescape")).digest())  # fmt: skip


def verify(record: RecordChange, by: str) -> Outcome:
    """Do a record's run again, as the only one of a folder of its own.

    Args:
        record: The record.
        by: What it was drawn by.
    """
    folder = BUILD / "drawn"
    for suffix in (".json", ".npz"):
        file = Path(f"{RECORDS}/{record.place}{suffix}")
        if file.is_file():
            (folder / record.place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder / f"{record.place}{suffix}")
    options = [f"--results={folder}", f"--timeout={VERIFY_TIMEOUT}", *SANDBOX]
    done = run(["verify", *options, "--", model_of(record.entry[1])])
    return replace(done, name=f"{code(record.place)} done again, drawn by {by}", is_shown=True)


def rows_of(file: Path, entries: set[tuple[str, str]] | None = None) -> str:
    """Rows of a `leaderboard.json` as Markdown; what can't be read says so.

    Args:
        file: The file.
        entries: Dataset and entry of the rows that are wanted, each beside the best of its family
            that is not among them; None for all rows, by themselves.
    """
    columns = ["Model", "Dataset", "Rank", "%", "n", "Failed", "Parameters", "Training CPU s"]
    columns += [] if entries is None else ["Best other of the family", "its %"]
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
        own = [row for row in rows if entries is None or _entry(row) in entries]
        others = [row for row in rows if row not in own and "accuracy_mean" in row]
        cells = []
        for row in own:
            beside = [] if entries is None else _best(row, others)
            cells.append([*_cells(row), *beside])
        return table(columns, cells) if cells else "None."
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return "They can't be read."


def _entry(row: dict[str, Any]) -> tuple[str, str]:
    entry = f"{row['model']}--{row['variant']}" if row["variant"] else row["model"]
    return row["dataset"], entry


def _best(row: dict[str, Any], others: Iterable[dict[str, Any]]) -> list[object]:
    """Name and accuracy of the best of a row's family on its dataset."""
    family = row["dataset"], row.get("family")
    rivals = [other for other in others if (other["dataset"], other.get("family")) == family]
    best = max(rivals, default=None, key=lambda other: other["accuracy_mean"])
    return ["–", "–"] if best is None else [_name(best), _accuracy(best)]


def _cells(row: dict[str, Any]) -> list[object]:
    figures = (_figure(row.get(name)) for name in ("parameter_count", "fit_cpu_seconds_mean"))
    return [
        _name(row), row["dataset"], row.get("rank") or "–", _accuracy(row),
        row["runs"], row["failed"], *figures,
    ]  # fmt: skip


def _name(row: dict[str, Any]) -> str:
    return f"{row['title']} ({row['label']})"


def _accuracy(row: dict[str, Any]) -> str:
    mean, deviation = row.get("accuracy_mean"), row.get("accuracy_std")
    text = "–" if mean is None else f"{100 * mean:.2f}"
    return text if deviation is None else f"{text} ± {100 * deviation:.2f}"


def _figure(number: float | None) -> str:
    """Three digits of what is small, all before the point of what is not: "0.0312", "1,234"."""
    if number is None:
        return "–"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def summary(
    what: Touched, records: Sequence[RecordChange], notes: Iterable[str], outcomes: list[Outcome]
) -> str:
    """All of it in Markdown.

    Args:
        what: What is touched.
        records: The records that are not what they were.
        notes: What is to be said before all else, in Markdown.
        outcomes: What came of the checks.
    """
    title = "# What this change brings to the leaderboard"
    kinds = [record.kind for record in records]
    counts = [f"{kinds.count(kind)} {kind}" for kind in ("added", "replaced", "removed")]
    parts = [
        f"Models: {', '.join(Path(path).stem for path in what.models) or 'none'}. "
        f"Removed models: {', '.join(what.removed) or 'none'}. "
        f"Helpers: {', '.join(what.helpers) or 'none'}. "
        f"Records: {', '.join(counts) if records else 'unchanged'}.",
        *notes,
    ]
    if what.judging or what.others:
        parts.append("## Files besides models and records")
        parts.append("Of these only helpers (`baselines/_*.py`, `cnn/_*.py`) were used here; "
                     "**those in bold run or judge other models**.")  # fmt: skip
        listed = [f"- **{code(path)}**" for path in what.judging]
        listed += [f"- {code(path)}" for path in what.others]
        unseen = len(listed) - MOST_PATHS
        more = [f"- and {unseen:,} more"] if unseen > 0 else []
        parts.append("\n".join([*listed[:MOST_PATHS], *more]))
    parts.append("## Checks")
    for outcome in outcomes:
        parts.append(f"- {'passed' if outcome.passed else '**FAILED**'}: {outcome.name}")
        if outcome.said and (outcome.is_shown or not outcome.passed):
            parts.append(block(outcome.said))
        if not outcome.passed and any(NOT_INSTALLED in line for line in outcome.said):
            parts.append(HOW_TO_INSTALL)
    if records:
        parts += ["## Records", block(map(str, records))]
    for (protocol, preset), entries in contributed(records).items():
        parts.append(f"### Rows of these records: protocol {protocol}, preset {preset}")
        parts.append(rows_of(BUILD / f"{protocol}-{preset}" / "leaderboard.json", entries))
    quick = BUILD / "site" / "leaderboard.json"
    if quick.is_file():
        parts.append("## Rows of the quick run (6,000 training images, one seed; not to be quoted)")
        parts.append(rows_of(quick))
    text = "\n\n".join(parts).encode(errors="replace")
    if len(text) > MOST_BYTES:
        title += "\n\n**This summary is cut; the log has what each command said.**"
    return f"{title}\n\n{text[:MOST_BYTES].decode(errors='ignore')}\n"


def contributed(records: Iterable[RecordChange]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Dataset and entry of the records that are new or other than before, by their table."""
    entries: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for record in records:
        if record.kind != "removed" and record.table is not None:
            entries.setdefault(record.table, set()).add(record.entry)
    return entries


def main(start: str, branch: str) -> int:
    """Check everything, tell everything, and fail if anything failed."""
    os.chdir(Path(__file__).resolve().parents[1])
    base = git("rev-parse", "HEAD").decode().strip()
    results = Path(RECORDS)
    what = touched(changes_between(start, branch))
    known = validate(results)[1] if what.records and results.is_dir() else []
    try:
        take(what.taken)
    except OSError as error:
        print(f"error: {error.filename!a}: {error.strerror}. Expected files of the branch that fit "
              f"among those of {base[:10]}: merge it into the branch", file=sys.stderr)  # fmt: skip
        return 2
    # What the base has by now as well is no change.
    records = record_changes(changes_between(base, "HEAD"), base)
    # Before a plugin runs, which could change what is told.
    notes = [f"Scripts and suite are those of {base[:10]}; models and records are what the branch "
             f"at {branch[:10]} has changed since {start[:10]}."]  # fmt: skip
    notes += left_behind(base)
    unprotected = [f"{one.place}: {one.sandbox}" for one in _made(records)
                   if one.sandbox and one.sandbox.startswith("none")]  # fmt: skip
    if unprotected:
        notes += ["**New records were made without a sandbox:**", block(unprotected)]
    lot = os.environ.get("GITHUB_RUN_ID")
    drawn = draw(records, lot or branch)
    if _made(records) and not drawn:
        notes.append("**No new record is of less than ten minutes: none was done again.**")
    outcomes = verdicts(what, records)
    if what.records:
        outcomes.append(validate(results, known)[0])
    datasets = os.environ.get("CONTRIBUTION_DATASETS", "fashion,mnist")
    outcomes += [run(arguments) for arguments in commands(what, contributed(records), datasets)]
    if what.models or what.helpers:
        outcomes.append(validate(BUILD / "results")[0])
    if drawn:
        by = f"the number of this job's run, {lot}" if lot else f"the commit {branch[:10]}"
        outcomes.append(verify(drawn, by))
    text = summary(what, records, notes, outcomes)
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: contribution.py START BRANCH; see .ci/contribution")
    sys.exit(main(sys.argv[1], sys.argv[2]))
