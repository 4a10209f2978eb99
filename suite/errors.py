"""The errors that the suite raises on purpose.

Each message says what was expected, what came instead, where, and what to do about it. The
command line prints the message without a traceback and exits with `exit_status`.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SuiteError(Exception):
    """Base of all errors that are told to the user in one or two lines."""

    exit_status = 2

    def __str__(self) -> str:
        """The message. Names and paths in it may be anyone's: a terminal obeys none of them."""
        return printable(super().__str__(), keep="\n")


class UsageError(SuiteError):
    """A name, option or selection that the suite does not know or can't use."""


class ConfigError(SuiteError):
    """A sweep file that can't be read or says something impossible."""


class DataError(SuiteError):
    """A data file that is missing, broken or not what its name says."""


class PluginError(SuiteError):
    """A plugin file that does not import or does not keep to the contract."""


class RunnerError(SuiteError):
    """The machine refuses what running models needs, such as another process."""


class StoreError(SuiteError):
    """A results folder that can't be used, or is in use by another run."""


class RecordError(SuiteError):
    """A record on disk that is damaged or does not match its sums."""


class ModelError(SuiteError):
    """A saved model that is missing or damaged, or that may not be loaded or stored."""


class PictureError(SuiteError):
    """A picture that can't be read, or that is none that a model could classify."""


def printable(text: str, keep: str = "") -> str:
    """Text in which whatever can't be printed is spelled out, as Python spells it in strings.

    Args:
        text: The text.
        keep: Characters that stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else ascii(c)[1:-1] for c in text)


def place_of(location: Iterable[object]) -> str:
    """Where in a file something is wrong, such as "dataset.sums": one line, each name cut.

    Args:
        location: Names and numbers from the outermost to the innermost; they may be anyone's.
    """
    return ".".join(printable(str(part)[:100]) for part in location) or "the file"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint naming the known words nearest to `name`, or all of them where none is near.

    Args:
        name: What the user wrote.
        known: The words that would have been right.

    Returns:
        A sentence with a leading space, for the end of a message; empty if nothing is known.
    """
    words = sorted(set(known))
    near = get_close_matches(name.lower(), words, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(near)}?"
    return f" Known: {', '.join(words)}." if words else ""
