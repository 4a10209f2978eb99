"""Protocols and presets."""

from __future__ import annotations

import pytest

from suite.contract import PRESET_NAMES, derive_seed
from suite.errors import UsageError
from suite.protocol.rules import PRESETS, preset_changes, preset_named, protocol_named
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
