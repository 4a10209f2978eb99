"""The script of the long tests: with the right to mount where there is a way to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Each tells that it was there and does the rest of its command line.
RUN = '#!/usr/bin/env bash\necho "run with ${SUITE_SOAK_RUNS:-no} runs: $*"\n'
SUDO = '#!/usr/bin/env bash\necho sudo\nshift\nexec env -i PATH="$PATH" "$@"\n'
UNSHARE = '#!/usr/bin/env bash\necho unshare\nshift\n[ "$1" = mount ] || exec "$@"\n'
REFUSE = "#!/usr/bin/env bash\nexit 1\n"


@pytest.mark.parametrize(
    ("user", "sudo", "unshare", "said"),
    [
        ("0", REFUSE, REFUSE, []),
        ("1000", SUDO, REFUSE, ["sudo", "sudo"]),
        ("1000", REFUSE, UNSHARE, ["unshare", "unshare"]),
        ("1000", REFUSE, REFUSE, []),
    ],
)
def test_the_soak_may_mount_if_there_is_a_way(
    tmp_path: Path, user: str, sudo: str, unshare: str, said: list[str]
) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "long", tmp_path / ".ci")
    scripts = {
        ".ci/run": RUN, "sudo": sudo, "unshare": unshare,
        "id": f"#!/usr/bin/env bash\necho {user}\n",
    }  # fmt: skip
    for name, text in scripts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [tmp_path / ".ci" / "long"], capture_output=True, text=True, check=True,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SUITE_SOAK_RUNS": "48"},
    )  # fmt: skip
    *ways, run = done.stdout.splitlines()
    assert ways == said
    assert run.startswith("run with 48 runs: -e tests -- -k fuzz or soak")
    # What can't be tried is told, never passed over.
    assert ("SKIPPED: full disk" in done.stderr) == (user != "0" and not said)
