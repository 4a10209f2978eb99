"""The command line. Each verb is a module; only these print and exit.

A verb imports what is heavy inside its function, so that `--help` and `list` answer at once.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import typer

from suite.cli.check import check
from suite.cli.compare import compare
from suite.cli.data import app as data_app
from suite.cli.doctor import doctor
from suite.cli.export import export
from suite.cli.import_file import import_file
from suite.cli.info import info
from suite.cli.list import list_models
from suite.cli.merge import merge
from suite.cli.new import new
from suite.cli.plan import plan
from suite.cli.predict import predict
from suite.cli.release import release
from suite.cli.report import report
from suite.cli.reproduce import reproduce
from suite.cli.run import run
from suite.cli.validate import validate
from suite.cli.verify import verify
from suite.errors import SuiteError, UsageError, printable

app = typer.Typer(
    name="suite",
    help="Train many models on Fashion-MNIST and MNIST under one protocol, and rank them.",
    epilog="Start here:  suite run --datasets digits --preset smoke  (offline, a minute or two)",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from suite import __version__

        typer.echo(f"suite {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


app.command("run")(run)
app.command("plan")(plan)
app.command("report")(report)
app.command("release")(release)
app.command("reproduce")(reproduce)
app.command("compare")(compare)
app.command("list")(list_models)
app.command("info")(info)
app.command("new")(new)
app.command("doctor")(doctor)
app.command("check")(check)
app.command("predict")(predict)
app.command("verify")(verify)
app.command("validate")(validate)
app.command("merge")(merge)
app.command("export")(export)
app.command("import")(import_file)
app.add_typer(data_app, name="data")


def main() -> None:
    """Entry point: errors of ours in a line or two and exit status 2, never a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without "±" shows "?"
    try:
        _refuse_empty(sys.argv[1:])
        app(prog_name="suite")
    except SuiteError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_status)
    except OSError as error:
        # A path that can't even be looked at: too long a name, links in a circle, a closed folder.
        remedy = "Name a path that can be used, or mend this one."
        if not error.filename:  # most often the output is a file on a full disk
            remedy = "See where the output goes."
        where = printable(f"{error.filename}: " if error.filename else "")
        typer.echo(f"error: {where}{error.strerror or error}. {remedy}", err=True)
        sys.exit(2)


def _refuse_empty(arguments: Sequence[str]) -> None:
    """Refuse empty arguments: a variable that is not set would choose everything, or this folder.

    Raises:
        UsageError: One is empty.
    """
    for before, argument in pairwise(["", *arguments]):
        name, sign, value = argument.partition("=")
        if not argument or (name.startswith("--") and sign and not value):
            option = name or before
            which = f"the value of {option}" if option.startswith("-") else "an argument"
            raise UsageError(f"{which} is empty. Give it, or leave it out")
