from __future__ import annotations

from pathlib import Path

import pytest

from suite.checks.check import Report, check

FAKES = Path(__file__).parent / "fakes"


def check_fakes(*names: str, **settings) -> dict[str, list[Report]]:
    """The reports of fakes, by name: the file's first, if it can be used then those of its rows."""
    paths = [str(FAKES / f"{name}.py") for name in names]
    found: dict[str, list[Report]] = {name: [] for name in names}
    for report in check(paths, **settings):
        found[report.model].append(report)
    return found


@pytest.fixture(scope="session")
def of_fakes():
    """Checks fakes."""
    return check_fakes
