"""Tables as files for other programs: JSON, CSV, Parquet; a row a model and dataset."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, fields
from typing import Any, get_args, get_type_hints

from reports.machines import Machine
from reports.rows import Row
from reports.site_files import STEM
from reports.tables import Table

SCHEMA = 1
COLUMNS = (
    "protocol",
    "preset",
    "dataset",
    "rank",
    "tie_group",
    "model",
    "variant",
    "label",
    "title",
    "family",
    "seeds",
    "runs",
    "failed",
    "images",
    "accuracy_mean",
    "accuracy_std",
    "accuracy_ci95_low",
    "accuracy_ci95_high",
    "accuracy_clean_mean",
    "balanced_accuracy_mean",
    "macro_f1_mean",
    "log_loss_mean",
    "expected_calibration_error_mean",
    "parameter_count",
    "fit_cpu_seconds_mean",
    "fit_wall_seconds_mean",
    "predict_microseconds_per_image",
    "peak_memory_mib",
    "comparable",
    "processor",
    "threads",
    "device",
    "engines",
    "notes",
    "model_bytes",
)


def data_files(table: Table, is_primary: bool) -> dict[str, str | bytes]:
    """A table's data files by name; no Parquet where pyarrow is not installed.

    Args:
        table: The table.
        is_primary: Whether it is the site's first table, whose files have the plain name.
    """
    stem = STEM if is_primary else f"{STEM}-{table.protocol}-{table.preset}"
    parquet = to_parquet(table)
    return {
        f"{stem}.json": to_json(table),
        f"{stem}.csv": to_csv(table),
        **({} if parquet is None else {f"{stem}.parquet": parquet}),
    }


def to_json(table: Table) -> str:
    """The table as `leaderboard.json`; what is missing is absent, and there is no NaN."""
    content = {
        "schema": SCHEMA,
        "protocol": table.protocol,
        "preset": table.preset,
        "publishable": table.publishable,
        "rows": [row_content(row) for row in table.rows],
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def row_content(row: Row) -> dict[str, Any]:
    """A row as JSON holds it: its fields but for those that are None."""
    everything = {field.name: getattr(row, field.name) for field in fields(row)}
    content = {name: value for name, value in everything.items() if value is not None}
    if row.machine is not None:
        known = asdict(row.machine).items()
        content["machine"] = {name: value for name, value in known if value not in ("", None)}
    if row.curve is not None:
        del content["curve"]
        content["validation_percent_by_epoch"] = [round(v, 4) for v in row.curve.percent]
    content["failures"] = [
        {"seed": f.seed, "status": f.status, "reason": f.reason}
        | ({} if f.fold is None else {"fold": f.fold})
        for f in row.failures
    ]
    return content


def to_csv(table: Table) -> str:
    """The table as `leaderboard.csv`; what is missing is an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in table.rows:
        flat = _flat(row, table)
        for name in ("seeds", "engines"):
            flat[name] = " ".join(map(str, flat[name]))
        flat["notes"] = "; ".join(flat["notes"])
        writer.writerow({name: _no_formula(value) for name, value in flat.items()})
    return text.getvalue()


def _no_formula(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value[:1] in set("=+-@\t") else value


def to_parquet(table: Table) -> bytes | None:
    """The table as `leaderboard.parquet`: the columns of the CSV, typed, what is missing is null.

    Returns:
        The file; None where pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow.parquet import write_table
    except ImportError:
        return None
    types = {
        str: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        tuple[int, ...]: pa.list_(pa.int64()),
        tuple[str, ...]: pa.list_(pa.string()),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in _kinds().items()])
    rows = [_flat(row, table) for row in table.rows]
    file = io.BytesIO()
    write_table(pa.Table.from_pylist(rows, schema=schema), file)
    return file.getvalue()


def _kinds() -> dict[str, Any]:
    """The type of each column's values that are not missing."""
    hints = get_type_hints(Row) | get_type_hints(Machine)
    hints |= dict.fromkeys(("protocol", "preset"), str)
    hints |= dict.fromkeys(("accuracy_ci95_low", "accuracy_ci95_high"), float)
    kinds = {}
    for name in COLUMNS:
        choices = get_args(hints[name])
        optional = type(None) in choices
        kinds[name] = next(c for c in choices if c is not type(None)) if optional else hints[name]
    return kinds


def _flat(row: Row, table: Table) -> dict[str, Any]:
    content = row_content(row)
    low, high = row.accuracy_ci95 or (None, None)
    flat = {name: content[name] for name in COLUMNS if name in content}
    machine = content.get("machine", {})
    flat.update({name: machine[name] for name in COLUMNS if name in machine})
    flat.update(
        protocol=table.protocol,
        preset=table.preset,
        accuracy_ci95_low=low,
        accuracy_ci95_high=high,
    )
    return flat
