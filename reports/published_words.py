"""Published values in words: shared by the reproduction table and `suite info`."""

from __future__ import annotations

from typing import assert_never

from reports.published import Result, Statistic, as_printed


def published_value(result: Result) -> str:
    """The value that is compared, in percent, with its deviation: "93.43 ± 0.05"."""
    figure = result.figure()
    if figure.percent is None:
        return "not on file"
    text = as_printed(figure.percent)
    if figure.deviation_points is None:
        return text
    return f"{text} ± {figure.deviation_points:.2f}"


def struck_out(result: Result) -> str:
    """The printed value where it is known to be wrong; empty otherwise."""
    wrong = result.corrected is not None and result.printed_percent is not None
    return as_printed(result.printed_percent or 0) if wrong else ""


def kind(result: Result) -> str:
    """What kind of accuracy is compared: "mean of 5 runs", "validation accuracy"."""
    figure = result.figure()
    return _kind(figure.statistic, figure.runs)


def _kind(statistic: Statistic, runs: int | None) -> str:
    number = "several" if runs is None else f"{runs:,}"
    match statistic:
        case "test":
            return "test accuracy"
        case "test_mean":
            return f"mean of {number} runs"
        case "test_best_run":
            return f"best of {number} runs"
        case "test_best_epoch":
            return "best epoch on the test images"
        case "validation":
            return "validation accuracy" if runs is None else f"validation, mean of {number} runs"
        case "validation_augmented":
            validation = "validation on augmented images"
            return validation if runs is None else f"{validation}, mean of {number} runs"
        case "fold_mean":
            return f"mean of {number} folds"
        case _ as never:
            assert_never(never)


def data_version(result: Result) -> str:
    """What has to be known of the data; empty where they are today's."""
    if result.data == "before_fix":
        return "data before 2017-08-31"
    if result.data == "other_split":
        return "other test images"
    return "data version unknown" if result.data == "unknown" else ""


def model_name(result: Result, label: str = "") -> str:
    """Our model's label, or what it would be called where there is none."""
    return label or result.selection.removesuffix("/default")
