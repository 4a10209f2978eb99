"""What a plugin's parameters mean: told by the docstring of its `build`, or the same for all."""

from __future__ import annotations

import inspect
import re

from suite.contract import Plugin

# Names that mean the same in every plugin.
SHARED = {
    "epochs": "How often training goes through its images.",
    "batch_size": "Training images in each step of the optimizer.",
    "scaling": "standard: each pixel has mean 0 and variance 1 over the training images; "
    "none: pixels are in [0, 1].",
}
_HEADING = "Params:"
_ENTRY = re.compile(r"    (\w+): +(\S.*)")


def meanings(plugin: Plugin) -> dict[str, str]:
    """What each parameter means, by its name; those that nothing is told of are absent.

    A section of the docstring of `build`, headed `Params:`, has a line for each, `name: meaning`,
    indented below the heading; lines that are indented further go on with it.

    Args:
        plugin: The plugin.
    """
    told: dict[str, str] = {}
    lines = (inspect.getdoc(plugin.build) or "").splitlines()
    start = lines.index(_HEADING) + 1 if _HEADING in lines else len(lines)
    name = ""
    for line in lines[start:]:
        if entry := _ENTRY.fullmatch(line):
            name = entry[1]
            told[name] = entry[2]
        elif name and line.startswith("     "):
            told[name] += f" {line.strip()}"
        elif line:
            break
    known = SHARED | told
    return {name: known[name] for name in plugin.params if name in known}
