from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pyarrow as pa
from pyarrow.parquet import read_table

from reports.exports import COLUMNS, to_csv, to_json, to_parquet
from reports.rows import Description
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
ORDER = tuple(DATASETS)


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} in the JSON")


def test_json_has_the_fields_of_its_schema(
    sweep: list[Scored], descriptions: Mapping[tuple[str, str], Description]
) -> None:
    (table,) = build_tables(sweep, descriptions, ORDER)
    content = json.loads(to_json(table), parse_constant=_refuse)
    assert (content["schema"], content["protocol"], content["preset"]) == (1, "holdout", "quick")
    assert content["publishable"] is False
    assert len(content["rows"]) == 35
    first = content["rows"][0]
    assert set(first) >= {
        "model", "variant", "family", "dataset", "seeds", "failed", "accuracy_mean",
        "accuracy_std", "accuracy_ci95", "rank", "parameter_count", "fit_cpu_seconds_mean",
        "fit_wall_seconds_mean", "predict_microseconds_per_image", "peak_memory_mib",
    }  # fmt: skip
    assert first["rank"] == 1
    assert first["seeds"] == [0, 1, 2]
    assert first["machine"] == {"processor": "AMD EPYC 9B14", "threads": 1, "device": "cpu"}
    assert first["notes"] == ["3 of 20 epochs"]


def test_json_has_learning_curves(scored: MakeScored) -> None:
    history = [{"epoch": 1, "val_accuracy": 0.8123456}, {"epoch": 2, "val_accuracy": 0.9}]
    (table,) = build_tables([scored(0.9, history=history)], {}, ORDER)
    (row,) = json.loads(to_json(table))["rows"]
    assert row["validation_percent_by_epoch"] == [81.2346, 90.0]
    assert "curve" not in row


def test_both_files_have_the_other_figures_of_quality(scored: MakeScored) -> None:
    run = replace(scored(0.9, log_loss=0.25), accuracy_clean=0.89)
    (table,) = build_tables([run], {}, ORDER)
    (row,) = json.loads(to_json(table))["rows"]
    (line,) = csv.DictReader(io.StringIO(to_csv(table)))
    assert (row["log_loss_mean"], row["accuracy_clean_mean"]) == (0.25, 0.89)
    assert (line["log_loss_mean"], line["accuracy_clean_mean"]) == ("0.25", "0.89")
    assert "macro_f1_mean" not in row
    assert line["macro_f1_mean"] == ""


def test_json_leaves_out_what_is_missing(scored: MakeScored) -> None:
    (table,) = build_tables([scored(None, seed=4)], {}, ORDER)
    (row,) = json.loads(to_json(table))["rows"]
    assert not {"accuracy_mean", "accuracy_std", "rank", "peak_memory_mib", "machine"} & set(row)
    assert row["failed"] == 1
    assert row["failures"] == [
        {"seed": 4, "status": "failed", "reason": "ValueError: no convergence"}
    ]


def test_no_field_of_the_csv_is_a_formula(scored: MakeScored) -> None:
    hostile = {("svm", ""): Description(title="=HYPERLINK(1)", family="+1", label="@SUM(1)")}
    (table,) = build_tables([scored(0.9)], hostile, ORDER)
    (line,) = csv.DictReader(io.StringIO(to_csv(table)))
    assert (line["title"], line["family"], line["label"]) == ("'=HYPERLINK(1)", "'+1", "'@SUM(1)")


def test_csv_holds_the_same_rows_as_the_json(sweep: list[Scored]) -> None:
    (table,) = build_tables(sweep, {}, ORDER)
    rows = json.loads(to_json(table))["rows"]
    lines = list(csv.DictReader(io.StringIO(to_csv(table))))
    assert tuple(lines[0]) == COLUMNS
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        assert line["model"] == row["model"]
        assert line["protocol"] == "holdout"
        assert line["seeds"] == " ".join(map(str, row["seeds"]))
        assert line["accuracy_mean"] == str(row.get("accuracy_mean", ""))
        assert line["accuracy_ci95_low"] == str(row.get("accuracy_ci95", [""])[0])
        assert line["processor"] == row.get("machine", {}).get("processor", "")


def test_parquet_holds_the_columns_of_the_csv_typed(
    sweep: list[Scored], descriptions: Mapping[tuple[str, str], Description]
) -> None:
    (table,) = build_tables(sweep, descriptions, ORDER)
    content = to_parquet(table)
    assert content is not None
    assert content == to_parquet(table)
    read = read_table(io.BytesIO(content))
    assert tuple(read.column_names) == COLUMNS
    kinds = {name: read.schema.field(name).type for name in COLUMNS}
    assert kinds["rank"] == kinds["parameter_count"] == pa.int64()
    assert kinds["accuracy_std"] == kinds["fit_cpu_seconds_mean"] == pa.float64()
    assert kinds["comparable"] == pa.bool_()
    assert kinds["seeds"] == pa.list_(pa.int64())
    lines = csv.DictReader(io.StringIO(to_csv(table)))
    for line, row in zip(lines, read.to_pylist(), strict=True):
        assert line["label"] == row["label"]
        assert line["accuracy_mean"] == ("" if row["rank"] is None else str(row["accuracy_mean"]))
        assert line["notes"] == "; ".join(row["notes"])
        assert line["seeds"] == " ".join(map(str, row["seeds"]))


def test_parquet_of_failures_alone_keeps_its_types(scored: MakeScored) -> None:
    (table,) = build_tables([scored(None)], {}, ORDER)
    content = to_parquet(table)
    assert content is not None
    read = read_table(io.BytesIO(content))
    assert read.schema.field("accuracy_mean").type == pa.float64()
    assert read.to_pylist()[0]["accuracy_mean"] is None
