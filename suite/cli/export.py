"""`suite export`: all records as a table, a row a run."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from suite.cli import options as o
from suite.cli.say import say
from suite.errors import UsageError, did_you_mean


def export(
    results: o.RecordsFolder = Path("results"),
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="csv, parquet or json.")
    ] = "csv",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to.  \\[default: the terminal]")
    ] = None,
    unverified: o.Unverified = False,
    data_dir: o.DataDir = None,
) -> None:
    """Write all records as a table: a row a run, with raw facts and score.

    The columns are described in docs/records.md and keep their order. Exits with 1 if a record is
    damaged; the others are written.

    Examples: suite export --out runs.csv; suite export --format parquet --out runs.parquet.
    """
    from suite.audit import export as table
    from suite.records.record import UNVERIFIED
    from suite.records.store import scan
    from suite.stats.scoring import score_all

    if form not in table.FORMATS:
        raise UsageError(f"unknown --format {form!r}.{did_you_mean(form, table.FORMATS)}")
    if form == "parquet" and out is None:
        raise UsageError("Parquet is not for the terminal; name a file with --out")
    o.check_records(results)
    found = chain(scan(results), scan(results, f"{UNVERIFIED}/*") if unverified else ())
    scored, damaged = score_all(found, data_dir)
    write = {"csv": table.to_csv, "json": table.to_json, "parquet": table.to_parquet}[form]
    content = write(map(table.run_row, scored))
    if out is None and (sys.stdout is None or sys.stdout.isatty()):
        say(content.decode().replace("\r\n", "\n").rstrip("\n"))
    elif out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    else:
        write_file(out, content)
        say(f"{len(scored):,} runs written to {out}")
    for damage in damaged:
        say(f"damaged: {damage.path}: {damage.reason}", err=True)
    if damaged:
        raise typer.Exit(1)


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; what is a pipe or a device stays one, and is written to.

    Args:
        path: The file; where it is a link, the link stays, and what it leads to is written.
        content: All that goes there.

    Raises:
        UsageError: It can't be written.
    """
    temporary = None
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        path = Path(os.path.realpath(path))
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        raise UsageError(f"can't write {path}: {error.strerror}; choose another --out") from error
