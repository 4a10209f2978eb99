"""`suite validate DIR`: whether records can be believed, as far as that can be recomputed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli import options as o
from suite.cli.say import say, say_json

if TYPE_CHECKING:
    from suite.audit.known import Known
    from suite.audit.validate import Audit

_MOST_SHOWN = 200


def validate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A results folder.", show_default="results")
    ] = Path("results"),
    plugin: o.PluginFiles = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on warnings, too.")] = False,
    data_dir: o.DataDir = None,
    as_json: o.AsJson = False,
) -> None:
    """Check the records of a folder: everything that can be recomputed without training.

    Schema, sums, places, splits, predictions, bounds of figures, parameters and code; answers that
    are another model's, or seeds left out; nothing else in the folder; and, within the suite's own
    checkout, no record edited or gone since the last commit. What was edited is told with the
    field. What agrees with all else in its record only `verify` can find. Exceptions are argued in
    the folder's notes.toml (docs/records.md). Exits with 1 on errors, with 0 on warnings alone.

    Examples: suite validate; suite validate incoming --json; suite validate r --plugin my_model.py.
    """
    from suite.audit.validate import validate as check

    audit = check(folder, known_facts(plugin, data_dir))
    if as_json:
        content = {
            "folder": str(folder),
            "records": audit.records,
            "errors": audit.errors,
            "warnings": audit.warnings,
            "noted": audit.noted,
            "findings": [finding.to_content() for finding in audit.findings],
        }
        say_json(content)
    else:
        _print(audit)
    if audit.errors or (strict and audit.warnings):
        raise typer.Exit(1)


def known_facts(plugins: list[Path] | None, data_dir: Path | None) -> Known:
    """What records are checked against, now.

    Args:
        plugins: Plugin files besides those of the suite.
        data_dir: Where to look for the datasets first.

    Raises:
        PluginError: A plugin file can't be used.
    """
    from datetime import UTC, datetime

    from suite.audit.commits import commit_time
    from suite.audit.known import Known
    from suite.registry import discover

    # A checkout whose last commit is of tomorrow is on a machine whose clock is slow.
    now = max(datetime.now(UTC), commit_time("HEAD") or datetime.min.replace(tzinfo=UTC))
    return Known(discover(plugins or ()), now=now, data_dir=data_dir)


def _print(audit: Audit) -> None:
    for finding in audit.findings[:_MOST_SHOWN]:
        say(str(finding), err=True)
    unseen = len(audit.findings) - _MOST_SHOWN
    if unseen > 0:
        say(f"and {unseen:,} more: see --json", err=True)
    counts = {"record": audit.records, "error": audit.errors, "warning": audit.warnings}
    told = [f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s" for noun, n in counts.items()]
    say(", ".join([*told, f"{audit.noted:,} noted"] if audit.noted else told))
