"""A leaderboard for Fashion-MNIST and MNIST: many models, one protocol, every number traceable.

`suite.run`, `suite.results` and `suite.leaderboard` are offered lazily, so that importing a small
part of the package (a plugin imports `suite.contract`) loads nothing else of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suite.api import leaderboard, results, run

__version__ = "0.1.0"
__all__ = ["__version__", "leaderboard", "results", "run"]


def __getattr__(name: str) -> Any:
    if name in {"leaderboard", "results", "run"}:
        return getattr(import_module("suite.api"), name)
    raise AttributeError(f"module 'suite' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
