"""What happens in a process that does nothing but import a plugin file."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.checks.traces import Listener, Traces, processes_left
from suite.loading import BrokenPluginError, load_plugin
from suite.runner.task import Task, pack

if TYPE_CHECKING:
    from suite.runner.task import Images

_OURS = ("suite", "reports", "baselines", "cnn")


@dataclass(frozen=True, kw_only=True)
class Import:
    """The work of such a process, called there.

    Attributes:
        folder: An empty folder to work in.
    """

    folder: Path

    def __call__(self, task: Task, images: Images, pipe: Connection, phase: list[str]) -> bytes:
        """Import the file; see `suite.runner.task.Work`."""
        phase[0] = "import"
        traces, known = Traces(self.folder), set(sys.modules)
        # What is printed while a plugin is loaded goes to standard error.
        heard = sys.stderr = Listener(sys.stderr)
        facts: dict[str, Any] = {"kind": "step", "name": "import", "status": "ok"}
        start = time.process_time()
        try:
            load_plugin(task.plugin_path, task.plugin_module)
        except BrokenPluginError as error:
            facts |= {"status": "failed", "message": error.reason}
            facts |= {"line": error.line, "part": error.part}
        facts |= {
            "cpu_seconds": time.process_time() - start,
            "libraries": _libraries(set(sys.modules) - known, task.plugin_path),
            "printed": heard.facts,
            "files": traces.files(),
            "processes": processes_left(),
        }
        pipe.send_bytes(pack(facts))
        return pack({"kind": "result"})


def _libraries(names: set[str], plugin: Path) -> list[str]:
    """Top-level modules that are neither Python's, nor ours, nor the plugin's own."""
    found = set()
    for name in names:
        top = name.partition(".")[0]
        file = getattr(sys.modules.get(name), "__file__", None)
        own = file is not None and plugin.parent in Path(file).parents
        if file and not own and top not in sys.stdlib_module_names and top not in _OURS:
            found.add(top)
    return sorted(found)
