"""What rows show together of their spread over seeds."""

from __future__ import annotations

import numpy as np
import pytest

from suite.stats.seeds import PRIOR, SeedSpread, seed_spread

IMAGES = 10_000
# The square of runs that err independently, which joins each pool of rows that are as good.
GUARD = 0.8 * 0.2 / IMAGES
TWO = np.array([0.79, 0.81])  # squares 2e-4 of one degree of freedom
FIVE = np.array([0.8, 0.8, 0.79, 0.81, 0.8])  # squares 2e-4 of four
ONE = np.array([0.8])


def spread(*scores: np.ndarray, kinds: str | None = None, alike: str = "") -> SeedSpread:
    """`alike` names, by place, the rows whose runs got the same images right."""
    kind = kinds or "a" * len(scores)
    same = [str(n) in alike for n in range(len(scores))]
    return seed_spread(scores, list(kind), same, IMAGES)


def test_a_row_with_several_seeds_mixes_its_own_spread_with_that_of_all() -> None:
    pooled = (2e-4 + 2e-4 + GUARD) / 5
    found = spread(TWO, FIVE)
    assert found.variance == pytest.approx([
        (2e-4 + PRIOR * pooled) / (PRIOR + 1) / 2, (2e-4 + PRIOR * pooled) / (PRIOR + 4) / 5,
    ])  # fmt: skip


def test_a_row_with_one_seed_is_lent_that_of_its_kind() -> None:
    found = spread(ONE, TWO, FIVE * 0.5, kinds="aab")
    assert found.variance[0] == pytest.approx(2e-4 + GUARD)
    assert found.known.all()


def test_a_kind_that_shows_nothing_is_lent_that_of_all_rows() -> None:
    found = spread(ONE, ONE, TWO, FIVE, kinds="abcd")
    assert found.variance[:2] == pytest.approx([(4e-4 + GUARD) / 5] * 2)


def test_rows_with_fewer_mistakes_move_less() -> None:
    found = spread(np.array([0.98]), TWO)
    assert found.variance[0] == pytest.approx((2e-4 + GUARD) * 0.98 * 0.02 / (0.8 * 0.2))


def test_runs_that_are_all_alike_have_no_spread_and_lend_none() -> None:
    same = np.array([0.8, 0.8])
    found = spread(same, TWO, ONE, alike="0")
    assert found.variance[[0, 2]] == pytest.approx([0, 2e-4 + GUARD])
    # The same accuracy with other images right is a spread, which happens to be 0.
    found = spread(same, TWO, ONE)
    assert found.variance[2] == pytest.approx((2e-4 + GUARD) / 2)
    assert found.variance[0] > 0


def test_two_runs_that_happen_to_be_equally_good_do_not_show_that_all_are() -> None:
    found = spread(np.array([0.8, 0.8]), ONE)
    assert found.variance[1] == pytest.approx(GUARD)


def test_where_no_row_shows_a_spread_none_is_known() -> None:
    found = spread(ONE, ONE, np.array([0.8, 0.8]), alike="2")
    assert found.known.tolist() == [False, False, True]
    assert found.variance.tolist() == [0, 0, 0]


def test_one_run_of_each_is_known_no_better_than_what_was_lent() -> None:
    found = spread(ONE, ONE, FIVE)
    variance, doubt = found.of_pairs()
    freedom = variance**2 / doubt
    # 1 / freedom: half of 1 / PRIOR, two rows being two draws, and all of 1 / 4, one pool.
    assert freedom[0, 1] == pytest.approx(1 / (0.5 / PRIOR + 1 / 4))
    assert freedom[0, 1] == freedom[1, 0]
    # Lent from two pools, both parts are halved.
    found = spread(ONE, ONE, FIVE, FIVE, kinds="abab")
    variance, doubt = found.of_pairs()
    assert (variance**2 / doubt)[0, 1] == pytest.approx(1 / (0.5 / PRIOR + 0.5 / 4))
