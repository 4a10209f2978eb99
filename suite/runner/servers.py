"""The fork servers of a sweep on one machine, and which of them a run is forked from."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Collection, Sequence
from importlib.util import find_spec
from pathlib import Path

from suite.runner.confine import thread_environment
from suite.runner.forkserver import ForkServer
from suite.runner.plan import Job
from suite.source_hash import FAMILY_PACKAGES


class Servers:
    """Two fork servers, with libraries loaded and bare; each starts with its first run."""

    def __init__(self, jobs: Sequence[Job], *, saving: bool = False) -> None:
        """Nothing is started yet.

        Args:
            jobs: What will be run, all of one number of threads; one job for each set of needs
                is enough.
            saving: Whether fitted models are saved, which takes a library of its own.
        """
        environment = {
            **thread_environment(jobs[0].threads),
            "PYTHONHASHSEED": "0",
            # Several runs share a graphics card: none may take all its memory at the start.
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
            "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
        }
        backends = [job.backend for job in jobs if job.backend is not None]
        if backends:
            environment["KERAS_BACKEND"] = backends[0]
        loaded = [name for job in jobs if not _is_bare(job) for name in _preloads(job)]
        if saving and any(name.startswith("sklearn") for name in loaded):
            loaded.append("skops.io")  # which imports all of scikit-learn, in seconds
        self._loaded = ForkServer(list(dict.fromkeys(loaded)), environment)
        self._bare = ForkServer([], environment)

    def of(self, job: Job) -> ForkServer:
        """The server that a run is forked from."""
        return self._bare if _is_bare(job) else self._loaded

    def close(self) -> None:
        """End the servers and everything that was ever started below them."""
        self._loaded.close()
        self._bare.close()


def uses_gpu(job: Job) -> bool:
    """Whether a run computes on a graphics card: Keras takes one where there is one."""
    return job.backend is not None and _has_gpu()


def _is_bare(job: Job) -> bool:
    """Whether a run must be forked from a process that has loaded no library.

    JAX starts threads when it is imported, and a graphics card's driver does not survive a fork.
    """
    return job.backend == "jax" or uses_gpu(job)


def _has_gpu() -> bool:
    return any(Path(device).exists() for device in ("/dev/nvidiactl", "/dev/kfd"))


def _preloads(job: Job) -> list[str]:
    """Import names worth loading once for all; Keras loads its backend itself.

    They are loaded outside of the sandbox: what could be code of a plugin is left to the run.
    """
    wanted = [name for name in job.requires if job.backend is None or "|" not in name]
    own = {"suite", *FAMILY_PACKAGES, (job.plugin_module or "").partition(".")[0]}
    choices = [[name for name in names.split("|") if _is_library(name, own)] for names in wanted]
    return ["|".join(names) for names in choices if names]


def _is_library(name: str, own: Collection[str]) -> bool:
    """Whether a module is one that was installed, and belongs to none of some packages."""
    top = name.partition(".")[0]
    try:
        spec = None if top in own else find_spec(top)
    except ValueError:  # in sys.modules, put there by hand
        return False
    if spec is None or spec.origin is None:
        return False
    folders = (sys.prefix, sys.base_prefix, site.getusersitepackages())
    return any(Path(spec.origin).is_relative_to(folder) for folder in folders)
