"""Records as a table: one row a run, raw facts and score, as CSV, JSON or Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, get_type_hints

from suite.errors import UsageError
from suite.identity import canonical_json
from suite.registry import install_command, missing_of

if TYPE_CHECKING:
    from suite.stats.scoring import Scored

SCHEMA = 1
FORMATS = ("csv", "parquet", "json")
_PANDAS_TYPES = {int: "Int64", float: "Float64", str: "string", bool: "boolean"}


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """A run as a row. The fields are the columns, in this order; what is missing is None.

    The names that records have mean the same there (`suite.records.record.Record`). A column is
    never moved or given another meaning; new ones come at the end.

    Attributes:
        dataset: Name of the dataset.
        protocol: Name of the protocol.
        preset: Name of the preset.
        model: The model's name.
        variant: "" for the defaults, a variant's name, or the hash of the parameters.
        seed: The base seed.
        fold: The fold, under `kfold`.
        status: What came of the run.
        error: Why there is no result: type and message.
        accuracy: Part of the images that was predicted rightly, a fraction of 1.
        images: Images that were scored.
        log_loss: In nats.
        train_images: Images that the model was fitted on.
        parameters: As resolved, before the preset's limits: JSON.
        preset_changes: What the preset changed of them: JSON.
        parameter_count: Numbers that the fitted model needs.
        trainable_count: Those that training changes, where fewer.
        epochs: Rows of the history.
        fit_wall_seconds: Wall time of training.
        fit_cpu_seconds: Processor time of training.
        predict_wall_seconds: Wall time of prediction on all scored images.
        peak_memory_mib: Highest memory.
        threads: Threads that the run was allowed.
        engine: The library that trained.
        processor: The processor's name.
        cores: Cores that the suite could use.
        memory_mib: Memory of the machine.
        system: Operating system and version.
        python: Version of Python.
        packages: Versions of packages: JSON.
        device: "cpu", or the accelerator's name.
        backend: The Keras backend.
        precision: Data type of the arithmetic.
        git_commit: Commit of the suite.
        git_dirty: Whether it had other changes.
        source_hash: Of the plugin's code.
        split_hash: Of the split.
        arrays_sha256: Of the predictions.
        digest: Of the record.
        started_at: ISO 8601, UTC.
        unverified: Whether the predictions were made elsewhere.
        source: Where, for those.
        model_bytes: Size of the fitted model, uncompressed.
        multiply_adds: Multiplications with an addition that a network needs for one image.
        time_limit_seconds: Wall time after which the run would have been ended.
        memory_limit_mib: Memory beyond which it would have been ended.
        processor_model: What tells processors of one name apart.
        cpu_quota: Processors' worth of time that the suite was allowed.
        matrix_product_gflops: How fast one core was just before the sweep, in 1e9 operations a
            second.
        memory_copy_gib_per_second: How fast it copied memory.
        sandbox: What held the run off files and network.
        other_cpu_seconds: Processor time besides training.
    """

    dataset: str
    protocol: str
    preset: str
    model: str
    variant: str
    seed: int
    fold: int | None
    status: str
    error: str | None
    accuracy: float | None
    images: int
    log_loss: float | None
    train_images: int
    parameters: str
    preset_changes: str
    parameter_count: int | None
    trainable_count: int | None
    epochs: int | None
    fit_wall_seconds: float | None
    fit_cpu_seconds: float | None
    predict_wall_seconds: float | None
    peak_memory_mib: float | None
    threads: int
    engine: str | None
    processor: str
    cores: int
    memory_mib: int
    system: str
    python: str
    packages: str
    device: str
    backend: str | None
    precision: str
    git_commit: str | None
    git_dirty: bool | None
    source_hash: str
    split_hash: str
    arrays_sha256: str | None
    digest: str
    started_at: str
    unverified: bool
    source: str | None
    model_bytes: int | None
    multiply_adds: int | None
    time_limit_seconds: float | None
    memory_limit_mib: float | None
    processor_model: str | None
    cpu_quota: float | None
    matrix_product_gflops: float | None
    memory_copy_gib_per_second: float | None
    sandbox: str | None
    other_cpu_seconds: float | None


COLUMNS = tuple(field.name for field in fields(RunRow))
_JSON_COLUMNS = ("parameters", "preset_changes", "packages")


def run_row(scored: Scored) -> RunRow:
    """The row of a scored run."""
    record, count = scored.record, scored.record.parameter_count
    environment = record.environment.model_dump(exclude={"packages", "calibration"})
    speed = record.environment.calibration
    same = {
        name: getattr(record, name)
        for name in COLUMNS
        if name not in {*_JSON_COLUMNS, "dataset", "error", "parameter_count"}
        and name in type(record).model_fields
    }
    return RunRow(
        **same,
        **environment,
        dataset=record.dataset.name,
        error=f"{record.error.type}: {record.error.message}" if record.error else None,
        accuracy=scored.accuracy,
        images=scored.images,
        parameters=canonical_json(record.parameters),
        preset_changes=canonical_json(record.preset_changes),
        packages=canonical_json(record.environment.packages),
        parameter_count=count.total if count else None,
        trainable_count=count.trainable if count else None,
        epochs=None if record.history is None else len(record.history),
        unverified=record.origin is not None,
        source=record.origin.source if record.origin else None,
        matrix_product_gflops=speed.matrix_product_gflops if speed else None,
        memory_copy_gib_per_second=speed.memory_copy_gib_per_second if speed else None,
    )


def to_csv(rows: Iterable[RunRow]) -> bytes:
    """CSV in UTF-8 with a header; what is missing is an empty field, truth `true` or `false`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = (getattr(row, name) for name in COLUMNS)
        writer.writerow(str(v).lower() if isinstance(v, bool) else v for v in values)
    return text.getvalue().encode("utf-8", "replace")


def to_json(rows: Iterable[RunRow]) -> bytes:
    """JSON: `{"schema": 1, "rows": [...]}`; what is missing is absent, and there is no NaN."""
    content = [
        {
            name: json.loads(value) if name in _JSON_COLUMNS else value
            for name, value in asdict(row).items()
            if value is not None
        }
        for row in rows
    ]
    return (
        json.dumps({"schema": SCHEMA, "rows": content}, indent=1, allow_nan=False) + "\n"
    ).encode()


def to_parquet(rows: Iterable[RunRow]) -> bytes:
    """Parquet with the columns' types; what is missing is null.

    Raises:
        UsageError: pyarrow is not installed.
    """
    import pandas as pd

    missing = missing_of(["pyarrow"])
    if missing:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed. Install it with: "
            f"{install_command(missing)}; or use --format csv"
        )
    frame = pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS), dtype=object)
    types = {name: _PANDAS_TYPES[kind] for name, kind in column_types().items()}
    packed = io.BytesIO()
    try:
        frame.astype(types).to_parquet(packed, engine="pyarrow", index=False)
    except OverflowError as error:
        raise UsageError(
            f"a number is too large for Parquet ({error}); use --format csv"
        ) from error
    return packed.getvalue()


def column_types() -> dict[str, Any]:
    """The type of each column: `int`, `float`, `str` or `bool`."""
    hints = get_type_hints(RunRow)
    return {name: next(t for t in (bool, int, float, str) if t in _members(hints[name]))
            for name in COLUMNS}  # fmt: skip


def _members(hint: Any) -> tuple[Any, ...]:
    return getattr(hint, "__args__", (hint,))
