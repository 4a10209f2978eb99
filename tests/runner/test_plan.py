"""Which runs a sweep consists of, and what they are called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suite.errors import UsageError
from suite.records.machine import total_memory, usable_cores
from suite.records.record import DatasetFacts, Environment, RunError, make_record
from suite.registry import discover
from suite.runner.plan import LONGEST_SECONDS, RUN_OVERHEAD, cost_of, keras_backend
from suite.sweep import Settings, estimate_seconds, prepare


def record_for(job, **changes):
    """A failed record of a job: what a plan looks at is the same for all records."""
    content = {
        "model": job.key.model, "variant": job.key.variant, "parameters": dict(job.parameters),
        "source_hash": job.source_hash, "split_hash": job.split_hash,
        "dataset": DatasetFacts(name=job.key.dataset, sums={}), "protocol": job.key.protocol,
        "preset": job.key.preset, "train_images": job.train_images, "seed": job.key.seed,
        "fold": job.key.fold, "threads": job.threads, "status": "failed",
        "error": RunError(type="E", message=""), "started_at": "x",
        "environment": Environment(processor="", cores=1, memory_mib=1, system="", python="",
                                   packages={}),
    }  # fmt: skip
    return make_record(**(content | changes))


def store(folder, *records):
    from suite.records.store import open_store

    with open_store(folder) as opened:
        for record in records:
            opened.add(record, None)


def test_recorded_runs_are_left_out_failures_among_them(sweep_of, tmp_path):
    before = sweep_of("fine", "exits", seeds=(0, 1)).plan
    assert len(before.jobs) == 4
    store(tmp_path / "results", record_for(before.jobs[0]))
    after = sweep_of("fine", "exits", seeds=(0, 1)).plan
    assert [job.key for job in after.jobs] == [job.key for job in before.jobs[1:]]
    assert [record.key for record in after.recorded] == [before.jobs[0].key]
    assert after.stale == 0
    assert len(sweep_of("fine", "exits", seeds=(0, 1), force=True).plan.jobs) == 4


@pytest.mark.parametrize("field", ["source_hash", "split_hash"])
def test_a_record_of_other_code_or_another_split_is_stale(sweep_of, tmp_path, field):
    job = sweep_of("fine").plan.jobs[0]
    store(tmp_path / "results", record_for(job, **{field: "0" * 64}))
    plan = sweep_of("fine").plan
    assert len(plan.jobs) == plan.stale == 1


@pytest.mark.skipif(len(usable_cores()) < 2, reason="asks for 2 of 2 processor cores")
def test_threads_join_the_identity_where_they_are_not_one(sweep_of):
    one = sweep_of("dummy").plan.jobs[0]
    two = sweep_of("dummy", threads=2).plan.jobs[0]
    assert one.key.variant == ""
    assert len(two.key.variant) == 10
    assert "threads=2" in two.label


def test_the_keras_backend_joins_the_identity_where_it_is_not_the_default(sweep_of, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    plain = sweep_of("abelusha").plan.jobs[0]
    assert (plain.key.variant, plain.backend) == ("", "tensorflow")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert keras_backend() == "jax"
    other = sweep_of("abelusha").plan.jobs[0]
    assert len(other.key.variant) == 10
    assert other.backend == "jax"
    assert "backend=jax" in other.label
    assert sweep_of("dummy").plan.jobs[0].key.variant == ""


def test_what_a_preset_changes_is_used_but_does_not_rename_the_run(sweep_of):
    quick = sweep_of("abelusha", preset="quick").plan.jobs[0]
    paper = sweep_of("abelusha", preset="paper").plan.jobs[0]
    assert quick.parameters["epochs"] == paper.parameters["epochs"] == 50
    assert quick.preset_changes == {"epochs": 3}
    assert quick.used_parameters["epochs"] == 3
    assert quick.key.variant == paper.key.variant == ""
    assert paper.cost > 2 * quick.cost


def test_kfold_has_a_run_a_fold_and_goes_through_the_folds_first(sweep_of):
    jobs = sweep_of("fine", "exits", protocol="kfold", seeds=(0, 1)).plan.jobs
    assert len(jobs) == 20
    rounds = [(job.key.seed, job.key.fold) for job in jobs]
    assert rounds == sorted(rounds)


def test_one_split_serves_all_models_of_a_dataset_and_seed(sweep_of):
    jobs = sweep_of("fine", "dummy", "exits", seeds=(0, 1)).plan.jobs
    for seed in (0, 1):
        assert len({job.split_hash for job in jobs if job.key.seed == seed}) == 1
    assert len({job.split_hash for job in jobs}) == 2


def test_a_training_size_is_a_run_of_its_own_and_all_images_are_the_ordinary_one(sweep_of):
    standard = {"preset": "standard", "seeds": (0, 1)}
    jobs = sweep_of("fine", "exits", train_sizes=(100, 400, 60_000), **standard).plan.jobs
    assert {(job.key.preset, job.train_images) for job in jobs} == {
        ("standard-n100", 100), ("standard-n400", 400), ("standard", 1_149)
    }  # fmt: skip
    assert len(jobs) == 2 * 2 * 3
    assert [job.key.seed for job in jobs] == [0] * 6 + [1] * 6  # first seeds first
    ordinary = {job.key: job for job in sweep_of("fine", "exits", **standard).plan.jobs}
    same = [job for job in jobs if job.key.preset == "standard"]
    assert {job.key: job.split_hash for job in same} == {
        key: job.split_hash for key, job in ordinary.items()
    }


def test_what_is_recorded_of_a_size_is_left_out_and_no_other(sweep_of, tmp_path):
    def plan(*sizes, **settings):
        return sweep_of("fine", preset="standard", seeds=(0,), train_sizes=sizes, **settings).plan

    small, whole = plan(100, 60_000).jobs
    assert (small.key.preset, whole.key.preset) == ("standard-n100", "standard")
    store(tmp_path / "results", record_for(small), record_for(whole))
    left = plan(100, 400, 60_000)
    assert [job.key.preset for job in left.jobs] == ["standard-n400"]
    assert {record.key for record in left.recorded} == {small.key, whole.key}
    assert not plan().jobs  # 60,000 was the ordinary run
    assert [job.key.preset for job in plan(100, force=True).jobs] == ["standard-n100"]
    store(tmp_path / "results", record_for(small, source_hash="0" * 64))
    assert [job.key for job in plan(100, 60_000).jobs] == [small.key]
    assert plan(100, 60_000).stale == 1


def test_a_size_keeps_the_epochs_and_the_parameters_of_its_preset(sweep_of):
    sizes = {"train_sizes": (200, 9_999), "preset": "quick", "seeds": (0,)}
    small, whole = sweep_of("abelusha", **sizes).plan.jobs
    assert (small.key.preset, whole.key.preset) == ("quick-n200", "quick")
    assert small.preset_changes == whole.preset_changes == {"epochs": 3}
    assert small.key.variant == whole.key.variant


def test_costs_follow_the_number_of_training_images(sweep_of):
    jobs = sweep_of("fine", preset="standard", seeds=(0,), train_sizes=(100, 400)).plan.jobs
    few, many = (job.cost - RUN_OVERHEAD for job in jobs)
    assert many == pytest.approx(4 * few)


@pytest.mark.parametrize(
    "model",
    ["mlp[hidden_layer_sizes=none]", f"random_forest[n_estimators={'9' * 390}]",
     f"mlp[hidden_layer_sizes=({'9' * 300},9)]", f"cmasch[epochs={'9' * 390}]"],
)  # fmt: skip
def test_a_cost_that_can_t_be_reckoned_holds_up_no_plan(sweep_of, model):
    (job,) = sweep_of(models=(model,), preset="paper", seeds=(0,)).plan.jobs
    assert RUN_OVERHEAD <= job.cost <= RUN_OVERHEAD + 5 * LONGEST_SECONDS


@pytest.mark.parametrize("hint", [float("nan"), float("inf"), -1.0])
def test_a_hint_that_is_no_time_is_none(hint):
    plugin = replace(discover().models["dummy"].plugin, cost_hint=lambda images, params: hint)
    assert cost_of(plugin, 600, {}) in (0.0, LONGEST_SECONDS)


def test_more_runs_than_can_be_planned_are_refused(sweep_of):
    grid = f"svm[C=[{','.join(map(str, range(1, 1002)))}]]"
    with pytest.raises(UsageError, match="100,100 runs, expected at most 100,000 in a sweep"):
        sweep_of(models=(grid,), seeds=tuple(range(100)))


def test_an_estimate_is_the_work_over_the_lanes_but_no_less_than_the_longest_run(sweep_of):
    jobs = sweep_of("dummy", "knn", seeds=tuple(range(10)), preset="quick").plan.jobs
    work = sum(job.cost for job in jobs)
    assert estimate_seconds(jobs, 1) > estimate_seconds(jobs, 2) > work / 2
    assert estimate_seconds(jobs, 1000) >= max(job.cost for job in jobs)
    assert estimate_seconds((), 4) == 0
    assert all(job.cost >= RUN_OVERHEAD for job in jobs)


def test_a_slow_machine_shows_in_the_estimate_once_there_are_records(sweep_of, tmp_path):
    def total(preset):
        return sum(job.cost - RUN_OVERHEAD for job in sweep_of("fine", preset=preset).plan.jobs)

    # The hint of a plugin that names none is 60 s for 60,000 images: 60 runs of 1 s each.
    job = sweep_of("fine").plan.jobs[0]
    assert total("smoke") == pytest.approx(1.0)
    slow = [record_for(job, seed=n, status="ok", error=None, fit_cpu_seconds=3.0)
            for n in range(1, 31)]  # fmt: skip
    store(tmp_path / "results", *slow)
    assert total("smoke") == pytest.approx(3.0)


def test_defaults_of_lanes_and_memory(tmp_path):
    settings = Settings(
        datasets=("digits",), models=("dummy",), results=tmp_path / "r", seeds=(0, 1, 2)
    )
    sweep = prepare(settings)
    assert sweep.lanes == min(len(usable_cores()), 3)
    assert 0.7 < sweep.limits.bytes * sweep.lanes / total_memory() < 0.9
    assert sweep.limits.seconds == 7200
