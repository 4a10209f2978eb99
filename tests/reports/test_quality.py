from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from reports.quality import quality
from reports.rows import build_rows
from suite.records.store import StoredRun
from suite.stats.scoring import Scored, score

LABELS = np.arange(200, dtype=np.uint8) % 10
DUPLICATES = np.array([0, 1, 2, 150])

MakeStored = Callable[..., StoredRun]
MakeScored = Callable[..., Scored]


def guesses(seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    wrong = generator.random(len(LABELS)) < 0.3
    return np.where(wrong, generator.integers(0, 10, len(LABELS)), LABELS).astype(np.uint8)


def test_the_figures_are_means_over_the_runs(stored: MakeStored) -> None:
    predictions = [guesses(seed) for seed in range(3)]
    runs = [
        score(stored(one, seed=seed, log_loss=0.5 + seed), LABELS, DUPLICATES)
        for seed, one in enumerate(predictions)
    ]
    (row,) = build_rows(runs, {})
    kept = np.setdiff1d(np.arange(len(LABELS)), DUPLICATES)
    expected = {
        "accuracy_clean_mean": [np.mean(one[kept] == LABELS[kept]) for one in predictions],
        "balanced_accuracy_mean": [balanced_accuracy_score(LABELS, one) for one in predictions],
        "macro_f1_mean": [f1_score(LABELS, one, average="macro") for one in predictions],
        "log_loss_mean": [0.5, 1.5, 2.5],
    }
    for name, values in expected.items():
        assert getattr(row, name) == pytest.approx(np.mean(values)), name
    assert row.expected_calibration_error_mean is None


def test_the_calibration_error_is_a_mean_of_the_runs_not_of_all_predictions(
    stored: MakeStored,
) -> None:
    runs = []
    # One run too sure by 0.2, one not sure enough by 0.2: together they would seem calibrated.
    for seed, right in enumerate((120, 200)):
        predictions = np.where(np.arange(200) < right, LABELS, (LABELS + 1) % 10)
        made = stored(predictions, confidence=np.full(200, 52_428, "u2"), seed=seed)
        runs.append(score(made, LABELS))
    assert quality(runs)["expected_calibration_error_mean"] == pytest.approx(0.2)


def test_what_no_run_has_is_absent(scored: MakeScored) -> None:
    assert set(quality([scored(0.9)]).values()) == {None}
    assert set(quality([]).values()) == {None}
