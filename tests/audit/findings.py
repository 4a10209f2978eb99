"""What an audit found, and what git says of this checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

from suite.audit.validate import Audit


def fields(audit: Audit, severity: str = "error") -> list[str]:
    return [finding.field for finding in audit.findings if finding.severity == severity]


def git(*arguments: str) -> str:
    root = Path(__file__).parents[2]
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True,
                          check=False)  # fmt: skip
    return done.stdout
