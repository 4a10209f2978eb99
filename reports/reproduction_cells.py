"""The reproduction table in words: shared by page, Markdown, terminal and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, get_args

from reports.captions import Fact
from reports.curves import in_words
from reports.formats import ABSENT, accuracy, count, listing, signed, span
from reports.published import OFFICIAL_NAME
from reports.reproduction import EXPLAIN_POINTS, Reproduction
from reports.reproduction_rule import (
    COMBINED_DEVIATIONS,
    FOLDS_MARGIN_POINTS,
    MARGIN_POINTS,
    Ours,
    Verdict,
)


@dataclass(frozen=True)
class Section:
    """A table of the report: an identifier, its heading, and its rows."""

    name: str
    heading: str
    rows: tuple[Reproduction, ...]

    def summary(self, titles: Mapping[str, str]) -> str:
        """The median difference on each dataset, over the values that can be compared.

        What most rows of a dataset have in common is no accident of one of them.
        """
        differences: dict[str, list[float]] = {}
        for row in self.rows:
            if row.difference_points is not None and row.tolerance_points is not None:
                differences.setdefault(row.result.dataset, []).append(row.difference_points)
        parts = [
            f"{signed(median(values))} on {titles.get(name, name)} "
            f"({span(len(values), len(values), 'value')})"
            for name, values in differences.items()
        ]
        return f"Median difference, ours less theirs: {listing(parts)}." if parts else ""


def sections(rows: Sequence[Reproduction]) -> tuple[Section, ...]:
    """The rows in tables: systems, the scikit-learn benchmark, and what has no model here."""
    ours = [row for row in rows if row.result.selection]
    parts = (
        Section(
            "systems",
            "Networks and other systems",
            tuple(row for row in ours if row.result.section == "systems"),
        ),
        Section(
            "official",
            f"scikit-learn benchmark: {OFFICIAL_NAME}",
            tuple(row for row in ours if row.result.section == "official"),
        ),
        Section(
            "elsewhere",
            "Often quoted, without a model here",
            tuple(row for row in rows if not row.result.selection),
        ),
    )
    return tuple(part for part in parts if part.rows)


def verdict_counts(rows: Sequence[Reproduction]) -> str:
    """How often each verdict was given: "3 reproduced, 1 lower and 4 not run yet"."""
    given = Counter(row.verdict for row in rows if row.result.selection)
    plural = {"no model": "without a model here", "not on file": "without their value on file"}
    return listing([f"{given[v]:,} {plural.get(v, v)}" for v in get_args(Verdict) if given[v]])


def rule() -> tuple[Fact, ...]:
    """What the verdicts mean."""
    return (
        Fact(
            "Reproduced",
            f"Ours and the published value differ by at most {MARGIN_POINTS:g} percentage points "
            f"({FOLDS_MARGIN_POINTS:g} for means over folds), or by at most {COMBINED_DEVIATIONS} "
            "combined deviations; else ours is higher or lower.",
        ),
        Fact(
            "Combined deviation",
            "Root of the sum of both sides' squared deviations; a mean of n runs has the "
            "deviation of a run divided by √n. All are scored on the same test images, so that "
            "only how runs differ from each other counts. Where a source does not tell its "
            "deviation, ours stands in; where that is not known either (one run), the binomial "
            "deviation over the images does, an upper bound for runs that are right or wrong on "
            "each image independently. A model without randomness, trained on all images, has "
            "none.",
        ),
        Fact(
            "Not comparable",
            "A mean over folds, the best of several on the test images or an accuracy on augmented "
            "validation images with a test accuracy; accuracies on other test images; runs that a "
            "preset kept below the published number of epochs or images. The difference is shown, "
            "and says little.",
        ),
        Fact(
            "Our runs",
            "Those that come nearest to the source's: protocol kfold for a mean over folds, full "
            "where the source trained on all 60,000 images, else holdout. Mean ± sample standard "
            "deviation. Beside a validation accuracy stands ours, on the 20 % that holdout keeps.",
        ),
        Fact(
            "Data",
            "On 2017-08-31, duplicates in Fashion-MNIST were replaced, among them 10 training "
            "images identical to test images: 0.10 points at most. Values from before are "
            "marked and compared with ours, which are from today's files.",
        ),
        Fact(
            "Known to be wrong",
            "A printed value with known evidence against it is shown crossed out, and ours is "
            "compared with the better one.",
        ),
        Fact(
            "Unexplained",
            f"A difference of more than {EXPLAIN_POINTS:g} point for which no experiment has "
            "shown a cause.",
        ),
    )


def ours_value(row: Reproduction) -> str:
    """Our mean and deviation in percent."""
    if row.ours is None or not row.ours.row.runs:
        return ABSENT
    return accuracy(row.ours.row.accuracy_mean, row.ours.row.accuracy_std)


def ours_from(ours: Ours) -> str:
    """Where our value is from: "full, paper, 3 seeds"."""
    noun = "fold" if ours.in_folds else "seed"
    parts = [ours.protocol, ours.preset, span(ours.row.runs, ours.row.runs, noun)]
    if ours.on_validation:
        parts.append("on validation images")
    if ours.own_settings:
        parts.append(f"as {ours.row.label}")
    return ", ".join(parts)


def difference(row: Reproduction) -> str:
    """Ours less theirs in points, with its sign."""
    points = row.difference_points
    return ABSENT if points is None else signed(points)


def details(row: Reproduction) -> tuple[Fact, ...]:
    """What else is known of a row, for those who look closer."""
    result = row.result
    curve = row.ours.row.curve if row.ours else None
    facts = [
        Fact("Printed in", result.printed_in),
        Fact("Their protocol", result.protocol),
        Fact("Known defects", "; ".join(result.defects)),
        Fact("Better value", result.corrected.evidence if result.corrected else ""),
        Fact("Parameters", _parameters(row)),
        Fact("Ours does otherwise", row.changed),
        Fact("Our validation % by epoch", in_words(curve) if curve else ""),
    ]
    return tuple(fact for fact in facts if fact.text)


def _parameters(row: Reproduction) -> str:
    result, ours = row.result, row.ours
    parts = []
    if result.parameters is not None:
        note = f" ({result.parameters_from})" if result.parameters_from else ""
        parts.append(f"{count(result.parameters)} there{note}")
    if ours is not None and ours.row.parameter_count is not None:
        parts.append(f"{count(ours.row.parameter_count)} in ours")
    return "; ".join(parts)


def to_content(row: Reproduction) -> dict[str, Any]:
    """A row as JSON holds it; what is not known is absent."""
    ours = row.ours
    mine = None
    if ours is not None:
        mine = {
            "label": ours.row.label,
            "protocol": ours.protocol,
            "preset": ours.preset,
            "runs": ours.row.runs,
            "seeds": list(ours.row.seeds),
            "failed": ours.row.failed,
            "train_images": ours.row.train_images,
            "accuracy_percent": ours.percent if ours.row.runs else None,
            "scored": "validation" if ours.on_validation else "fold" if ours.in_folds else "test",
            "deviation_points": ours.deviation_points,
            "parameters": ours.row.parameter_count,
            "validation_percent_by_epoch": list(ours.row.curve.percent) if ours.row.curve else None,
        }
    figure = asdict(row.result.figure())
    return _present({
        "selection": row.result.selection,
        "model": row.label,
        "dataset": row.result.dataset,
        "verdict": row.verdict,
        "reasons": list(row.reasons),
        "difference_points": row.difference_points,
        "tolerance_points": row.tolerance_points,
        "published": row.result.model_dump(mode="json", exclude_none=True),
        "compared_with": _present(figure),
        "ours": None if mine is None else _present(mine),
    })  # fmt: skip


def _present(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value is not None}
