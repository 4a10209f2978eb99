"""How good a row's predictions are besides their accuracy: means over its runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

import numpy as np

from suite.stats.intervals import mean
from suite.stats.metrics import per_class
from suite.stats.scoring import Scored


class Quality(TypedDict):
    """Fields of `reports.rows.Row`, which says what they are."""

    accuracy_clean_mean: float | None
    balanced_accuracy_mean: float | None
    macro_f1_mean: float | None
    log_loss_mean: float | None
    expected_calibration_error_mean: float | None


def quality(done: Sequence[Scored]) -> Quality:
    """The means of runs that gave a result; None where none of them has the figure."""
    confusions = [s.confusion for s in done if s.confusion is not None]
    # All runs at once: for thousands of rows, each run by itself would take a noticeable time.
    classes = per_class(np.stack(confusions)) if confusions else None
    return Quality(
        accuracy_clean_mean=mean_known(s.accuracy_clean for s in done),
        balanced_accuracy_mean=None if classes is None else classes.balanced_accuracy,
        macro_f1_mean=None if classes is None else classes.macro_f1,
        log_loss_mean=mean_known(s.record.log_loss for s in done),
        expected_calibration_error_mean=mean_known(
            None if s.reliability is None else s.reliability.expected_calibration_error
            for s in done
        ),
    )


def mean_known(values: Iterable[float | None]) -> float | None:
    """The mean of the values that are known; None if none is."""
    return mean([value for value in values if value is not None])
