from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier

from suite.contract import (
    PRESET_NAMES,
    Classifier,
    FitContext,
    ParameterCount,
    Plugin,
    Source,
    derive_seed,
)


def plugin(**changes: Any) -> Plugin:
    fields: dict[str, Any] = {
        "title": "A model",
        "family": "classic",
        "view": "flat",
        "build": lambda *, seed, threads, **params: DummyClassifier(),
        "parameters": lambda fitted: 0,
        "source": Source(name="test"),
        "params": {"C": 1.0, "epochs": 3},
    }
    return Plugin(**{**fields, **changes})


def test_a_plugin_needs_little() -> None:
    made = plugin()
    assert made.random
    assert not made.uses_validation
    assert (made.variants, made.presets, made.requires) == ({}, {}, ())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"view": "round"}, "view is 'round', expected one of flat, image"),
        ({"build": None}, "build is None, expected a function"),
        ({"parameters": 3}, "parameters is 3, expected a function"),
        ({"params": {"seed": 1}}, "params has 'seed'"),
        ({"params": {"threads": 1}}, "params has 'threads'"),
        ({"params": {"two words": 1}}, "params has 'two words'"),
        ({"params": {"class": 1}}, "params has 'class'"),
        ({"variants": {"wide": {"width": 2}}}, r"variants\['wide'\] sets width"),
        ({"presets": {"quick": {"width": 2}}}, r"presets\['quick'\] sets width"),
        ({"presets": {"fast": {"C": 2}}}, "presets has fast, expected names out of smoke"),
        ({"variants": {"Wide": {"C": 2}}}, "variants has 'Wide', expected a lower-case"),
        ({"variants": {"a-b": {"C": 2}}}, "variants has 'a-b'"),
        ({"variants": {"größe": {"C": 2}}}, "variants has 'größe', expected a lower-case"),
        ({"variants": {"ªb": {"C": 2}}}, "variants has 'ªb'"),
        ({"variants": {"w" * 101: {"C": 2}}}, "of up to 100 letters"),
        ({"variants": {"0123456789": {"C": 2}}}, "variants has '0123456789'"),
        ({"variants": {"deadbeefed": {"C": 2}}}, "variants has 'deadbeefed', which records call"),
        ({"variants": {"unverified": {"C": 2}}}, "predictions made elsewhere"),
        ({"variants": {1: {"C": 2}}}, "variants has 1, expected a lower-case"),
        ({"params": {"größe": 1}}, "params has 'größe'"),
        ({"params": {"w" * 101: 1}}, "params has 'www"),
    ],
)
def test_what_the_suite_could_not_use_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plugin(**changes)


@pytest.mark.parametrize("name", ["w" * 100, "_", "a1_b2", "deadbeef", "deadbeefe_", "standard"])
def test_a_variant_s_name_is_one_that_records_take(name: str) -> None:
    from pydantic import TypeAdapter

    from suite.records.record import Record

    assert plugin(variants={name: {"C": 2.0}}).variants[name] == {"C": 2.0}
    field = Record.model_fields["variant"]
    assert TypeAdapter(field.rebuild_annotation()).validate_python(name) == name


def test_a_plugin_can_not_be_changed() -> None:
    params, wide = {"C": 1.0}, {"C": 2.0}
    made = plugin(params=params, variants={"wide": wide}, presets={"quick": {"C": 3.0}})
    params["C"] = wide["C"] = 9.0
    assert made.params == {"C": 1.0}
    assert made.variants == {"wide": {"C": 2.0}}
    for mapping in (made.params, made.variants["wide"], made.presets["quick"]):
        with pytest.raises(TypeError):
            mapping["C"] = 5  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.title = "Another"  # type: ignore[misc]


def test_an_estimator_is_a_classifier_as_it_stands() -> None:
    assert isinstance(DummyClassifier(), Classifier)
    assert not isinstance(object(), Classifier)


def test_a_parameter_count_has_a_trainable_part_only_if_it_differs() -> None:
    assert ParameterCount(5) == (5, None)
    assert ParameterCount(5, trainable=3).trainable == 3


def test_the_context_hands_epochs_on() -> None:
    seen: list[Any] = []
    labels = np.zeros(2, np.uint8)
    context = FitContext(X_val=None, y_val=labels, on_epoch=lambda *call: seen.append(call))
    context.on_epoch(1, 3, {"loss": 0.5})
    assert seen == [(1, 3, {"loss": 0.5})]


def test_presets_are_named_in_order_of_cost() -> None:
    assert PRESET_NAMES == ("smoke", "quick", "standard", "paper")


@pytest.mark.parametrize(
    ("seed", "role", "expected"),
    [(0, "split", 0x81914893), (0, "shuffling", 0xE09A944B), (1, "split", 0x5F0A2AA4)],
)
def test_derived_seeds_are_fixed(seed: int, role: str, expected: int) -> None:
    # printf '0:split' | sha256sum | cut -c1-8
    assert derive_seed(seed, role) == expected


@given(st.integers(0, 2**32 - 1), st.text(st.characters(exclude_categories=("Cs",))))
def test_a_derived_seed_is_one_that_every_library_takes(seed: int, role: str) -> None:
    derived = derive_seed(seed, role)
    assert 0 <= derived < 2**32
    np.random.default_rng(derived)
