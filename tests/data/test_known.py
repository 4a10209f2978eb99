from __future__ import annotations

import pytest

from suite.data import idx
from suite.data.known import DATASETS, info_of, owner_of
from suite.errors import UsageError


def test_order_of_the_datasets() -> None:
    assert list(DATASETS) == ["fashion", "mnist", "digits"]


@pytest.mark.parametrize("name", ["fashion", "mnist", "digits"])
def test_each_dataset_is_whole(name: str) -> None:
    info = DATASETS[name]
    assert info.name == name
    assert len(set(info.class_names)) == 10
    assert len(info.sums) == 4
    for part in ("train", "test"):
        images, labels = info.pair(part)
        assert images.shape == (*labels.shape, *idx.IMAGE_SHAPE)


def test_no_two_files_share_a_sum() -> None:
    sums = [file.sha256 for info in DATASETS.values() for file in info.files]
    assert len(set(sums)) == len(sums) == 12


def test_mirrors_are_reached_by_https() -> None:
    mirrors = [mirror for info in DATASETS.values() for mirror in info.mirrors]
    assert len(mirrors) >= 4
    assert all(mirror.startswith("https://") for mirror in mirrors)


def test_unknown_dataset() -> None:
    with pytest.raises(UsageError, match=r"unknown dataset 'fasion'. Did you mean fashion\?"):
        info_of("fasion")


def test_a_sum_leads_to_its_file() -> None:
    info = DATASETS["mnist"]
    assert owner_of(info.files[2].sha256) == (info, info.files[2])
    assert owner_of("0" * 64) is None
