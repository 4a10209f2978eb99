"""Holds a process to its cores, threads and precision.

`OMP_NUM_THREADS` and its like are read when a library loads, so the fork server is started with
them (`thread_environment`). What is loaded already is told by threadpoolctl and by each library's
own setting; oneTBB (scikit-learn-intelex) heeds neither, but the affinity that is set first.
"""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path


def thread_environment(threads: int) -> dict[str, str]:
    """Environment variables that hold libraries to a number of threads when they load."""
    names = (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
        "LOKY_MAX_CPU_COUNT",
        "NPROC",  # XLA on the CPU
    )
    return dict.fromkeys(names, str(threads))


def pin(cores: tuple[int, ...]) -> None:
    """Keep this process to some cores, where the system can."""
    if cores and hasattr(os, "sched_setaffinity"):
        # A core can be taken from a container while a sweep runs; the run then goes unpinned.
        with suppress(OSError):
            os.sched_setaffinity(0, cores)


def limit_threads(threads: int) -> None:
    """Tell every thread pool that is loaded now how many threads it may use."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=threads)
    if "daal4py" in sys.modules:
        sys.modules["daal4py"].daalinit(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


def compute_in(precision: str) -> None:
    """Have Keras compute with a data type; weights stay float32, which needs no call.

    Args:
        precision: "float32" or "bfloat16".
    """
    if precision != "float32":
        importlib.import_module("keras").config.set_dtype_policy(f"mixed_{precision}")


def offer_to_oom_killer() -> None:
    """Have the kernel, when memory runs out, end this process rather than the suite (Linux)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800", encoding="ascii")
