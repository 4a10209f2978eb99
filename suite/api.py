"""The suite from Python: what the command line does, for notebooks and scripts."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from suite.config import parse_duration, parse_memory, parse_seeds, parse_sizes
from suite.records.record import Record
from suite.sweep import DEFAULT_DATASETS, DEFAULT_TIMEOUT, Settings, execute, prepare

if TYPE_CHECKING:
    import pandas as pd

    from suite.records.store import Damage
    from suite.stats.scoring import Scored

_ONE_TO_ONE = (
    "log_loss",
    "fit_wall_seconds",
    "fit_cpu_seconds",
    "predict_wall_seconds",
    "peak_memory_mib",
    "model_bytes",
    "engine",
    "train_images",
    "split_hash",
    "started_at",
)


class RunOptions(TypedDict, total=False):
    """What else `run` can be told, in the words of the command line.

    Attributes:
        family: Only these families, such as "cnn".
        jobs: Runs side by side; cores divided by threads if not given.
        threads: Threads a run, 1 if not given.
        train_sizes: Numbers of training images, each of which is run, such as [600, 6000]; all of
            the preset's if not given.
        precision: Arithmetic of models on Keras, "float32" (if not given) or "bfloat16".
        timeout: Limit of a run: seconds, or text such as "15m"; two hours if not given.
        memory: Limit of a run, such as "8GB".
        data_dir: Where to look for the datasets first.
        force: Run again what is recorded and current; the old records are kept aside.
        scheduler: Address of a Dask cluster that does the runs, such as "tcp://10.0.0.1:8786".
        save_models: Folder that the fitted models are saved in.
        require_sandbox: Refuse machines that can't shut a run off from labels and network.
    """

    family: str | Sequence[str]
    jobs: int
    threads: int
    train_sizes: int | str | Sequence[int]
    precision: str
    timeout: str | float
    memory: str
    data_dir: str | Path
    force: bool
    scheduler: str
    save_models: str | Path
    require_sandbox: bool


def run(
    datasets: str | Sequence[str] = DEFAULT_DATASETS,
    models: str | Sequence[str] = (),
    *,
    preset: str = "standard",
    protocol: str = "holdout",
    seeds: int | Sequence[int] | None = None,
    results: str | Path = "results",
    progress: bool = True,
    **options: Unpack[RunOptions],
) -> Iterator[Record]:
    """Run models and yield each record as it is stored.

    What is recorded and current is not run again. Closing the iterator ends the runs under way;
    the runs that ended stay recorded.

    Args:
        datasets: Names out of "fashion", "mnist" and "digits".
        models: Selections such as "svm" or "svm[C=[1,10]]"; all installed models if empty.
        preset: "smoke", "quick", "standard" or "paper".
        protocol: "holdout", "full" or "kfold".
        seeds: How many seeds, or which; the preset's number if None.
        results: Folder of the records.
        progress: Whether to show how the sweep gets on.
        options: See `RunOptions`.

    Yields:
        The record of each run, whatever came of it.

    Raises:
        suite.errors.SuiteError: Bad names, data or folders, before anything is run.

    Example:
        >>> import suite
        >>> for record in suite.run("digits", ["dummy", "nearest_centroid"], preset="smoke",
        ...                         results=folder, progress=False, jobs=1):
        ...     print(record.model, record.status)
        dummy ok
        nearest_centroid ok
    """
    settings = Settings(
        datasets=_names(datasets),
        models=(models,) if isinstance(models, str) else tuple(models),
        preset=preset,
        protocol=protocol,
        seeds=_seeds(seeds),
        results=Path(results),
        **_options(options),
    )
    return _run(settings, progress)


def _run(settings: Settings, progress: bool) -> Iterator[Record]:
    from suite.console import Console
    from suite.progress import SweepProgress
    from suite.records.store import open_store

    console = Console(highlight=False, quiet=not progress)
    with open_store(settings.results) as store:
        sweep = prepare(settings)
        with SweepProgress(console) as shown:
            yield from execute(sweep, store, shown)


def results(folder: str | Path = "results", *, data_dir: str | Path | None = None) -> pd.DataFrame:
    """All runs of a results folder, a row each.

    Args:
        folder: The results folder.
        data_dir: Where to look first for the datasets, whose labels score the predictions.

    Returns:
        A tidy frame: what was run (`dataset`, `protocol`, `preset`, `model`, `variant`, `seed`,
        `fold`, `parameters` as used, `threads`), `status` and `error`, `accuracy` (a fraction of
        1) and `images` scored, `log_loss` (nats), times in seconds, `peak_memory_mib`,
        `model_bytes`, `parameter_count`, `engine`, `processor`, `train_images`, `split_hash` and
        `started_at`.
        Missing where there is no value.

    A damaged record is left out with a warning that names it.

    Raises:
        suite.errors.SuiteError: The folder or the data can't be read.

    Example:
        >>> import suite
        >>> frame = suite.results(folder)
        >>> frame[["model", "dataset", "status"]].head(1).to_dict("records")
        [{'model': 'dummy', 'dataset': 'digits', 'status': 'ok'}]
    """
    import pandas as pd

    from suite.records.store import scan
    from suite.stats.scoring import score_all

    scored, damaged = score_all(scan(Path(folder)), _path(data_dir))
    _warn_of(damaged)
    return pd.DataFrame([_row(one) for one in scored])


def leaderboard(
    folder: str | Path = "results",
    *,
    protocol: str | None = None,
    preset: str | None = None,
    data_dir: str | Path | None = None,
) -> pd.DataFrame:
    """The leaderboard of a results folder, a row a model, variant and dataset.

    Args:
        folder: The results folder.
        protocol: Only this protocol.
        preset: Only this preset; protocols and presets are never mixed.
        data_dir: Where to look first for the datasets.

    Returns:
        The rows of `leaderboard.json`, with the same names.

    Raises:
        suite.errors.SuiteError: There are no records, or the folder or the data can't be read.

    A damaged record is left out with a warning that names it.

    Example:
        >>> import suite
        >>> suite.leaderboard(folder)[["model", "rank"]].values.tolist()
        [['nearest_centroid', 1], ['dummy', 2]]
    """
    import pandas as pd

    from reports.exports import to_json
    from reports.site import summarise
    from suite.records.store import scan

    report = summarise(
        scan(Path(folder)), protocol=protocol, preset=preset, data_dir=_path(data_dir)
    )
    _warn_of(report.damaged)
    return pd.DataFrame(json.loads(to_json(report.tables[0]))["rows"])


def _warn_of(damaged: Iterable[Damage]) -> None:
    for damage in damaged:
        warnings.warn(f"left out: {damage.path}: {damage.reason}", stacklevel=3)


def _row(scored: Scored) -> dict[str, Any]:
    record = scored.record
    key = record.key
    row: dict[str, Any] = {
        name: getattr(key, name)
        for name in ("dataset", "protocol", "preset", "model", "variant", "seed", "fold")
    }
    row |= {
        "parameters": {**record.parameters, **record.preset_changes},
        "threads": record.threads,
        "status": record.status,
        "error": record.error.message if record.error else None,
        "accuracy": scored.accuracy,
        "images": scored.images,
        "parameter_count": record.parameter_count.total if record.parameter_count else None,
        "processor": record.environment.processor,
    }
    return row | {name: getattr(record, name) for name in _ONE_TO_ONE}


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(names.split(",")) if isinstance(names, str) else tuple(names)


def _seeds(seeds: int | Sequence[int] | None) -> tuple[int, ...] | None:
    if seeds is None:
        return None
    if isinstance(seeds, int):
        return parse_seeds(seeds)
    return parse_seeds(",".join(str(seed) for seed in seeds) + ",")


def _sizes(sizes: int | str | Sequence[int]) -> tuple[int, ...]:
    if isinstance(sizes, int | str):
        return parse_sizes(sizes)
    return parse_sizes(",".join(str(size) for size in sizes))


def _options(options: RunOptions) -> dict[str, Any]:
    """Options in the words of the command line, as `Settings` has them."""
    values: dict[str, Any] = dict(options)
    if "family" in values:
        values["families"] = _names(values.pop("family"))
    if "train_sizes" in values:
        values["train_sizes"] = _sizes(values["train_sizes"])
    values["timeout"] = parse_duration(values.get("timeout") or DEFAULT_TIMEOUT)
    if isinstance(values.get("memory"), str):
        values["memory"] = parse_memory(values["memory"])
    values["data_dir"] = _path(values.get("data_dir"))
    values["save_models"] = _path(values.get("save_models"))
    return values


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)
