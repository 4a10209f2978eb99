"""A record is compared with the commit that it names, and with what was committed of it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from suite.audit.commits import source_hash_at
from suite.audit.known import Known
from suite.audit.merge import merge
from suite.audit.validate import validate
from tests.audit.conftest import commit_all
from tests.audit.findings import fields, git

EPOCHS = "digits/holdout-quick/counts_epochs/seed-0.json"
Edit = Callable[..., Path]


def test_a_code_hash_that_its_commit_does_not_have_is_an_error(
    results: Path, known: Known, edit: Edit
) -> None:
    commit = git("rev-parse", "HEAD").strip()
    if not commit:
        pytest.skip("needs a git checkout")
    (path,) = results.glob("digits/*/decision_tree--*/seed-0.json")
    changes = {"source_hash": "0" * 64, "environment.git_commit": commit,
               "environment.git_dirty": False}  # fmt: skip
    edit(str(path.relative_to(results)), changes)
    audit = validate(results, known)
    assert fields(audit) == ["source_hash"]


def test_todays_code_hash_in_a_record_of_other_code_is_an_error(
    results: Path, known: Known, edit: Edit
) -> None:
    tree = known.registry.models["decision_tree"]
    commits = git("log", "--format=%H", "--", "baselines").split()
    old = next((c for c in commits if source_hash_at(c, "baselines.decision_tree")
                not in {None, "", tree.source_hash}), None)  # fmt: skip
    if old is None:
        pytest.skip("needs a git checkout with a commit of other code of decision_tree")
    (path,) = results.glob("digits/*/decision_tree--*/seed-0.json")
    name = str(path.relative_to(results))
    edit(name, {"environment.git_commit": old, "environment.git_dirty": False})
    assert fields(validate(results, known)) == ["source_hash"]
    then = source_hash_at(old, "baselines.decision_tree")
    edit(name, {"source_hash": then})
    audit = validate(results, known)
    assert (fields(audit), fields(audit, "warning")) == ([], ["source_hash"])
    # A change of the plugin explains other parameters, but not another hash of them.
    edit(name, {"parameters.max_depth": 9})
    assert fields(validate(results, known)) == ["variant"]


@pytest.mark.parametrize("commit", ["--output={}", "--format=%s", "HEAD~3..HEAD", "-h"])
def test_what_a_record_calls_its_commit_is_no_word_to_git(
    results: Path, known: Known, edit: Edit, tmp_path: Path, commit: str
) -> None:
    changes = {"source_hash": "0" * 64, "environment.git_commit": commit.format(tmp_path / "made")}
    (path,) = results.glob("digits/*/decision_tree--*/seed-0.json")
    edit(str(path.relative_to(results)), changes)
    assert "environment.git_commit" in fields(validate(results, known))
    assert not list(tmp_path.glob("made*"))


def test_the_fields_that_differ_from_what_was_committed_are_named(
    results: Path, checkout: Path, known: Known, edit: Edit
) -> None:
    edit(EPOCHS, {"environment.processor": "Faster", "fit_wall_seconds": 0.5}, sign=False)
    commit_all(checkout, "more records")
    audit = validate(results, known)
    (finding,) = (f for f in audit.findings if f.field == "digest")
    assert "environment, fit_wall_seconds" in finding.found


def plant_program(folder: Path, record: Path) -> Path:
    """Make a folder a checkout that runs a program wherever its settings are obeyed.

    Its last commit has a signature and changes the record, so that a log of that looks at it.

    Returns:
        A file that the program makes.
    """
    commit_all(folder)
    made, program = (folder / ".git" / name for name in ("was-run", "evil.sh"))
    program.write_text(f"#!/bin/sh\ntouch {made}\nexit 1\n")
    program.chmod(0o755)

    def git(*words: str, told: str = "") -> str:
        done = subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True,
                              text=True, input=told)  # fmt: skip
        return done.stdout.strip()

    body = git("cat-file", "commit", "HEAD")
    headers, _, message = body.partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    signed = f"{headers}\n{signature}\n\n{message}\n"
    git("update-ref", "HEAD", git("hash-object", "-t", "commit", "-w", "--stdin", told=signed))
    for name in ("gpg.program", "core.fsmonitor", "diff.external", "core.pager"):
        git("config", name, str(program))
    git("config", "log.showSignature", "true")
    subprocess.run(["git", "-C", str(folder), "log", "-1", "--", str(record)],
                   capture_output=True, check=False)  # fmt: skip
    assert made.exists(), "the program does not run even where it is asked for"
    made.unlink()
    return made


@pytest.mark.parametrize("where", [".", ".."])
def test_the_git_settings_of_a_folder_that_is_checked_run_nothing(
    results: Path, known: Known, edit: Edit, where: str, tmp_path: Path
) -> None:
    made = plant_program((results / where).resolve(), results / EPOCHS)
    edit(EPOCHS, {"fit_wall_seconds": 0.5}, sign=False)
    assert "digest" in fields(validate(results, known))
    assert not merge([results], tmp_path / "into", known).done
    assert not made.exists()


def test_the_git_settings_of_a_folder_within_the_checkout_run_nothing(
    results: Path, checkout: Path, known: Known, edit: Edit
) -> None:
    made = plant_program(results, results / EPOCHS)
    edit(EPOCHS, {"fit_wall_seconds": 0.5}, sign=False)
    (finding,) = (f for f in validate(results, known).findings if f.field == "digest")
    assert "fit_wall_seconds" in finding.found  # which the checkout knows, and nothing else does
    assert not made.exists()
