"""`suite merge DIR… --into DIR`: join results folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli import options as o
from suite.cli.say import say
from suite.cli.validate import known_facts
from suite.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from suite.audit.merge import Merge

_MOST_SHOWN = 200


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR…", help="Results folders; they are only read.")
    ],
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder that the records go to.")],
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="WHICH",
            help="Of two records that differ: ours (the one that is there), theirs or newest.  "
            "\\[default: refuse]",
        ),
    ] = None,
    plugin: o.PluginFiles = None,
    data_dir: o.DataDir = None,
) -> None:
    """Join results folders; all is checked first, and all is merged or nothing.

    Every record that comes in is checked as `validate` does. Records that are there already are
    skipped. If a run's records differ, they are listed, and --keep says which one stays; the other
    is kept in superseded/. Exits with 1 if nothing was merged because of that, or of a record that
    is not valid.

    Examples: suite merge laptop server --into results; suite merge r --into results --keep newest.
    """
    from suite.audit.merge import KEEPS
    from suite.audit.merge import merge as join

    chosen = next((one for one in KEEPS if one == keep), None)
    if keep is not None and chosen is None:
        raise UsageError(f"unknown --keep {keep!r}.{did_you_mean(keep, KEEPS)}")
    done = join(folders, into, known_facts(plugin, data_dir), chosen)
    _print(done, into)
    if not done.done:
        raise typer.Exit(1)


def _print(done: Merge, into: Path) -> None:
    for folder, finding in done.findings[:_MOST_SHOWN]:
        say(f"{folder}: {finding}", err=True)
    for conflict in done.conflicts[:_MOST_SHOWN]:
        what = f"kept {conflict.kept}" if conflict.kept else "not decided, see --keep"
        say(f"conflict: {conflict.ours} and {conflict.theirs} differ: {what}", err=True)
    unseen = sum(max(len(found) - _MOST_SHOWN, 0) for found in (done.findings, done.conflicts))
    if unseen:
        say(f"and {unseen:,} more", err=True)
    if done.done:
        say(
            f"{done.added:,} records added to {into}, {done.identical:,} were there already, "
            f"{len(done.conflicts):,} conflicts"
        )
    else:
        say("nothing was merged", err=True)
