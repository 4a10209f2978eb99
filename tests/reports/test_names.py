from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.names import describe
from suite.contract import Plugin, Source
from suite.records.record import Record
from suite.registry import Model, Registry

MakeRecord = Callable[..., Record]


@pytest.fixture
def registry() -> Registry:
    plugin = Plugin(
        title="Support vectors",
        family="classic",
        view="flat",
        build=lambda **_: None,
        parameters=lambda _: 0,
        source=Source(name="nowhere"),
        params={"C": 10.0, "kernel": "rbf"},
        variants={"poly": {"kernel": "poly"}},
    )
    return Registry(
        models={"svm": Model(name="svm", path=Path("svm.py"), module=None, plugin=plugin)}
    )


def shown(record: Record, registry: Registry) -> tuple[str, str | None, str]:
    (description,) = describe([record], registry).values()
    return description.title, description.family, description.label


def test_a_named_variant_is_in_the_title(record: MakeRecord, registry: Registry) -> None:
    named = {"variant": "poly", "parameters": {"C": 10.0, "kernel": "poly"}}
    assert shown(record(**named), registry) == ("Support vectors: poly", "classic", "svm/poly")
    in_jax = named | {"variant": "0123456789", "environment": {"backend": "jax"}}
    assert shown(record(**in_jax), registry)[::2] == (
        "Support vectors: poly", "svm/poly (backend=jax)",
    )  # fmt: skip
    gone = shown(record(model="gone", variant="very_wide"), registry)
    assert gone == ("gone: very wide", None, "gone/very_wide")


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "svm"),
        ({"variant": "0123456789", "parameters": {"C": 1.0, "kernel": "rbf"}}, "svm[C=1]"),
        ({"variant": "0123456789", "threads": 2}, "svm (threads=2)"),
        ({"variant": "0123456789", "environment": {"backend": "jax"}}, "svm (backend=jax)"),
        ({"environment": {"backend": "tensorflow"}}, "svm"),
        (
            {"variant": "0123456789", "environment": {"precision": "bfloat16"}},
            "svm (precision=bfloat16)",
        ),
    ],
)
def test_a_model_that_is_there_has_its_title_and_label(
    record: MakeRecord, registry: Registry, changes: dict[str, Any], label: str
) -> None:
    assert shown(record(**changes), registry) == ("Support vectors", "classic", label)


def test_a_model_that_is_gone_goes_by_its_name(record: MakeRecord, registry: Registry) -> None:
    assert shown(record(model="gone"), registry) == ("gone", None, "gone")


def test_without_a_registry_the_models_are_found(record: MakeRecord) -> None:
    assert describe([record(model="no_such_model")])["no_such_model", ""].title == "no_such_model"
