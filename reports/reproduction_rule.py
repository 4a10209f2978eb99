"""When a published value counts as reproduced, and when it can't be compared.

Ours reproduces a published value if they differ by at most 0.5 points, or by at most two combined
deviations. The combined deviation is that of the difference: the root of the sum of both sides'
squared deviations, where a mean of n runs has the deviation of a run divided by √n.

Both sides are scored on the same test images, so that the choice of these images does not add to
the difference: what does is how runs differ from each other. Where the source does not tell that,
our runs' deviation stands in, as runs of the same model. Where that is not known either (one run),
the binomial deviation √(p (1 - p) / images) does: the variance of a run's accuracy is the mean of
q (1 - q) over the images, divided by their number, if an image is right with probability q, and
that is at most p (1 - p) / images, for images that are right or wrong independently of each other.
A model without randomness, trained on all images, has a deviation of 0.

Means over folds are compared likewise, with 0.4 points. So are validation accuracies: each run has
validation images of its own, whose choice our deviation over seeds contains.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, sqrt
from typing import Literal, assert_never

from reports.formats import span
from reports.published import Figure, Statistic
from reports.rows import Row
from suite.protocol.rules import PRESETS, PROTOCOLS
from suite.stats.intervals import mean, sample_deviation

Verdict = Literal[
    "reproduced",
    "higher",
    "lower",
    "not comparable",
    "failed",
    "not run yet",
    "not on file",
    "no model",
]

MARGIN_POINTS = 0.5
FOLDS_MARGIN_POINTS = 0.4
COMBINED_DEVIATIONS = 2
TEST_IMAGES = 10_000
ALL_IMAGES = 60_000


@dataclass(frozen=True, kw_only=True)
class Ours:
    """What our runs of a model gave under one protocol and preset.

    Attributes:
        protocol: Name of the protocol.
        preset: Name of the preset.
        row: The leaderboard's row.
        own_settings: Whether threads, backend or precision were not the defaults.
        capped: Whether the preset changed a parameter, such as the number of epochs.
        fixed: Whether every run gives the same model.
        validation: Accuracy of each run on its validation images after the last epoch; empty where
            they don't tell.
        on_validation: Whether the row's accuracy is that on the validation images.
    """

    protocol: str
    preset: str
    row: Row
    own_settings: bool
    capped: bool
    fixed: bool
    validation: tuple[float, ...] = ()
    on_validation: bool = False

    def validated(self) -> Ours:
        """The same runs by their accuracy on the validation images, where they tell it."""
        if not self.validation or not self.row.train_images:
            return self
        row = replace(
            self.row,
            accuracy_mean=mean(self.validation),
            accuracy_std=sample_deviation(self.validation),
            images=ALL_IMAGES - self.row.train_images[1],
        )
        return replace(self, row=row, on_validation=True)

    @property
    def percent(self) -> float:
        """Mean accuracy in percent."""
        assert self.row.accuracy_mean is not None
        return 100 * self.row.accuracy_mean

    @property
    def deviation_points(self) -> float | None:
        """Deviation of a run; None where it is not known."""
        if self.row.accuracy_std is not None:
            return 100 * self.row.accuracy_std
        return 0.0 if self.fixed else None

    @property
    def in_folds(self) -> bool:
        """Whether folds of the training images were scored instead of the test images."""
        protocol = PROTOCOLS.get(self.protocol)
        return protocol is not None and protocol.folds > 0


def tolerance(theirs: Figure, ours: Ours) -> float:
    """The largest difference in points that counts as reproduced; the module's text has the rule.

    Args:
        theirs: The published value, which has to be known.
        ours: Our runs, of which at least one gave a result.
    """
    assert theirs.percent is not None
    own = ours.deviation_points
    our_deviation = (
        binomial_points(ours.percent, ours.row.images) if own is None else own / sqrt(ours.row.runs)
    )
    a_run_of_theirs = theirs.deviation_points
    if a_run_of_theirs is None:
        a_run_of_theirs = binomial_points(theirs.percent, TEST_IMAGES) if own is None else own
    combined = hypot(our_deviation, a_run_of_theirs / sqrt(theirs.runs or 1))
    margin = FOLDS_MARGIN_POINTS if theirs.statistic == "fold_mean" else MARGIN_POINTS
    return max(margin, COMBINED_DEVIATIONS * combined)


def binomial_points(percent: float, images: int) -> float:
    """Deviation in points of an accuracy in percent, were its images drawn one by one."""
    return sqrt(percent * (100 - percent) / images)


def judge(difference_points: float, tolerance_points: float) -> Verdict:
    """Reproduced, higher or lower; both numbers count to two decimals, as they are shown."""
    if round(abs(difference_points), 2) <= round(tolerance_points, 2):
        return "reproduced"
    return "higher" if difference_points > 0 else "lower"


def obstacles(statistic: Statistic, ours: Ours) -> tuple[str, ...]:
    """Why a published value of this kind and ours can't be compared; empty if they can."""
    found = [*_other_statistic(statistic, ours)]
    preset = PRESETS.get(ours.preset)
    if preset is None or not preset.publishable:
        images = ours.row.train_images
        trained = f" trains on {span(*images, 'image')}" if images else " is no full training"
        found.append(f"preset {ours.preset}{trained}")
    if ours.capped:
        found += ours.row.notes
    return tuple(found)


def _other_statistic(statistic: Statistic, ours: Ours) -> tuple[str, ...]:
    kind = "a mean over folds" if ours.in_folds else "test accuracy"
    match statistic:
        case "validation":
            if ours.on_validation:
                return ()
            return (f"the published value is validation accuracy, ours is {kind}",)
        case "validation_augmented":
            return (f"the published value is accuracy on augmented validation images, ours {kind}",)
        case "fold_mean":
            if ours.in_folds:
                return ()
            return (f"the published value is a mean over folds, ours is {kind}",)
        case "test_best_run" | "test_best_epoch":
            what = "run" if statistic == "test_best_run" else "epoch"
            return (f"the published value is that of the {what} that did best on the test images",)
        case "test" | "test_mean":
            return (f"the published value is test accuracy, ours is {kind}",) * ours.in_folds
        case _ as never:
            assert_never(never)
