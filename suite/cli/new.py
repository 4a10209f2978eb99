"""`suite new`: a plugin file to start from."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The model's name, such as my_model.")
    ],
    kind: Annotated[str, typer.Option(metavar="KIND", help="sklearn or keras.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the file.")] = Path(),
) -> None:
    """Write a commented plugin file that works as it stands, to be edited.

    Examples: suite new my_model --kind sklearn; suite new my_net --kind keras --out cnn.
    """
    from suite.loading import shown
    from suite.registry import discover
    from suite.scaffold import write_plugin

    path = write_plugin(name, kind, out.expanduser().absolute(), discover())
    written = shown(path)
    file = shlex.quote(written if Path(written).is_absolute() else f"./{written}")
    typer.echo(f"wrote {written}. Edit it, then:")
    typer.echo(f"  python -m suite check {file}")
    typer.echo(f"  python -m suite run --models {file} --datasets digits --preset smoke")
