"""Runs of records done again: what only that can find is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from suite.audit.known import Known
from suite.audit.validate import validate
from suite.audit.verify import Wanted, choose, estimate, named_models, task_of
from suite.cli import app
from suite.data.datasets import load
from suite.errors import UsageError
from suite.records.arrays import RunArrays
from suite.records.record import Record
from suite.records.store import StoredRun, scan

OWN = "digits/holdout-quick/counts_epochs"


def verify(results: Path, *arguments: object) -> Any:
    return CliRunner().invoke(app, ["verify", *map(str, arguments), "--results", str(results)])


def improve(arrays: dict[str, np.ndarray]) -> None:
    labels = load("digits").labels("test")
    wrong = np.flatnonzero(arrays["predictions"] != labels)[:3]
    arrays["predictions"][wrong] = labels[wrong]


def test_a_consistent_forgery_is_found_and_an_honest_record_is_confirmed(
    results: Path, plugin: Path, known: Known, edit: Callable[..., Path],
    edit_arrays: Callable[..., Path],
) -> None:  # fmt: skip
    edit_arrays(f"{OWN}/seed-0.json", improve)
    edit(f"{OWN}--still/seed-1.json", {"parameter_count.total": 8_000})
    assert validate(results, known).findings == ()  # nothing to be seen in the records
    done = verify(results, plugin, "--limit", 9, "--json")
    assert done.exit_code == 1, done.output
    told = json.loads(done.stdout)
    outcomes = {Path(v["path"]).relative_to(results).as_posix(): v for v in told["verdicts"]}
    assert {path: v["outcome"] for path, v in outcomes.items()} == {
        f"{OWN}/seed-0.json": "different",
        f"{OWN}/seed-1.json": "identical",
        f"{OWN}--still/seed-0.json": "identical",
        f"{OWN}--still/seed-1.json": "different",
    }
    assert "3 predictions differ" in outcomes[f"{OWN}/seed-0.json"]["reason"]
    (count,) = outcomes[f"{OWN}--still/seed-1.json"]["differences"]
    assert count[0] == "parameter_count"
    assert "4 runs to do again, about" in done.stderr
    assert (told["verified"], told["left_out"]) == (2, 0)


def test_seeds_and_limit_bound_what_is_done(results: Path, plugin: Path) -> None:
    done = verify(results, f"{plugin}/still", "--seeds", "1", "--limit", 1)
    assert done.exit_code == 0, done.output
    assert "1 run to do again, about" in done.stdout
    assert f"identical: {results}/{OWN}--still/seed-1.json" in done.stdout


def wanted(known: Known, text: str, **limits: Any) -> Wanted:
    models, exact = named_models(known.registry, text)
    return Wanted(models=models, exact=exact, **limits)


@pytest.mark.parametrize(
    ("text", "limits", "count"),
    [
        ("counts_epochs", {}, 4),
        ("counts_epochs/default", {}, 2),
        ("counts_epochs[scale=0]", {"seeds": (1,)}, 1),
        ("decision_tree", {}, 2),
        ("decision_tree[max_depth=5]", {"dataset": "digits", "preset": "quick"}, 2),
    ],
)
def test_a_name_means_all_its_records_and_a_selection_exactly_itself(
    made: Path, known: Known, text: str, limits: Any, count: int
) -> None:
    tasks, more, damaged = choose(scan(made), wanted(known, text, **limits), known, 9)
    assert (len(tasks), more, damaged) == (count, 0, ())
    assert estimate(tasks) > sum(task.run.record.fit_wall_seconds or 0 for task in tasks)


def test_first_seeds_go_before_others(made: Path, known: Known) -> None:
    tasks, more, _ = choose(scan(made), wanted(known, "counts_epochs"), known, 3)
    assert [task.run.record.seed for task in tasks] == [0, 0, 1]
    assert more == 1


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"threads": 4_000}, "4000 threads"),
        ({"split_hash": "0" * 64}, "its split is not the one"),
        ({"parameters.scale": None}, "its parameters are not those of the plugin"),
        ({"environment.backend": "jax"}, "set KERAS_BACKEND=jax"),
        ({"dataset.name": "cifar"}, "cifar is unknown"),
    ],
)
def test_what_can_t_be_done_again_is_said(
    results: Path, known: Known, edit: Callable[..., Path], changes: Any, obstacle: str
) -> None:
    path = edit(f"{OWN}/seed-0.json", changes)
    record, arrays = (
        Record.model_validate_json(path.read_bytes()),
        RunArrays(predictions=np.zeros(1, np.uint8)),
    )
    task = task_of(StoredRun(record, arrays, path), known)
    assert obstacle in task.obstacle
    assert task.job is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["svm"],
        ["decision_tree", "--seeds", "8"],
        ["decision_tree", "--dataset", "mnist"],
        ["decision_tree", "--protocol", "nonsense"],
        ["no_such_model"],
        ["decision_tree", "--seeds", ""],
    ],
)
def test_nothing_to_verify_is_a_usage_error(made: Path, arguments: list[str]) -> None:
    assert isinstance(verify(made, *arguments).exception, UsageError)


def test_what_was_typed_is_quoted(made: Path) -> None:
    done = verify(made, "decision_tree", "--seeds", "x")
    assert "seeds 'x': 'x' is no whole number" in str(done.exception)


def test_a_limit_that_can_t_be_is_refused_before_runs_are_announced(made: Path) -> None:
    done = verify(made, "decision_tree", "--timeout", "0")
    assert isinstance(done.exception, UsageError)
    assert done.output == ""
