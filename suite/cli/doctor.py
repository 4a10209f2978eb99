"""`suite doctor`: what this machine gives to runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from suite.cli import options as o
from suite.cli.say import say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterator


def doctor(data_dir: o.DataDir = None, as_json: o.AsJson = False) -> None:
    """Show what this machine gives to runs: sandbox, cores, memory, speed, backends, datasets.

    Exits with 1 if runs can't be shut off from labels and network here.
    """
    facts = _facts(data_dir)
    if as_json:
        say_json(facts)
    else:
        for name, value in _lines(facts):
            say(f"{name:<14}{value}")
    if facts["sandbox"].startswith("none"):
        raise typer.Exit(1)


def _facts(data_dir: Path | None) -> dict[str, Any]:
    from suite.data.known import DATASETS
    from suite.data.status import is_here
    from suite.records.machine import free_memory, this_machine
    from suite.registry import missing_of
    from suite.runner.plan import BACKENDS, keras_backend
    from suite.runner.sandbox import description

    machine = this_machine()
    installed = [name for name in BACKENDS if not missing_of(["keras", name])]
    return {
        "sandbox": description(),
        "processor": machine.processor,
        "processor_model": machine.processor_model,
        "cores": machine.cores,
        "cpu_quota": machine.cpu_quota,
        "memory_mib": machine.memory_mib,
        "free_memory_mib": free_memory() // 2**20,
        "calibration": machine.calibration,
        "backends": installed,
        "backend": keras_backend() if installed else None,
        "datasets": {name: is_here(name, data_dir) for name in DATASETS},
    }


def _lines(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "sandbox", facts["sandbox"]
    model = facts["processor_model"]
    yield "processor", facts["processor"] + (f" ({model})" if model else "")
    quota = facts["cpu_quota"]
    limited = "" if quota is None else f", of which control groups allow {quota:g}"
    yield "cores", f"{facts['cores']}{limited}"
    yield "memory", f"{facts['memory_mib']:,} MiB, {facts['free_memory_mib']:,} MiB free"
    speed = facts["calibration"]
    yield (
        "one core",
        (
            f"{speed['matrix_product_gflops']:.1f} GFLOP/s in float32, "
            f"{speed['memory_copy_gib_per_second']:.1f} GiB/s copied"
        ),
    )
    names = [f"{name} (used)" if name == facts["backend"] else name for name in facts["backends"]]
    yield "Keras on", ", ".join(names) or "none installed: pip install -e '.[cpu]'"
    for name, here in facts["datasets"].items():
        yield name, "here" if here else "not here: suite data fetch"
