"""Splits: what belongs where, for any labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.errors import UsageError
from suite.protocol.rules import PRESETS, PROTOCOLS, Preset, reduced
from suite.protocol.splits import make_split

HOLDOUT, FULL, KFOLD = (PROTOCOLS[name] for name in ("holdout", "full", "kfold"))
STANDARD = PRESETS["standard"]

labels = st.lists(st.integers(0, 9), min_size=20, max_size=400).map(
    lambda values: np.array(values, dtype=np.uint8)
)
seeds = st.integers(0, 2**32 - 1)


@given(y=labels, seed=seeds)
def test_holdout_divides_the_training_set_and_leaves_the_test_set_whole(y, seed):
    split = make_split(y, 7, HOLDOUT, STANDARD, seed)
    assert sorted([*split.train, *split.validation]) == list(range(len(y)))
    assert split.test.tolist() == list(range(7))
    assert not split.scores_training_images


@given(y=labels, seed=seeds)
def test_holdout_keeps_classes_in_proportion(y, seed):
    split = make_split(y, 7, HOLDOUT, STANDARD, seed)
    for label in range(10):
        members = int((y == label).sum())
        validating = int((y[split.validation] == label).sum())
        assert abs(validating - members / 5) < 1


@given(y=labels, seed=seeds)
def test_folds_cover_every_image_once_and_never_train_on_what_they_score(y, seed):
    splits = [make_split(y, 7, KFOLD, STANDARD, seed, fold) for fold in range(5)]
    assert sorted(i for split in splits for i in split.test) == list(range(len(y)))
    for split in splits:
        assert split.scores_training_images
        assert not set(split.test) & set(split.train)
        assert len(split.validation) == 0
        assert sorted([*split.train, *split.test]) == list(range(len(y)))


@given(y=labels, seed=seeds)
def test_full_trains_on_everything_in_a_shuffled_order(y, seed):
    split = make_split(y, 7, FULL, STANDARD, seed)
    assert sorted(split.train) == list(range(len(y)))
    assert len(split.validation) == 0


@given(y=labels, seed=seeds, limit=st.integers(10, 200))
def test_a_cap_keeps_proportions_and_is_part_of_the_uncapped_split(y, seed, limit):
    small = Preset(name="x", max_images=limit, max_epochs=1, seeds=1, publishable=False)
    whole = make_split(y, 7, HOLDOUT, STANDARD, seed)
    capped = make_split(y, 7, HOLDOUT, small, seed)
    assert len(capped.train) == min(limit, len(whole.train))
    assert len(capped.validation) == min(limit // 4, len(whole.validation))
    # In the same order as the whole, so that presets differ in size alone.
    kept = set(capped.train.tolist())
    assert [i for i in whole.train.tolist() if i in kept] == capped.train.tolist()
    for label in range(10):
        share = (y[whole.train] == label).sum() * len(capped.train) / max(len(whole.train), 1)
        assert abs((y[capped.train] == label).sum() - share) <= 1.5


@given(
    y=labels, seed=seeds, sizes=st.tuples(st.integers(1, 400), st.integers(1, 400)).map(sorted),
    protocol=st.sampled_from([HOLDOUT, FULL, KFOLD]),
)  # fmt: skip
def test_a_smaller_training_set_is_part_of_a_larger_one(y, seed, sizes, protocol):
    fold = 0 if protocol.folds else None
    presets = [*(reduced(STANDARD, size) for size in sizes), STANDARD]
    small, large, whole = (make_split(y, 7, protocol, p, seed, fold) for p in presets)
    assert set(small.train) <= set(large.train) <= set(whole.train)
    assert set(small.validation) <= set(large.validation) <= set(whole.validation)
    assert small.test.tolist() == whole.test.tolist()


@pytest.mark.parametrize(("name", "size"), [("smoke", 1_000), ("quick", 6_000)])
def test_a_size_gives_the_images_of_the_preset_that_has_so_many(name, size):
    y = np.arange(10_000, dtype=np.uint8) % 10
    for seed in range(3):
        one = make_split(y, 7, HOLDOUT, PRESETS[name], seed)
        other = make_split(y, 7, HOLDOUT, reduced(STANDARD, size), seed)
        assert len(one.train) == size
        assert one.sha256 == other.sha256


@given(y=labels, seed=seeds)
def test_the_same_seed_gives_the_same_split_and_hash(y, seed):
    one, two = (make_split(y, 7, HOLDOUT, STANDARD, seed) for _ in range(2))
    assert (one.train == two.train).all()
    assert one.sha256 == two.sha256


def test_another_seed_gives_another_split():
    y = np.arange(1000, dtype=np.uint8) % 10
    hashes = {make_split(y, 7, p, STANDARD, s).sha256 for p in (HOLDOUT, FULL) for s in range(50)}
    assert len(hashes) == 100


def test_splits_stay_what_they_are():
    """The stream of NumPy's RandomState is frozen; a change of ours would make records stale."""
    y = np.arange(100, dtype=np.uint8) % 10
    split = make_split(y, 10, HOLDOUT, STANDARD, 0)
    assert split.validation.tolist() == [
        83,
        12,
        78,
        47,
        21,
        56,
        40,
        60,
        45,
        65,
        76,
        4,
        81,
        29,
        82,
        37,
        99,
        74,
        8,
        3,
    ]
    assert split.sha256.startswith("d1038e63ea237303")


def test_the_origin_of_the_test_part_is_in_the_hash():
    y = np.arange(100, dtype=np.uint8) % 10
    fold = make_split(y, 10, KFOLD, STANDARD, 0, 0)
    other = type(fold)(
        train=fold.train,
        validation=fold.validation,
        test=fold.test,
        scores_training_images=False,
    )
    assert fold.sha256 != other.sha256


@pytest.mark.parametrize(("protocol", "fold"), [(HOLDOUT, 0), (KFOLD, None), (KFOLD, 5)])
def test_a_fold_that_the_protocol_does_not_have_is_refused(protocol, fold):
    with pytest.raises(UsageError, match="folds"):
        make_split(np.zeros(50, dtype=np.uint8), 7, protocol, STANDARD, 0, fold)
