"""Notes explain findings that an honest run can have, and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from suite.audit.known import Known
from suite.audit.merge import merge
from suite.audit.validate import Audit, validate
from suite.cli import app
from suite.records.store import open_store, read
from tests.audit.findings import fields

ROW = "digits/holdout-quick/counts_epochs"
EPOCHS = f"{ROW}/seed-0.json"
BEFORE_SANDBOX = {"environment.sandbox": None}
NOTE = """[[note]]
rule = "{rule}"
records = {records}
reason = "Both call the same solver."
by = "A. Maintainer"
date = 2026-12-01
"""
Edit = Callable[..., Path]


def note(rule: str, *records: str) -> str:
    return NOTE.format(rule=rule, records=json.dumps(records))


def rules(audit: Audit, severity: str) -> list[tuple[str, str | None]]:
    return [(one.path, one.rule) for one in audit.findings if one.severity == severity]


@pytest.fixture
def shared(results: Path, edit: Edit) -> tuple[str, str]:
    """The rows of two records with the predictions of one."""
    (tree,) = results.glob("digits/*/decision_tree--*/seed-0.json")
    taken = json.loads(tree.read_text())
    shutil.copy(tree.with_suffix(".npz"), (results / EPOCHS).with_suffix(".npz"))
    edit(EPOCHS, {name: taken[name] for name in ("arrays_sha256", "log_loss")})
    return str(tree.parent.relative_to(results)), ROW


@pytest.mark.parametrize("turned", [False, True])
def test_a_note_on_two_rows_explains_what_they_share(
    results: Path, known: Known, shared: tuple[str, str], turned: bool
) -> None:
    tree = f"{shared[0]}/seed-0.json"
    assert rules(validate(results, known), "error") == [(tree, "equal")]
    (results / "notes.toml").write_text(note("equal", *sorted(shared, reverse=turned)))
    audit = validate(results, known)
    assert (audit.errors, rules(audit, "noted")) == (0, [(tree, "equal")])
    told = CliRunner().invoke(app, ["validate", str(results), "--plugin", str(plugin_of(known))])
    assert told.exit_code == 0
    assert "noted: " in told.output
    assert "A. Maintainer on 2026-12-01: Both call the same solver." in told.output
    assert "0 errors" in told.output
    assert "1 noted" in told.output


def plugin_of(known: Known) -> Path:
    return known.registry.models["counts_epochs"].path


@pytest.mark.parametrize(
    "text",
    [
        note("agreement", ROW, "digits/holdout-quick/decision_tree"),
        note("equal", ROW, "digits/holdout-quick/decision_tree"),
        note("seeds", ROW),
        note("equal", ROW, ROW),
    ],
    ids=["another rule", "another row", "another subject", "one row twice"],
)
def test_a_note_about_something_else_explains_nothing_and_is_not_needed(
    results: Path, known: Known, shared: tuple[str, str], text: str
) -> None:
    (results / "notes.toml").write_text(text)
    audit = validate(results, known)
    assert rules(audit, "error") == [(f"{shared[0]}/seed-0.json", "equal")]
    assert ("notes.toml", None) in rules(audit, "warning")
    assert audit.noted == 0


def test_no_note_explains_an_edit(results: Path, known: Known, edit: Edit) -> None:
    edit(EPOCHS, {"log_loss": 9.0})
    (results / "notes.toml").write_text(note("accuracy", ROW))
    assert fields(validate(results, known)) == ["log_loss"]


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("[[note", "", "TOML"),
        ("\ud800", "", "TOML"),
        ("note = 3", "", "[[note]]"),
        ("[[notes]]\nrule = 'equal'", "", "[[note]]"),
        ("[[note]]", "note 1.rule", "required"),
        (note("equals", ROW), "note 1.rule", "'agreement'"),
        (note("seeds", ROW) + "why = 'x'", "note 1.why", "not permitted"),
        (note("seeds", ROW) + note("equal", ROW), "note 2", "needs 2 in records"),
        (note("seeds", ROW, ROW), "note 1", "needs 1 in records"),
        (note("seeds", "digits/holdout-quick"), "note 1", "each a row"),
        (note("seeds", ROW).replace("2026-12-01", "'soon'"), "note 1.date", "date"),
        (note("seeds", ROW).replace("Both call the same solver.", ""), "note 1.reason", "at least"),
        ("note = [1]", "note 1", "dictionary"),
    ],
)
def test_a_note_that_can_not_be_used_is_told_and_the_records_are_checked(
    results: Path, known: Known, text: str, field: str, words: str
) -> None:
    (results / "notes.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    audit = validate(results, known)
    found = [one for one in audit.findings if one.severity == "error"]
    assert {one.path for one in found} == {"notes.toml"}
    assert found[0].field.startswith(field)
    assert words in f"{found[0].expected} {found[0].found}"
    assert audit.records == 6


def test_a_link_in_the_place_of_notes_is_told_and_not_read(
    results: Path, known: Known, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_text("[[")
    (results / "notes.toml").symlink_to(tmp_path / "elsewhere")
    audit = validate(results, known)
    assert [(one.path, one.found) for one in audit.findings] == [
        ("notes.toml", "a link or no plain file")
    ]


def test_a_gap_among_seeds_is_told_and_a_note_explains_it(
    results: Path, known: Known, edit: Edit
) -> None:
    for suffix in (".json", ".npz"):
        (results / EPOCHS).with_suffix(suffix).unlink()
    last = f"{ROW}/seed-1.json"
    assert rules(validate(results, known), "error") == [(last, "seeds")]
    edit(last, BEFORE_SANDBOX)
    assert rules(validate(results, known), "warning") == [(last, "seeds")]
    (results / "notes.toml").write_text(note("seeds", ROW))
    assert rules(validate(results, known), "noted") == [(last, "seeds")]


def test_a_seed_that_was_put_aside_or_failed_leaves_no_gap(
    results: Path, known: Known, edit: Edit
) -> None:
    run = next(run for run in read(results).runs if run.path == results / EPOCHS)
    with open_store(results) as store:
        store.add(run.record, run.arrays)
    for suffix in (".json", ".npz"):
        (results / EPOCHS).with_suffix(suffix).unlink()
    assert "seeds" not in {one.rule for one in validate(results, known).findings}


def test_merging_takes_a_record_that_a_note_explains_and_leaves_the_notes(
    results: Path, known: Known, tmp_path: Path, edit_arrays: Edit, edit: Edit
) -> None:
    from suite.data.datasets import load

    (tree,) = results.glob("digits/*/decision_tree--*/seed-0.json")
    name = str(tree.relative_to(results))

    def perfect(arrays: dict[str, object]) -> None:
        arrays["predictions"] = load("digits").labels("test").copy()
        arrays["confidence"][:] = 65_535  # type: ignore[index]

    edit_arrays(name, perfect)
    edit(name, {"log_loss": 0.0})
    assert not merge([results], tmp_path / "new", known).done
    (results / "notes.toml").write_text(note("accuracy", str(tree.parent.relative_to(results))))
    assert merge([results], tmp_path / "new", known).added == 6
    assert not (tmp_path / "new" / "notes.toml").exists()


def test_other_commands_read_a_folder_with_notes(results: Path) -> None:
    (results / "notes.toml").write_text("")
    told = CliRunner().invoke(app, ["export", "--results", str(results)])
    assert told.exit_code == 0
    assert len(told.output.splitlines()) == 7
