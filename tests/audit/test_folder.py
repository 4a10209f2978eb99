"""What lies in a results folder besides valid records, and what the command says."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from suite.audit.known import Known
from suite.audit.validate import Audit, validate
from suite.cli import app
from suite.errors import StoreError
from suite.records.record import digest_of
from suite.records.store import open_store, read

EPOCHS = "digits/holdout-quick/counts_epochs/seed-0.json"
Edit = Callable[..., Path]


def fields(audit: Audit, severity: str = "error") -> list[str]:
    return [finding.field for finding in audit.findings if finding.severity == severity]


def add_folder(results: Path) -> Path:
    return results / "digits" / "holdout-quick" / "counts_epochs"


def plant(results: Path, what: str) -> str:
    """Put something that does not belong into the folder; returns its path from there."""
    own = add_folder(results)
    if what == "text":
        (results / "notes.txt").write_text("x")
        return "notes.txt"
    if what == "arrays":
        shutil.copy(own / "seed-0.npz", own / "seed-9.npz")
        return "digits/holdout-quick/counts_epochs/seed-9.npz"
    if what == "deep":
        (own / "more").mkdir()
        shutil.copy(own / "seed-0.json", own / "more" / "seed-0.json")
        return "digits/holdout-quick/counts_epochs/more/seed-0.json"
    if what == "hidden":
        (own / ".seed-0.json.swp").write_text("x")
        return "digits/holdout-quick/counts_epochs/.seed-0.json.swp"
    if what == "link":
        (own / "seed-9.json").symlink_to(own / "seed-0.json")
        return "digits/holdout-quick/counts_epochs/seed-9.json"
    if what == "folder link":
        (results / "mnist").symlink_to(results / "digits")
        return "mnist"
    made = {
        "kept aside": "superseded/evil.sh",
        "kept aside deep": "superseded/digits/holdout-quick/counts_epochs/evil.1.json",
        "scratch": ".tmp/evil.sh",
        "lock": ".lock",
    }
    if what in made:
        (results / made[what]).parent.mkdir(parents=True, exist_ok=True)
        (results / made[what]).write_text("x")
        return made[what]
    if what in {"folder", "hidden folder"}:
        path = own / ("seed-7.json" if what == "folder" else ".more")
        path.mkdir()
        return str(path.relative_to(results))
    os.mkfifo(own / "seed-9.json")
    return "digits/holdout-quick/counts_epochs/seed-9.json"


@pytest.mark.parametrize(
    "what",
    ["text", "arrays", "deep", "hidden", "link", "folder link", "pipe", "kept aside",
     "kept aside deep", "scratch", "lock", "folder", "hidden folder"],
)  # fmt: skip
def test_what_does_not_belong_is_told(results: Path, known: Known, what: str) -> None:
    path = plant(results, what)
    audit = validate(results, known)
    assert [(f.path, f.severity) for f in audit.findings] == [(path, "error")]


def test_what_the_store_itself_keeps_is_no_error(results: Path, known: Known) -> None:
    with open_store(results) as store:
        run = read(results).runs[0]
        store.add(run.record, run.arrays)
    audit = validate(results, known)
    assert [(f.path, f.severity) for f in audit.findings] == [("superseded/", "warning")]


def test_a_folder_in_the_place_of_arrays_is_told(results: Path, known: Known) -> None:
    arrays = (results / EPOCHS).with_suffix(".npz")
    arrays.unlink()
    arrays.mkdir()
    audit = validate(results, known)
    assert [(f.path, f.severity) for f in audit.findings] == [
        (EPOCHS.replace(".json", ".npz"), "error")
    ]


def commented(content: bytes) -> bytes:
    archive = io.BytesIO(content)
    with zipfile.ZipFile(archive, "a") as opened:
        opened.comment = b"more"
    return archive.getvalue()


def squeezed(content: bytes) -> bytes:
    archive = io.BytesIO()
    with (zipfile.ZipFile(io.BytesIO(content)) as old,
          zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as new):  # fmt: skip
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return archive.getvalue()


@pytest.mark.parametrize(
    "change",
    [commented, squeezed, lambda content: content + b"more", lambda content: b"more" + content],
    ids=["comment", "packed", "behind", "before"],
)
def test_arrays_in_a_file_with_more_than_them_are_told(
    results: Path, known: Known, change: Callable[[bytes], bytes]
) -> None:
    path = (results / EPOCHS).with_suffix(".npz")
    path.write_bytes(change(path.read_bytes()))
    audit = validate(results, known)
    assert [(f.path, f.field) for f in audit.findings] == [(EPOCHS, "arrays_sha256")]


@pytest.mark.parametrize(
    ("sandbox", "severity"), [(None, "warning"), ("none: no Landlock", "error")]
)
def test_predictions_of_another_model_are_told(
    results: Path, known: Known, edit: Edit, sandbox: str | None, severity: str
) -> None:
    (tree,) = results.glob("digits/*/decision_tree--*/seed-0.json")
    taken = json.loads(tree.read_text())
    shutil.copy(tree.with_suffix(".npz"), (results / EPOCHS).with_suffix(".npz"))
    edit(EPOCHS, {name: taken[name] for name in ("arrays_sha256", "log_loss")})
    name = str(tree.relative_to(results))
    edit(name, {"environment.sandbox": sandbox})
    found = [f for f in validate(results, known).findings if f.field == "arrays_sha256"]
    assert [(f.path, f.severity) for f in found] == [(name, severity)]
    assert EPOCHS in found[0].found


def test_a_run_that_is_there_under_two_names_is_told(results: Path, known: Known) -> None:
    run = next(run for run in read(results).runs if run.record.model == "counts_epochs")
    content = json.loads(run.path.read_text())
    other = results / "digits" / "holdout-quick" / "counts_epochs--abcdef0123"
    other.mkdir()
    content["variant"] = "abcdef0123"
    content["digest"] = digest_of(content)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (other / run.path.name).write_text(text)
    shutil.copy(run.path.with_suffix(".npz"), other)
    caught = fields(validate(results, known))
    assert "variant" in caught
    assert "parameters" in caught


def test_predictions_of_another_seed_are_told(results: Path, known: Known, edit: Edit) -> None:
    own = add_folder(results)
    shutil.copy(own / "seed-0.npz", own / "seed-1.npz")
    arrays = read(results, "digits").runs
    first = next(r for r in arrays if r.path == results / EPOCHS)
    second = EPOCHS.replace("seed-0", "seed-1")
    taken = {"arrays_sha256": first.record.arrays_sha256, "log_loss": first.record.log_loss}
    edit(second, taken)
    found = [one for one in validate(results, known).findings if one.rule == "equal"]
    assert [(one.path, one.severity, one.other) for one in found] == [(second, "error", EPOCHS)]


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["validate", *map(str, arguments)])


def test_the_command_exits_by_what_it_found(results: Path, plugin: Path, edit: Edit) -> None:
    done = invoke(results, "--plugin", plugin)
    assert (done.exit_code, done.stdout) == (0, "6 records, 0 errors, 0 warnings\n")
    assert invoke(results).exit_code == 0  # the plugin is unknown: warnings alone
    assert invoke(results, "--strict").exit_code == 1
    edit(EPOCHS, {"log_loss": 9.0})
    done = invoke(results, "--plugin", plugin, "--json")
    assert done.exit_code == 1
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["path"] == EPOCHS
    assert finding["field"] == "log_loss"
    assert {"expected", "found", "remedy", "severity"} <= set(finding)
    done = invoke(results, "--plugin", plugin)
    assert f"error: {EPOCHS}: log_loss: expected" in done.stderr


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    assert isinstance(invoke(tmp_path / "none").exception, StoreError)
