"""Protocols and presets."""

from __future__ import annotations

import pytest

from suite.contract import PRESET_NAMES, derive_seed
from suite.errors import UsageError
from suite.protocol.rules import (
    PRESETS,
    find_preset,
    preset_changes,
    preset_named,
    protocol_named,
    reduced,
    split_preset,
)
from suite.protocol.seeds import model_seed, order_seed, split_seed


def test_the_contract_knows_the_presets():
    assert tuple(PRESETS) == PRESET_NAMES


def test_unknown_names_are_refused_with_a_hint():
    with pytest.raises(UsageError, match=r"unknown protocol 'holdot'\. Did you mean holdout\?"):
        protocol_named("holdot")
    with pytest.raises(UsageError, match=r"unknown preset 'quik'\. Did you mean quick\?"):
        preset_named("quik")


@pytest.mark.parametrize(
    ("preset", "epochs", "expected"),
    [("smoke", 80, 1), ("quick", 80, 3), ("quick", 2, 2), ("standard", 80, 12), ("paper", 80, 80)],
)
def test_a_preset_limits_epochs(preset, epochs, expected):
    changes = preset_changes({"epochs": epochs}, PRESETS[preset], {})
    assert {"epochs": epochs, **changes} == {"epochs": expected}
    assert ("epochs" in changes) == (expected != epochs)


def test_an_integer_is_an_upper_limit_and_anything_else_replaces():
    overrides = {"quick": {"trees": 50, "rate": 0.3, "kind": "fast"}}
    params = {"trees": 10, "rate": 0.08, "kind": "slow"}
    assert preset_changes(params, PRESETS["quick"], overrides) == {"rate": 0.3, "kind": "fast"}
    assert preset_changes({**params, "trees": 99}, PRESETS["quick"], overrides)["trees"] == 50
    assert preset_changes(params, PRESETS["standard"], overrides) == {}


def test_the_limit_of_epochs_holds_for_a_plugin_s_own_preset_too():
    assert preset_changes({"epochs": 9}, PRESETS["quick"], {"quick": {"epochs": 8}}) == {
        "epochs": 3
    }


@pytest.mark.parametrize("name", PRESETS)
def test_a_reduced_preset_differs_in_its_images_alone(name):
    whole, small = PRESETS[name], reduced(PRESETS[name], 600)
    assert (small.name, small.plain, small.size) == (f"{name}-n600", name, 600)
    assert (small.max_images, small.publishable) == (600, False)
    assert (small.max_epochs, small.seeds) == (whole.max_epochs, whole.seeds)
    assert (whole.plain, whole.size) == (name, None)
    assert preset_named(small.name) == find_preset(small.name) == small
    params, overrides = {"epochs": 80, "trees": 99}, {name: {"trees": 50}}
    assert preset_changes(params, small, overrides) == preset_changes(params, whole, overrides)
    assert preset_changes(params, small, overrides)["trees"] == 50


@pytest.mark.parametrize(
    "name",
    ["standard-n0", "standard-n06", "standard-n", "standard-600", "standard-n6-n5", "tiny-n600",
     "standard-n1234567890", "-n600", "standard-n٣", "Standard-n600", "standard-n600 "],
)  # fmt: skip
def test_names_that_look_like_a_reduced_preset_are_not_known(name):
    assert find_preset(name) is None
    with pytest.raises(UsageError, match="unknown preset"):
        preset_named(name)


def test_the_parts_of_a_preset_s_name():
    assert split_preset("standard-n600") == ("standard", 600)
    assert split_preset("standard") == ("standard", None)


def test_roles_have_seeds_of_their_own():
    seeds = [
        split_seed(0),
        order_seed(0),
        model_seed(0, None),
        *(model_seed(0, k) for k in range(5)),
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert derive_seed(0, "split") == 2173782163  # a record's seeds must never change
