"""What a benchmark prints: where and when it was measured, and a Markdown table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from suite.records.machine import processor_name, python_version, system_name, usable_cores


def about(subject: str) -> str:
    """A line with the subject, the machine, what else it was doing, and the date."""
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{subject}; {processor_name()}, {len(usable_cores())} cores{load}; {system_name()}, "
        f"Python {python_version()}; {datetime.now(UTC):%Y-%m-%d}\n\n"
    )


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of text, with its numbers on the right."""
    from tabulate import tabulate

    table = tabulate(
        rows, columns, tablefmt="pipe", colalign=["right"] * len(columns), disable_numparse=True
    )
    return f"{table}\n"
