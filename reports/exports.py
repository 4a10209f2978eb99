"""The primary table as files for other programs: JSON and CSV, a row a model and dataset."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, fields
from typing import Any

from reports.rows import Row
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
)


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
        content["machine"] = asdict(row.machine)
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
        writer.writerow(_flat(row, table))
    return text.getvalue()


def _flat(row: Row, table: Table) -> dict[str, Any]:
    content = row_content(row)
    low, high = row.accuracy_ci95 or (None, None)
    flat = {name: content[name] for name in COLUMNS if name in content}
    flat.update(content.get("machine", {}))
    flat.update(
        protocol=table.protocol,
        preset=table.preset,
        accuracy_ci95_low=low,
        accuracy_ci95_high=high,
        seeds=" ".join(map(str, row.seeds)),
        engines=" ".join(row.engines),
        notes="; ".join(row.notes),
    )
    return flat
