"""Runs jobs on the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from suite.data.datasets import Dataset
from suite.errors import RunnerError, UsageError
from suite.runner.isolate import Limits
from suite.runner.local import Finished, OnEvent
from suite.runner.plan import Job, SplitOf

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10.0
INSTALL = "pip install -e '.[cluster]'"


def check_address(scheduler: str) -> None:
    """Refuse what can't be the address of a scheduler, or any where Dask is not installed.

    Raises:
        UsageError: It is no address such as tcp://10.0.0.1:8786, or Dask is not installed.
    """
    try:
        from distributed.comm.addressing import parse_address, parse_host_port
        from distributed.comm.registry import get_backend
    except ImportError as error:
        raise UsageError(f"--scheduler needs dask.distributed: {INSTALL}") from error
    try:
        scheme, location = parse_address(scheduler, strict=True)
        get_backend(scheme)
        parse_host_port(location)
    except ValueError as error:
        raise UsageError(
            f"--scheduler {scheduler[:80]!r}: expected an address such as tcp://10.0.0.1:8786"
        ) from error


def run_cluster(
    jobs: Sequence[Job],
    datasets: Mapping[str, Dataset],
    split_of: SplitOf,
    *,
    scheduler: str,
    limits: Limits,
    on_event: OnEvent = lambda event: None,
) -> Generator[Finished, None, None]:
    """Do runs on a Dask cluster and yield each as it ends.

    A worker does as many at a time as its threads allow; workers may join and leave meanwhile.
    The run of a worker that is lost is done again elsewhere. Closing the generator, or an
    exception in the caller, ends the runs under way and every process that they started.

    Args:
        jobs: The runs, in the order in which they are taken; all of one number of threads.
        datasets: The datasets by name.
        split_of: The split of a run.
        scheduler: Address of the cluster's scheduler, such as "tcp://10.0.0.1:8786".
        limits: Of each run; where `bytes` is None, an even share of most of the worker's memory.
        on_event: Told of the progress.

    Yields:
        Each run that ended. That it did is for the caller to tell, once it has stored the record.

    Raises:
        UsageError: The address is none, or Dask is not installed.
        RunnerError: The scheduler does not answer or is lost, or a worker can't do the runs.
    """
    check_address(scheduler)
    if not jobs:
        return
    from distributed.comm import CommClosedError

    from suite.runner.dispatch import Dispatch

    sweep = Dispatch(_connected(scheduler), jobs, datasets, split_of, limits, on_event)
    try:
        sweep.open()
        yield from sweep.runs()
    except (CommClosedError, TimeoutError) as error:  # broken in the middle of a call
        raise sweep.lost_scheduler() from error
    finally:
        sweep.close()


def _connected(scheduler: str) -> Client:
    from distributed import Client

    try:
        return Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except OSError as error:
        raise RunnerError(
            f"no Dask scheduler answers at {scheduler}; start one with `dask scheduler`, or "
            "correct the address"
        ) from error
