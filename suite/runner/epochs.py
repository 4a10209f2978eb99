"""Checks what a plugin tells of its epochs: it becomes the history in the record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suite.records.record import LARGEST_FIGURE
from suite.runner.outputs import InvalidOutputError

MOST_METRICS = 100
LONGEST_NAME = 100
# What a row of the history has besides the plugin's metrics.
RESERVED = ("epoch", "cpu_seconds")
# Of a history, as JSON: with it a record stays below what is read of one.
LARGEST_HISTORY = 2**20


class Epochs:
    """What was told of the epochs of one run so far."""

    def __init__(self, params: Mapping[str, Any], plugin: Path) -> None:
        """Nothing was told yet.

        Args:
            params: The parameters that `build` got.
            plugin: The plugin's file, for messages.
        """
        planned = params.get("epochs")
        self._planned = planned if type(planned) is int else None
        self._plugin = plugin.name
        self._last = 0

    def checked(self, epoch: int, epochs: int, metrics: Mapping[str, float]) -> dict[str, float]:
        """The metrics of the epoch that follows; what is not finite is left out.

        Args:
            epoch: The epoch, from 1.
            epochs: How many are planned.
            metrics: Numbers by name.

        Raises:
            InvalidOutputError: A record would not be believed with it.
        """
        if epoch != self._last + 1:
            raise self._fault(f"told of epoch {_short(epoch)}, expected {self._last + 1}. "
                              "Call it once after each epoch, counted from 1")  # fmt: skip
        if epoch > min(epochs, epochs if self._planned is None else self._planned):
            raise self._fault(f"told of epoch {_short(epoch)}, more than are planned. "
                              "Call it with (epoch, epochs, metrics)")  # fmt: skip
        if len(metrics) > MOST_METRICS:
            raise self._fault(f"given {len(metrics):,} metrics, expected at most {MOST_METRICS}. "
                              "Leave out what no learning curve shows")  # fmt: skip
        for name, value in metrics.items():
            self._check_metric(name, value)
        self._last = epoch
        # What is not a number is not less, either.
        return {name: value for name, value in metrics.items() if abs(value) <= LARGEST_FIGURE}

    def _check_metric(self, name: str, value: float) -> None:
        if name in RESERVED or len(name) > LONGEST_NAME or not name.isprintable():
            raise self._fault(f"given a metric named {name[:LONGEST_NAME]!r}, expected up to "
                              f"{LONGEST_NAME} characters that can be printed, and none of "
                              f"{', '.join(RESERVED)}, which the harness writes")  # fmt: skip
        if name.endswith("accuracy") and (value < 0 or value > 1):
            raise self._fault(f"given {name} {value:.4g}, expected a fraction of 1, from 0 to 1. "
                              "Divide percent by 100")  # fmt: skip

    def _fault(self, what: str) -> InvalidOutputError:
        return InvalidOutputError(f"{self._plugin}: on_epoch was {what}.")


class History:
    """The rows of a history, as many as a record has room for.

    Attributes:
        rows: A row an epoch.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float | int]] = []
        self._bytes = 0

    def add(self, epoch: int, metrics: Mapping[str, float], cpu_seconds: float) -> None:
        """Keep the row of an epoch, if there is room."""
        row = {"epoch": epoch, **metrics, "cpu_seconds": cpu_seconds}
        self._bytes += len(json.dumps(row, indent=1))
        if self._bytes <= LARGEST_HISTORY:
            self.rows.append(row)


def _short(number: int) -> str:
    return f"{number:,}" if abs(number) < 10**30 else "of too many digits"
