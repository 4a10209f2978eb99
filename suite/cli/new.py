"""`suite new`: a plugin file to start from."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from suite.cli.say import say


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

    path = write_plugin(name, kind, out.absolute(), discover())
    written = shown(path)
    # A file among the suite's own models is found by its name.
    found = discover().models.get(name)
    path_given = written if Path(written).is_absolute() else f"./{written}"
    model = name if found and found.path == path.resolve() else shlex.quote(path_given)
    say(f"wrote {written}. Edit it, then:")
    say(f"  python -m suite check {model}")
    say(
        f"  python -m suite run --models {model} --datasets digits --preset smoke "
        "--results build/digits"
    )
