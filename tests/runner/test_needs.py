"""How much memory a run is expected to need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from suite.protocol.splits import Split
from suite.runner.memory import MIB
from suite.runner.needs import CLASSIC, OTHER_BACKENDS, TENSORFLOW, expected_memory

IMAGE = 3136


@pytest.fixture
def split():
    parts = {name: np.zeros(n, np.int32) for name, n in
             (("train", 8_000), ("validation", 2_000), ("test", 10_000))}  # fmt: skip
    return Split(**parts, scores_training_images=False)


@pytest.mark.parametrize(
    ("backend", "kind"),
    [(None, CLASSIC), ("tensorflow", TENSORFLOW), ("jax", OTHER_BACKENDS)],
)
def test_without_records_the_data_decide(split, backend, kind):
    base, times = kind
    assert expected_memory(split, backend, {}) == base + times * 20_000 * IMAGE
    more = replace(split, train=np.zeros(9_000, np.int32))
    assert expected_memory(more, backend, {}) == base + times * 21_000 * IMAGE


def test_a_peak_at_as_many_images_is_taken_as_it_is(split):
    peaks = {8_000: 7 * MIB, 4_000: 9_000 * MIB, 9_000: 8_000 * MIB}
    assert expected_memory(split, None, peaks) == 7 * MIB


def test_a_peak_at_fewer_images_is_scaled_but_for_the_base(split):
    base = TENSORFLOW[0]
    peaks = {1_000: 1, 4_000: base + 500 * MIB}
    assert expected_memory(split, "tensorflow", peaks) == base + 1_000 * MIB


def test_a_small_peak_at_fewer_images_leaves_it_to_the_data(split):
    assert expected_memory(split, None, {1_000: 20 * MIB}) == expected_memory(split, None, {})


def test_a_peak_at_more_images_says_nothing(split):
    assert expected_memory(split, None, {9_000: 5 * MIB}) == expected_memory(split, None, {})


def test_a_plan_goes_by_the_largest_recorded_peak(sweep_of, tmp_path, run_all):
    from suite.records.record import make_record
    from suite.records.store import open_store

    runs = list(run_all("fine", seeds=(0, 1)))
    with open_store(tmp_path / "results") as store:
        for number, (record, arrays) in enumerate(runs):
            content = {name: getattr(record, name) for name in type(record).model_fields}
            content |= {"peak_memory_mib": 900.0 - number}
            store.add(make_record(**{name: value for name, value in content.items()
                                     if name not in ("schema_version", "digest")}),
                      arrays)  # fmt: skip
    jobs = sweep_of("fine", "dummy", seeds=(0, 1, 2)).plan.jobs
    needs = {(job.key.model, job.key.seed): job.memory_bytes for job in jobs}
    assert needs["fine", 2] == 900 * MIB
    assert needs["dummy", 0] == needs["dummy", 2] == CLASSIC[0] + 3 * (1000 + 250 + 360) * IMAGE
