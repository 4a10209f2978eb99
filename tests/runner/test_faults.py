"""Whatever a plugin does: its run becomes a record, the others go on, nothing is left behind."""

from __future__ import annotations

import pytest

from suite.runner import sandbox

# Far more than a run needs to begin on a busy machine: what it does decides how it ends.
TIME_LIMIT = 10.0

# Plugin: status, type of the error, part of what is told.
EXPECTED = {
    "fine": ("ok", None, ""),
    "raises_in_build": ("failed", "ValueError", "in build: no such kernel"),
    "raises_in_fit": ("failed", "ValueError", "in fit: did not converge"),
    "raises_in_predict": ("failed", "ValueError", "in predict: lost its weights"),
    "raises_unprintable": ("failed", "Unprintable", "can't be printed"),
    "raises_system_exit": ("failed", "SystemExit", "in fit: enough"),
    "hangs_in_c": ("timeout", "TimeLimit", "time limit of 10 s"),
    "ignores_signals": ("timeout", "TimeLimit", "time limit of 10 s"),
    "exits": ("failed", "Exited", "exit status 0 and without a result"),
    "is_killed": ("failed", "Killed", "signal 11 (SIGSEGV)"),
    "eats_memory": ("out_of_memory", "MemoryLimit", "memory limit of 600 MiB"),
    "eats_memory_in_child": ("out_of_memory", "MemoryLimit", "memory limit of 600 MiB"),
    "prints_megabytes": ("ok", None, ""),
    "prints_and_raises": ("failed", "RuntimeError", "gave up"),
    "changes_its_input": ("failed", "ValueError", "read-only"),
    "wrong_shape": ("invalid", "InvalidOutputError", "name the method predict_proba"),
    "wrong_dtype": ("invalid", "InvalidOutputError", "expected integers"),
    "label_11": ("invalid", "InvalidOutputError", "labels from 11 to 11, expected 0 to 9"),
    "nan_probabilities": ("invalid", "InvalidOutputError", "NaN or infinity for 360 of 360"),
    "no_fit": ("invalid", "InvalidOutputError", "without fit()"),
    "ignores_its_seed": ("ok", None, ""),
    "starts_processes": ("ok", None, ""),
    "leaves_a_thread": ("ok", None, ""),
    "digs_deep": ("ok", None, ""),
    "holds_a_message_back": ("out_of_memory", "MemoryLimit", "memory limit of 600 MiB"),
    "packs_a_bomb": ("ok", None, ""),
    "stops_itself": ("failed", "Stopped", "SIGSTOP"),
    # What these come to without a sandbox: test_sandbox.py.
    "kills_its_parent": ("failed", "PermissionError", "other processes are closed to models"),
    "kills_the_fork_server": ("failed", "AccessDenied", "other processes are closed to models"),
    "stops_its_parent": ("failed", "PermissionError", "other processes are closed to models"),
}
SIGNAL = ("kills_its_parent", "kills_the_fork_server", "stops_its_parent")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory, fakes):
    """All misbehaving plugins in one sweep of two lanes, and what is left when it is over."""
    from suite.runner.local import run_local
    from suite.sweep import Settings, prepare

    sweep = prepare(
        Settings(
            datasets=("digits",),
            models=tuple(str(fakes / f"{name}.py") for name in EXPECTED),
            preset="smoke",
            jobs=2,
            timeout=TIME_LIMIT,
            memory=600 * 2**20,
            results=tmp_path_factory.mktemp("results"),
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUITE_TEST_MARK", "faults")
        runs = run_local(
            sweep.plan.jobs, sweep.datasets, sweep.splits, lanes=2, limits=sweep.limits
        )
        return {run.record.model: (run.record, run.arrays) for run in runs}


def test_every_plugin_is_tried(fakes, outcomes):
    assert set(outcomes) == set(EXPECTED)
    assert {path.stem for path in fakes.glob("*.py")} - set(EXPECTED) == {"sleeps"}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_fault_becomes_a_record(outcomes, name):
    if name in SIGNAL and sandbox._abi() < 6:
        pytest.skip(f"Landlock {sandbox._abi()} does not hold signals; 6 does")
    status, kind, told = EXPECTED[name]
    record, arrays = outcomes[name]
    assert record.status == status
    assert (arrays is not None) == (status == "ok")
    if kind is None:
        assert record.error is None
    else:
        assert record.error.type == kind
        assert told in record.error.message


def test_nothing_is_left_of_all_these(outcomes, gone):
    gone("faults")


def test_what_was_printed_last_is_kept_and_cut(outcomes):
    error = outcomes["prints_and_raises"][0].error
    assert error.traceback.endswith("last words")
    assert len(error.traceback) < 5_000


def test_a_crash_tells_where(outcomes):
    assert "in fit" in outcomes["is_killed"][0].error.traceback


def test_an_error_names_the_plugin_s_file_and_line(outcomes):
    assert "raises_in_fit.py" in outcomes["raises_in_fit"][0].error.traceback
    assert outcomes["wrong_shape"][0].error.message.startswith("wrong_shape.py: predict returned")


def test_a_plugin_that_ignores_its_seed_repeats_all_the_same(run_all):
    (first, second) = (
        next(arrays.predictions.tolist() for _, arrays in run_all("ignores_its_seed"))
        for _ in range(2)
    )
    assert first == second
    assert len(set(first)) == 10


def test_a_run_that_is_stopped_at_its_time_limit_was_not_too_slow(run_all):
    from suite.runner.guard import STOPPED_SECONDS

    # It began before it stopped: its limit is reached before it was stopped for long enough.
    ((record, _),) = run_all("stops_itself", timeout=STOPPED_SECONDS)
    assert (record.status, record.error.type) == ("failed", "Stopped")
