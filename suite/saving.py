"""Keeps the fitted models of a sweep: `run --save-models`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from suite.errors import ModelError, UsageError
from suite.models_io.saved import keep
from suite.records.record import Record
from suite.records.store import Store
from suite.registry import install_command, missing_of
from suite.runner.events import ModelKept
from suite.runner.local import Finished
from suite.runner.sandbox import remove_tree
from suite.selection import Selection


def check_folder(
    models: Path, results: Path, scheduler: str | None, selections: Iterable[Selection]
) -> None:
    """Refuse to begin runs whose models could not be saved.

    Args:
        models: Folder of the models.
        results: Folder of the records.
        scheduler: Address of a cluster that does the runs, if any.
        selections: What is run.

    Raises:
        UsageError: The folder is that of the records, the runs are done elsewhere, or skops is
            needed and not installed.
    """
    if scheduler is not None:
        raise UsageError(
            "--save-models is for runs on this machine, not with --scheduler: leave out one"
        )
    if os.path.realpath(models) == os.path.realpath(results):
        raise UsageError("--save-models and --results name one folder; models need their own")
    names = "|".join(name for s in selections for name in s.model.plugin.requires).split("|")
    is_sklearn = any(name.partition(".")[0] == "sklearn" for name in names)
    missing = missing_of(["skops"]) if is_sklearn else ()
    if missing:
        raise UsageError(f"--save-models needs skops for these models: {install_command(missing)}")


def keep_model(models: Store | None, run: Finished) -> ModelKept | None:
    """Save a run's model; that it can't be is no reason to lose other runs.

    Args:
        models: The folder of the models; None where none are kept.
        run: A run that ended.

    Returns:
        What became of the model of a run that is ok.
    """
    if models is None or run.written is None:
        return None
    try:
        if run.record.status != "ok":
            return None
        return ModelKept(job=run.job, path=keep(models, run.record, run.written))
    except (ModelError, OSError) as error:
        return ModelKept(job=run.job, path=None, reason=str(error))
    finally:
        remove_tree(run.written.folder)


def count_unsaved(models: Path | None, recorded: Iterable[Record]) -> int:
    """How many of the records that are ok have no model in a folder of models."""
    if models is None:
        return 0
    stems = (record.key.stem for record in recorded if record.status == "ok")
    return sum(not (models / f"{stem}.json").exists() for stem in stems)
