"""A record that was edited is caught, and the message says which field."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suite.audit.code import code_faults
from suite.audit.known import Known
from suite.audit.validate import validate
from suite.data.known import DATASETS
from suite.records.record import Record
from suite.registry import Registry, discover
from tests.audit.findings import fields, git

NETWORK = Path(__file__).parents[1] / "records" / "history" / "v1"
EPOCHS = "digits/holdout-quick/counts_epochs/seed-0.json"
Edit = Callable[..., Path]


def test_what_the_suite_records_is_valid(made: Path, known: Known) -> None:
    audit = validate(made, known)
    assert audit.findings == ()
    assert audit.records == 6


# Without a new digest any edit is caught; the field is named where something else determines it.
@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("fit_cpu_seconds", 0.001, ""),
        ("environment.processor", "Faster", ""),
        ("environment.packages", {"numpy": "9"}, ""),
        ("parameter_count.total", 1, "parameter_count.trainable"),
        ("log_loss", 0.0, "log_loss"),
        ("seed", 3, "seed and fold"),
        ("split_hash", "0" * 64, "split_hash"),
        ("dataset.sums", {}, "dataset.sums"),
        ("arrays_sha256", "0" * 64, "arrays_sha256"),
        ("parameters.scale", 0.5, "variant"),
        ("origin", {"source": "me", "file": "x"}, "the file"),
    ],
)
def test_an_edit_without_a_new_digest_is_caught(
    results: Path, known: Known, edit: Edit, field: str, value: Any, named: str
) -> None:
    edit(EPOCHS, {field: value}, sign=False)
    audit = validate(results, known)
    caught = fields(audit)
    if named == "the file":  # refused by the schema, which says so of the record as a whole
        assert audit.errors
        assert "variant" in str(audit.findings[0])
    else:
        assert "digest" in caught
        assert not named or named in caught
    assert all(finding.path == EPOCHS for finding in audit.findings)


# What follows was signed again by its editor, so that it has to be found by recomputing.
SIGNED: list[tuple[dict[str, Any], str]] = [
    ({"schema": 2}, "schema"),
    ({"accuracy": 0.99}, "accuracy"),
    ({"seed": 7}, "seed and fold"),
    ({"fold": 1}, "fold"),
    ({"model": "svm"}, "model and variant"),
    ({"variant": "still"}, "variant"),
    ({"dataset.name": "mnist"}, "dataset.sums"),
    ({"dataset.name": "cifar"}, "dataset.name"),
    ({"dataset.sums": dict(DATASETS["mnist"].sums)}, "dataset.sums"),
    ({"protocol": "full"}, "split_hash"),
    ({"protocol": "everything"}, "protocol"),
    ({"preset": "paper"}, "preset_changes"),
    ({"preset": "huge"}, "preset"),
    ({"parameters.scale": 0.5}, "variant"),
    ({"parameters.scale": 1}, "parameters.scale"),
    ({"parameters.scale": 10**400}, "parameters"),
    ({"parameters.scale": None}, "parameters"),
    ({"parameters.extra": 1}, "parameters"),
    ({"preset_changes": {}}, "preset_changes"),
    ({"preset_changes.epochs": 40}, "preset_changes"),
    ({"split_hash": "0" * 64}, "split_hash"),
    ({"train_images": 60_000}, "train_images"),
    ({"threads": 2}, "variant"),
    ({"threads": 2_000}, "threads"),
    ({"status": "failed"}, "arrays_sha256"),
    ({"status": "failed"}, "error"),
    ({"error": {"type": "E", "message": ""}}, "error"),
    ({"engine": None}, "engine"),
    ({"fit_wall_seconds": None}, "fit_wall_seconds"),
    ({"fit_wall_seconds": -1.0}, "fit_wall_seconds"),
    ({"fit_cpu_seconds": 1e6}, "fit_cpu_seconds"),
    ({"peak_memory_mib": 1e9}, "peak_memory_mib"),
    ({"model_bytes": 0}, "model_bytes"),
    ({"model_bytes": 2**53}, "model_bytes"),
    ({"parameter_count": {"total": 5, "trainable": 6}}, "parameter_count.trainable"),
    ({"history": [{"epoch": 1}] * 3}, "history"),
    ({"history": [{"epoch": n, "accuracy": 1.5} for n in (1, 2, 3)]}, "history.1.accuracy"),
    ({"history": [{"epoch": n} for n in range(1, 9)]}, "history"),
    ({"log_loss": 9.0}, "log_loss"),
    ({"log_loss": 0.001}, "log_loss"),
    ({"log_loss": None}, "log_loss"),
    ({"arrays_sha256": None}, "arrays_sha256"),
    ({"arrays_sha256": "0" * 64}, "arrays_sha256"),
    ({"environment.cores": 0}, "environment.cores"),
    ({"environment.backend": "jax"}, "environment.backend"),
    ({"environment.precision": "bfloat16"}, "environment.precision"),
    ({"environment.git_commit": "HEAD"}, "environment.git_commit"),
    ({"parameter_count": {"total": 10**400}}, "parameter_count.total"),
    ({"fit_wall_seconds": 1.7e308}, "fit_wall_seconds"),
    ({"seed": 10**100}, "seed"),
    ({"started_at": "2999-01-01T00:00:00+00:00"}, "started_at"),
    ({"started_at": "yesterday"}, "started_at"),
    ({"started_at": "2026-01-01T00:00:00"}, "started_at"),
    ({"fit_wall_seconds": 1e99}, "fit_wall_seconds"),
    ({"fit_wall_seconds": 0.0}, "fit_wall_seconds"),
    (
        {
            "fit_wall_seconds": 2347.0,
            "fit_cpu_seconds": 0.0,
            "started_at": "2026-01-01T00:00:00+00:00",
        },
        "fit_cpu_seconds",
    ),
    ({"predict_wall_seconds": 1e99}, "predict_wall_seconds"),
    ({"predict_wall_seconds": 0.0}, "predict_wall_seconds"),
    ({"parameter_count": {"total": 0}}, "parameter_count.total"),
    ({"parameter_count": {"total": 2**53}}, "parameter_count.total"),
    ({"environment.cores": 2**53}, "environment.cores"),
    ({"environment.memory_mib": 2**53}, "environment.memory_mib"),
    ({"environment.packages": {}}, "environment.packages"),
    ({"environment.packages.numpy": "newest"}, "environment.packages.numpy"),
    ({"environment.packages.numpy": "2.4\n"}, "environment.packages.numpy"),
    (
        {"environment.packages": {"n\x1b": "1", "numpy": "2", "scipy": "1", "scikit-learn": "1"}},
        "environment.packages",
    ),
    ({"environment.python": "2.7"}, "environment.python"),
    ({"environment.python": "new"}, "environment.python"),
    ({"environment.processor": "x" * 100_000}, "environment.processor"),
    ({"environment.processor": "x" * 300}, "environment.processor"),
    ({"environment.processor": "\x1b[31mFast"}, "environment.processor"),
    ({"environment.system": "Linux\n6"}, "environment.system"),
    ({"engine": "count\ned"}, "engine"),
    ({"engine": "keras/tensorflow", "history": None}, "history"),
    ({"history": [{"epoch": n, "val_loss": -5} for n in (1, 2, 3)]}, "history.1.val_loss"),
    ({"status": "failed", "error": {"type": "E", "message": "x" * 3_000_000}}, "error.message"),
    ({"status": "failed", "error": {"type": "E", "message": "x" * 9_000}}, "error.message"),
    ({"status": "failed", "error": {"type": "E\n", "message": ""}}, "error.type"),
    ({"environment.sandbox": "landlock"}, "environment.sandbox"),
    ({"environment.sandbox": "none: "}, "environment.sandbox"),
    ({"environment.sandbox": "yes"}, "environment.sandbox"),
    ({"environment.cpu_quota": 0.0}, "environment.cpu_quota"),
    ({"environment.cpu_quota": 1e9}, "environment.cpu_quota"),
    (
        {"environment.calibration.matrix_product_gflops": 0.0},
        "environment.calibration.matrix_product_gflops",
    ),
    (
        {"environment.calibration.matrix_product_gflops": 1e9},
        "environment.calibration.matrix_product_gflops",
    ),
    (
        {"environment.calibration.memory_copy_gib_per_second": 1e9},
        "environment.calibration.memory_copy_gib_per_second",
    ),
    ({"time_limit_seconds": 0.0}, "time_limit_seconds"),
    ({"fit_wall_seconds": 7_300.0, "time_limit_seconds": 7_200.0}, "fit_wall_seconds"),
    ({"memory_limit_mib": 0.0}, "memory_limit_mib"),
    ({"multiply_adds": 8_000}, "multiply_adds"),
    (
        {"history": [{"epoch": n, "cpu_seconds": t} for n, t in ((1, 0.2), (2, 0.1), (3, 0.3))]},
        "history.cpu_seconds",
    ),
    ({"history": [{"epoch": n, "cpu_seconds": n - 2.0} for n in (1, 2, 3)]}, "history.cpu_seconds"),
    (
        {"history": [{"epoch": n, "cpu_seconds": 40.0 * n} for n in (1, 2, 3)]},
        "history.cpu_seconds",
    ),
    ({"variant": "unverified", "origin": {"source": "me", "file": "x"}}, "origin"),
]


@pytest.mark.parametrize(("changes", "field"), SIGNED, ids=[f"{c}-{f}"[:60] for c, f in SIGNED])
def test_an_edit_with_a_new_digest_is_caught_where_it_can_be_recomputed(
    results: Path, known: Known, edit: Edit, changes: dict[str, Any], field: str
) -> None:
    edit(EPOCHS, changes)
    caught = [name for one in fields(validate(results, known)) for name in one.split(", ")]
    assert "digest" not in caught
    assert field in caught


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"source_hash": "0" * 64, "environment.git_commit": None}, "source_hash"),
        ({"history": [{"epoch": 1, "accuracy": 0.5}]}, "history"),
        ({"started_at": "1999-01-01T00:00:00+00:00"}, "started_at"),
        ({"peak_memory_mib": 0.0}, "peak_memory_mib"),
        ({"other_cpu_seconds": 100.0}, "other_cpu_seconds"),
        (
            {"fit_wall_seconds": 2347.0, "started_at": "2026-01-01T00:00:00+00:00"},
            "fit_cpu_seconds",
        ),
    ],
)
def test_what_may_have_a_reason_is_a_warning(
    results: Path, known: Known, edit: Edit, changes: dict[str, Any], field: str
) -> None:
    edit(EPOCHS, changes)
    audit = validate(results, known)
    assert fields(audit) == []
    if field != "started_at" or "HEAD" in git("log", "-1", "--format=HEAD"):
        assert field in fields(audit, "warning")


@pytest.mark.parametrize("engine", ["scikit-learn", "", "keras/tensorflow", "plugin"])
def test_an_engine_that_the_model_does_not_use_is_caught(
    results: Path, known: Known, edit: Edit, engine: str
) -> None:
    (path,) = results.glob("digits/*/decision_tree--*/seed-0.json")
    edit(str(path.relative_to(results)), {"engine": engine})
    assert "engine" in fields(validate(results, known))


@pytest.mark.parametrize(
    ("engine", "backend", "told"),
    [("keras/tensorflow", "tensorflow", False), ("keras/jax", "tensorflow", True),
     ("scikit-learn", "tensorflow", True), ("", "tensorflow", True), ("keras/jax", "jax", False)],
)  # fmt: skip
def test_the_engine_of_a_network_is_keras_with_its_backend(
    known: Known, engine: str, backend: str, told: bool
) -> None:
    (path,) = NETWORK.rglob("*.json")
    content = json.loads(path.read_text())
    content["source_hash"] = known.registry.models[content["model"]].source_hash
    content["environment"] |= {"backend": backend, "git_commit": None}
    record = Record.model_validate_json(json.dumps(content | {"engine": engine}))
    found = [fault.field for fault in code_faults(record, known.registry)]
    assert ("engine" in found) == told


@pytest.mark.parametrize(
    ("requires", "engine", "told"),
    [(("numpy",), "plugin", False), (("numpy",), "numpy", False), (("numpy",), "sklearn", True),
     ((), "plugin", False)],
)  # fmt: skip
def test_the_engine_of_a_plugin_with_a_class_of_its_own_may_be_the_plugin(
    made: Path, tmp_path: Path, plugin: Path, requires: tuple[str, ...], engine: str, told: bool
) -> None:
    text = plugin.read_text().replace("PLUGIN = Plugin(", f"PLUGIN = Plugin(requires={requires},")
    (tmp_path / "baselines").mkdir()
    file = tmp_path / "baselines" / plugin.name
    file.write_text(text)
    loaded = discover([file]).models[plugin.stem]
    model = replace(loaded, module=f"baselines.{plugin.stem}")  # as if it were one of the suite
    registry = Registry(models={model.name: model})
    record = Record.model_validate_json((made / EPOCHS).read_text())
    record = record.model_copy(update={"engine": engine, "source_hash": model.source_hash})
    found = [fault for fault in code_faults(record, registry) if fault.field == "engine"]
    assert [fault.severity for fault in found] == ["error"] * told


def test_another_layout_of_the_same_content_is_caught(results: Path, known: Known) -> None:
    path = results / EPOCHS
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content))
    audit = validate(results, known)
    assert [str(f) for f in audit.findings if "the text that the suite writes" in str(f)]


def test_a_field_that_is_there_twice_is_caught(results: Path, known: Known) -> None:
    path = results / EPOCHS
    path.write_text(path.read_text().replace('{\n "schema"', '{\n "log_loss": 0.0,\n "schema"'))
    assert validate(results, known).errors


def test_a_plugin_that_is_not_here_is_a_warning_but_its_hash_is_checked(
    results: Path, known: Known, edit: Edit
) -> None:
    bare = Known(known.registry, now=known.now)
    bare.registry = type(known.registry)(models={})
    assert set(fields(validate(results, bare), "warning")) == {"model"}
    (path,) = results.glob("digits/*/decision_tree--*/seed-0.json")
    edit(str(path.relative_to(results)), {"parameters.max_depth": 9})
    assert fields(validate(results, bare)) == ["variant"]


def test_a_model_that_its_package_calls_otherwise_than_its_file_is_known_by_its_code(
    results: Path, known: Known, plugin: Path, edit: Edit
) -> None:
    """As an entry point may; `examples/suite-example-model` is one."""
    for path in sorted(results.glob("digits/*/counts_epochs*")):
        name = path.name.replace("counts_epochs", "entry_point")
        path.rename(path.with_name(name))
    for path in sorted(results.rglob("entry_point*/*.json")):
        edit(str(path.relative_to(results)), {"model": "entry_point"})
    assert validate(results, known).findings == ()
    edit(EPOCHS.replace("counts_epochs", "entry_point"), {"parameters.scale": 0.5})
    assert fields(validate(results, known)) == ["variant"]
    other = Known(discover(), now=known.now)  # without --plugin
    assert "model" in fields(validate(results, other), "warning")


def test_a_name_of_two_lines_within_a_record_is_told_in_one(results: Path, known: Known) -> None:
    path = results / EPOCHS
    content = json.loads(path.read_text())
    content["dataset"]["sums"]["a\nb"] = None
    path.write_text(json.dumps(content))
    assert r"dataset.sums.a\nb" in fields(validate(results, known))
