"""The splits of a sweep, and which training sizes its data allow."""

from __future__ import annotations

import numpy as np
import pytest

from suite.data.datasets import load
from suite.errors import UsageError
from suite.protocol.rules import PRESETS, PROTOCOLS
from suite.protocol.splits import make_split
from suite.records.record import RunKey
from suite.runner.splits import Splits

STANDARD = PRESETS["standard"]
# Training images of digits: 1,437, of which one fifth validates or is a fold.
MOST = {"holdout": 1_149, "full": 1_437, "kfold": 1_149}


@pytest.fixture(scope="module")
def digits():
    return load("digits")


@pytest.fixture(params=MOST)
def splits(request, digits):
    return request.param, Splits({"digits": digits}, PROTOCOLS[request.param])


def key_of(protocol, preset, **changes):
    fold = 0 if PROTOCOLS[protocol].folds else None
    given = {"dataset": "digits", "model": "m", "variant": "", "seed": 0, "fold": fold}
    return RunKey(protocol=protocol, preset=preset, **given | changes)


def test_a_size_at_or_above_all_images_is_the_preset_itself(splits):
    protocol, made = splits
    most = MOST[protocol]
    assert made.most("digits", STANDARD) == most
    names = [p.name for p in made.presets("digits", STANDARD, (10, most - 1, most, 60_000))]
    assert names == ["standard-n10", f"standard-n{most - 1}", "standard"]
    assert made.presets("digits", STANDARD, ()) == (STANDARD,)


def test_the_limit_of_a_preset_counts_too(digits):
    made = Splits({"digits": digits}, PROTOCOLS["holdout"])
    assert made.most("digits", PRESETS["smoke"]) == 1_000
    names = [p.name for p in made.presets("digits", PRESETS["smoke"], (999, 1_000, 1_100))]
    assert names == ["smoke-n999", "smoke"]


def test_no_fold_of_a_reduced_preset_has_all_its_images(digits):
    made = Splits({"digits": digits}, PROTOCOLS["kfold"])
    whole = {len(made(key_of("kfold", "standard", fold=fold)).train) for fold in range(5)}
    assert whole == {1_149, 1_150}
    (small,) = made.presets("digits", STANDARD, (1_148,))
    for fold in range(5):
        assert len(made(key_of("kfold", small.name, fold=fold)).train) == 1_148


def test_a_split_is_that_of_the_run_and_made_once(splits, digits):
    protocol, made = splits
    for name in ("standard", "standard-n100"):
        key = key_of(protocol, name, seed=3)
        expected = make_split(
            digits.labels("train"), 360, PROTOCOLS[protocol], made_preset(name), 3, key.fold
        )
        assert made(key).sha256 == expected.sha256
        assert made(key) is made(key)


def made_preset(name):
    from suite.protocol.rules import preset_named

    return preset_named(name)


def test_every_class_needs_an_image(splits, digits):
    protocol, made = splits
    with pytest.raises(UsageError, match="train size 9: too few images of digits"):
        made(key_of(protocol, "standard-n9"))
    train = made(key_of(protocol, "standard-n10")).train
    assert sorted(digits.labels("train")[train]) == list(np.arange(10))
