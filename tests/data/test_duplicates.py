from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.data.datasets import Dataset, load
from suite.data.duplicates import (
    LISTS,
    MAX_DISTANCE,
    Duplicate,
    duplicates_of,
    find_duplicates,
    known_duplicates,
    read_csv,
    to_csv,
)
from suite.data.toy import toy, toy_dataset
from suite.errors import DataError

MADE = toy(n_train=2_100, n_test=6)
TRAIN, TEST = MADE.train_images, MADE.test_images
SOME = Dataset(name="some", title="Some images", class_names=(), sums={}, folder=Path())


def planted(image: np.ndarray, place: int = 2_050) -> np.ndarray:
    """The training images with another one at a place, by default in the second block."""
    train = TRAIN.copy()
    train[place] = image
    return train


def test_different_images_of_one_class_are_no_duplicates() -> None:
    assert find_duplicates(TEST, TRAIN) == []


@pytest.mark.parametrize("place", [0, 2_050])
def test_equal_images_have_distance_zero(place: int) -> None:
    assert find_duplicates(TEST, planted(TEST[4], place)) == [(4, place, 0.0)]


def test_a_copy_with_a_changed_pixel_or_another_brightness_is_found() -> None:
    changed = TEST[1].copy()
    changed[14, 14] ^= 64
    ((one, other, distance),) = find_duplicates(TEST, planted(changed))
    assert (one, other) == (1, 2_050)
    assert 0 < distance < 0.01
    darker = (TEST[1] * 0.6).astype(np.uint8)
    assert [pair[:2] for pair in find_duplicates(TEST, planted(darker))] == [(1, 2_050)]


def test_an_image_that_is_shifted_by_a_pixel_is_another() -> None:
    assert find_duplicates(TEST, planted(np.roll(TEST[1], 1, axis=1))) == []


def test_black_images_are_near_to_nothing_but_each_other() -> None:
    black = np.zeros((1, 28, 28), dtype=np.uint8)
    assert find_duplicates(black, TRAIN) == []
    assert find_duplicates(black, planted(black[0], 7)) == [(0, 7, 0.0)]
    assert find_duplicates(TEST, planted(black[0])) == []


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.9))
def test_the_pairs_are_those_that_a_loop_finds(seed: int, limit: float) -> None:
    generator = np.random.default_rng(seed)
    small = generator.integers(0, 40, (9, 5, 6)).astype(np.uint8)
    test, train = small[:3], small[3:]

    def detail(image: np.ndarray) -> np.ndarray:
        padded = np.pad(image.astype(float), 1)
        means = [
            [padded[r : r + 3, c : c + 3].sum() / 9 for c in range(image.shape[1])]
            for r in range(image.shape[0])
        ]
        return (image - np.array(means)).ravel()

    def distance(one: np.ndarray, other: np.ndarray) -> float:
        a, b = detail(one), detail(other)
        return float(1 - a @ b / np.sqrt((a @ a) * (b @ b)))

    expected = {
        (i, j): distance(one, other) for i, one in enumerate(test) for j, other in enumerate(train)
    }
    found = {(i, j): d for i, j, d in find_duplicates(test, train, limit)}
    assert set(found) == {places for places, d in expected.items() if d <= limit}
    for places, value in found.items():
        assert value == pytest.approx(expected[places], abs=1e-5)


@given(
    st.lists(
        st.builds(
            Duplicate,
            st.integers(0, 9_999),
            st.integers(0, 59_999),
            st.integers(0, 2_000).map(lambda n: n / 100_000),
            st.integers(0, 9),
            st.integers(0, 9),
        )
    )
)
def test_a_list_is_read_as_it_was_written(pairs: list[Duplicate]) -> None:
    text = to_csv(SOME, tuple(pairs), date(2026, 1, 2))
    assert read_csv(text, "here") == tuple(pairs)
    assert "Made 2026-01-02" in text


@pytest.mark.parametrize("line", ["1,2,3", "1,2,near,4,5"])
def test_a_damaged_list_is_refused(line: str) -> None:
    with pytest.raises(DataError, match=r"lists/x.csv: expected the columns test_index"):
        read_csv(f"# about\ntest_index\n{line}\n", "lists/x.csv")


def test_the_header_counts_images_pairs_and_equal_pixels() -> None:
    pairs = tuple(
        Duplicate(one, other, distance, 3, 3)
        for one, other, distance in ((5, 1, 0.0), (5, 2, 0.01), (6, 1, 0.02))
    )
    text = " ".join(to_csv(SOME, pairs, date(2026, 1, 2)).split())
    assert "Some images: 2 test images, # 3 pairs, 1 of them of equal pixels" in text


def test_the_duplicates_of_a_dataset_have_the_labels_of_both_images(tmp_path: Path) -> None:
    made = toy_dataset(tmp_path, n_train=30, n_test=5)
    images = np.load(tmp_path / "train-images.npy")
    images[7] = made.images("test")[3]
    np.save(tmp_path / "train-images.npy", images)
    (pair,) = duplicates_of(made)
    test, train = int(made.labels("test")[3]), int(made.labels("train")[7])
    assert pair == Duplicate(3, 7, 0.0, test, train)


def test_a_dataset_that_nobody_looked_at_has_no_list() -> None:
    assert known_duplicates("digits") is None


def test_the_published_lists_can_be_read() -> None:
    assert {path.stem for path in LISTS.glob("*.csv")} == {"fashion", "mnist"}
    fashion = known_duplicates("fashion")
    assert fashion
    assert len(set(fashion)) == len(fashion)
    assert all(pair.distance <= MAX_DISTANCE for pair in fashion)
    assert known_duplicates("mnist") == ()


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["fashion", "mnist"])
def test_the_published_lists_are_found_again(name: str, data_dir: Path) -> None:
    dataset = load(name, data_dir)
    known = known_duplicates(name)
    assert known is not None
    test, train = dataset.images("test"), dataset.images("train")
    equal = {image.tobytes() for image in train}
    assert [pair.test_index for pair in known if not pair.distance] == [
        place for place, image in enumerate(test) if image.tobytes() in equal
    ]
    others = np.random.default_rng(0).choice(len(test), 500, replace=False)
    looked = np.union1d(others, [pair.test_index for pair in known]).astype(int)
    found = {(looked[i], j): d for i, j, d in find_duplicates(test[looked], train)}
    assert found == {
        (pair.test_index, pair.train_index): pytest.approx(pair.distance, abs=2e-5)
        for pair in known
    }
    for pair in known:
        assert dataset.labels("test")[pair.test_index] == pair.test_label
        assert dataset.labels("train")[pair.train_index] == pair.train_label
