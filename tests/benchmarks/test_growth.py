"""The simulation of large sweeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.growth import (
    ORDERS,
    cheapest_first,
    drawn,
    end_times,
    ideal,
    known_models,
    simulate,
    sweep_of,
)

TIMES = st.lists(st.floats(0.01, 1e4), min_size=1, max_size=60)


@given(TIMES, st.integers(1, 8))
def test_no_makespan_is_below_the_ideal_or_twice_above_it(seconds, workers):
    makespan = max(end_times(seconds, workers))
    bound = ideal(seconds, workers)
    assert bound * (1 - 1e-9) <= makespan <= 2 * bound * (1 + 1e-9)


@pytest.mark.parametrize(("workers", "each"), [(1, 5), (3, 1), (4, 7)])
def test_equal_runs_that_divide_evenly_reach_the_ideal(workers, each):
    seconds = [2.0] * workers * each
    assert max(end_times(seconds, workers)) == ideal(seconds, workers) == 2.0 * each


def test_each_free_worker_takes_the_next_run():
    assert end_times([1, 1, 2], 2) == [1, 1, 3]
    assert end_times([2, 1, 1], 2) == [2, 1, 2]
    assert ideal([1, 1, 2], 2) == 2
    assert ideal([9, 1, 1], 2) == 9


@pytest.fixture(scope="module")
def jobs():
    return sweep_of(drawn(known_models(None), 6, np.random.default_rng(1)), seeds=3)


def test_a_sweep_is_of_the_drawn_models_in_the_suite_s_order(jobs):
    assert len(jobs) == 6 * 2 * 3
    assert len({job.key for job in jobs}) == len(jobs)
    places = [(job.key.seed, -job.cost if job.key.seed == 2 else job.cost) for job in jobs]
    assert places == sorted(places)


def test_only_the_last_seed_is_turned_round(jobs):
    ordered = cheapest_first(jobs)
    assert ordered[:24] == list(jobs[:24])
    assert [job.cost for job in ordered[24:]] == [job.cost for job in reversed(jobs[24:])]


@pytest.mark.parametrize("order", ORDERS.values())
def test_orders_lose_no_run_and_the_first_seed_ends_before_the_last(jobs, order):
    ordered = order(jobs)
    assert {job.key for job in ordered} == {job.key for job in jobs}
    outcome = simulate(ordered, [job.cost for job in ordered], 4)
    assert 0 < outcome.first_seed <= outcome.makespan
    assert outcome.ideal == pytest.approx(ideal([job.cost for job in jobs], 4))


def test_recorded_times_stand_in_for_hints(tmp_path):
    from benchmarks.synthetic import write_records
    from suite.data.datasets import load
    from suite.records.store import read
    from suite.runner.plan import cost_of

    write_records(tmp_path, 10, [load("digits")])
    records = [run.record for run in read(tmp_path).runs]
    assert {record.train_images for record in records} == {48_000}
    seconds = {}
    for record in records:
        total = record.fit_cpu_seconds + record.predict_wall_seconds
        seconds.setdefault((record.model, record.variant), []).append(total)
    found = {(s.model.name, s.variant): s.model.plugin for s in known_models(tmp_path)}
    for key, values in seconds.items():
        assert found[key].cost_hint(48_000, {}) == pytest.approx(np.mean(values))
    plain = {(s.model.name, s.variant): s for s in known_models(None)}
    others = set(found) - set(seconds)
    assert others
    for key in others:
        params = plain[key].params
        hinted = cost_of(plain[key].model.plugin, 48_000, params)
        assert cost_of(found[key], 48_000, params) == hinted > 0
