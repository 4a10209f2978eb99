"""Copied answers and labels with noise are told from the answers of honest models."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from suite.audit.agreement import Answers, agreement_findings
from suite.audit.finding import Finding
from suite.audit.known import Known
from suite.records.record import Record
from suite.records.store import read

IMAGES = 10_000
SANDBOX = "landlock 7, seccomp"
Array = Any
Change = Callable[[list[Array], Array, np.random.Generator], Array]


@pytest.fixture
def labels() -> Array:
    return np.random.default_rng(0).integers(0, 10, IMAGES).astype(np.uint8)


@pytest.fixture
def honest(labels: Array) -> list[Array]:
    """Answers of models that are wrong on the same hard images, and mostly in the same way."""
    rng = np.random.default_rng(1)
    hard = rng.beta(0.04, 0.5, IMAGES)
    likely = (labels + rng.integers(1, 10, IMAGES)) % 10  # what most models take it for
    answers = []
    for _ in range(6):
        wrong = rng.random(IMAGES) < hard
        other = np.where(rng.random(IMAGES) < 0.92, likely, (labels + rng.integers(1, 10)) % 10)
        answers.append(np.where(wrong, other, labels).astype(np.uint8))
    return answers


class AnyImages(Known):
    """Knows the models, and takes all records to have predicted the same images."""

    def split_of(self, record: Record) -> Any:
        return SimpleNamespace(test=np.arange(IMAGES))


@pytest.fixture
def anywhere(known: Known) -> Known:
    return AnyImages(known.registry, now=datetime.now(UTC))


@pytest.fixture
def told(made: Path, anywhere: Known, labels: Array) -> Callable[..., list[Finding]]:
    """What is found among answers of records of Fashion-MNIST."""
    record = read(made).runs[0].record

    def find(*rows: dict[str, Any]) -> list[Finding]:
        answers = []
        for row in rows:
            environment = record.environment.model_copy(update={"sandbox": row.get("sandbox")})
            dataset = record.dataset.model_copy(update={"name": row.get("dataset", "fashion")})
            changes = {"model": row["model"], "seed": row.get("seed", 0), "dataset": dataset,
                       "environment": environment}  # fmt: skip
            place = f"{row['model']}-{changes['seed']}"
            changes["arrays_sha256"] = row.get("arrays", hashlib.sha256(place.encode()).hexdigest())
            answers.append(
                Answers(record=record.model_copy(update=changes), place=place,
                        predictions=row["answers"], wrong=row["answers"] != labels)
            )  # fmt: skip
        return list(agreement_findings(answers, anywhere))

    return find


def replaced(part: float, *, of_wrong: bool, by_right: bool = False) -> Change:
    """A copy of which a part is replaced: by right answers, or by any."""

    def change(honest: list[Array], labels: Array, rng: np.random.Generator) -> Array:
        copy = honest[0].copy()
        chosen = np.flatnonzero(copy != labels) if of_wrong else np.arange(IMAGES)
        chosen = rng.permutation(chosen)[: int(part * len(chosen))]
        copy[chosen] = labels[chosen] if by_right else rng.integers(0, 10, len(chosen))
        return copy

    return change


def vote(honest: list[Array], labels: Array, rng: np.random.Generator) -> Array:
    counts = np.stack([(np.stack(honest[:3]) == label).sum(axis=0) for label in range(10)])
    return counts.argmax(axis=0).astype(np.uint8)


def noisy(part: float) -> Change:
    def change(honest: list[Array], labels: Array, rng: np.random.Generator) -> Array:
        wrong = rng.random(IMAGES) < part
        return np.where(wrong, (labels + rng.integers(1, 10, IMAGES)) % 10, labels).astype(np.uint8)

    return change


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (lambda honest, *_: honest[5], []),
        (lambda honest, *_: honest[0], ["agreement"]),
        (replaced(0.1, of_wrong=True), ["agreement"]),
        (replaced(0.3, of_wrong=True), ["agreement"]),
        (replaced(0.3, of_wrong=True, by_right=True), ["agreement"]),
        (replaced(0.6, of_wrong=True, by_right=True), ["agreement"]),
        (replaced(0.04, of_wrong=False), ["agreement"]),
        (vote, ["agreement"]),
        (noisy(0.06), ["unrelated"]),
        (noisy(0.3), ["unrelated"]),
        (lambda honest, *_: np.zeros_like(honest[0]), []),
    ],
    ids=["honest", "copied", "a tenth of the wrong drawn", "3 tenths drawn", "3 tenths corrected",
         "6 tenths corrected", "some of all drawn", "vote", "noise", "much noise", "one class"],
)  # fmt: skip
def test_answers_that_no_honest_model_gives_are_told(
    told: Callable[..., list[Finding]], honest: list[Array], labels: Array, change: Change,
    rules: list[str],
) -> None:  # fmt: skip
    models = ["svm", "xgboost", "abelusha", "mlp", "knn"]
    rows = [{"model": n, "answers": a} for n, a in zip(models, honest, strict=False)]
    new = {"model": "new", "sandbox": SANDBOX,
           "answers": change(honest, labels, np.random.default_rng(2))}  # fmt: skip
    found = told(*rows, new)
    assert sorted({str(one.rule) for one in found}) == rules
    assert {(one.path, one.severity) for one in found} <= {("new-0", "error")}
    if rules == ["agreement"]:
        assert found[0].other in {"svm-0", "xgboost-0", "abelusha-0"}  # the voters
        assert f"are those of {found[0].other}" in found[0].found


def test_a_record_from_before_the_sandbox_is_warned_of(
    told: Callable[..., list[Finding]], honest: list[Array]
) -> None:
    rows = [{"model": name, "answers": honest[0]} for name in ("svm", "xgboost")]
    assert [one.severity for one in told(*rows)] == ["warning"]
    rows[0]["sandbox"] = "none: this kernel has no Landlock"
    (found,) = told(*rows)
    assert (found.path, found.severity, found.other) == ("svm-0", "error", "xgboost-0")


def test_rows_of_one_model_and_other_datasets_may_be_alike(
    told: Callable[..., list[Finding]], honest: list[Array]
) -> None:
    assert (
        told({"model": "knn", "answers": honest[0]}, {"model": "knn", "answers": honest[0]}) == []
    )
    other = {"model": "knn", "answers": honest[0], "dataset": "mnist"}
    assert told({"model": "svm", "answers": honest[0]}, other) == []


def test_models_that_name_one_class_may_be_alike(
    told: Callable[..., list[Finding]], labels: Array
) -> None:
    one = np.zeros_like(labels)
    assert told({"model": "svm", "answers": one}, {"model": "xgboost", "answers": one}) == []


def test_few_wrong_answers_may_be_alike(told: Callable[..., list[Finding]], labels: Array) -> None:
    few = labels.copy()
    few[:20] = (few[:20] + 1) % 10
    assert told({"model": "svm", "answers": few}, {"model": "xgboost", "answers": few}) == []


@pytest.mark.parametrize(
    ("model", "wrong", "arrays", "rules"),
    [
        ("decision_tree", 500, "", ["equal"]),
        ("svm", 500, "", []),
        ("decision_tree", 5, "", []),  # by chance; but not with equal confidences, too
        ("decision_tree", 5, "a" * 64, ["equal"]),
    ],
)
def test_seeds_of_a_model_that_uses_its_seed_have_predictions_of_their_own(
    told: Callable[..., list[Finding]],
    labels: Array,
    model: str,
    wrong: int,
    arrays: str,
    rules: list[str],
) -> None:
    answers = labels.copy()
    answers[:wrong] = (answers[:wrong] + 1) % 10
    rows = [{"model": model, "answers": answers, "seed": s, "arrays": arrays or str(s) * 64}
            for s in (0, 1)]  # fmt: skip
    assert [one.rule for one in told(*rows)] == rules
