"""Prints lines for people: texts of plugins and records among them are shown, not obeyed."""

from __future__ import annotations

import json
from typing import Any

import typer

from suite.errors import printable


def say(text: object, *, err: bool = False) -> None:
    """Print text and a new line, with characters that can't be printed spelled out.

    Args:
        text: What is printed.
        err: To standard error.
    """
    typer.echo(printable(str(text), keep="\n"), err=err)


def say_json(content: Any) -> None:
    """Print JSON, with characters that can't be printed in its own spelling."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    # They stand in texts only.
    shown = (c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
    typer.echo("".join(shown))
