"""The page that sets two models side by side, as web page with its figures inside."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from reports import formats, pictures, verdicts
from reports.captions import heading
from reports.cells import rank_text
from reports.formats import one_line
from reports.pairs import Contest
from reports.shell import Shell, script_json
from suite.data.datasets import Dataset

if TYPE_CHECKING:
    pass

PAGE = "compare.html"
SHEETS = "images"
# Images of each kind that the page shows of a pair.
MOST_IMAGES = 40
_SUM_DIGITS = 8
_TOLD = {
    verdicts.Verdict.TIED: "no",
    verdicts.Verdict.AHEAD: "not after correction",
    verdicts.Verdict.BETTER: "yes",
}


def to_html(
    contests: Sequence[Contest],
    datasets: Mapping[str, Dataset],
    shell: Shell,
    pages: Collection[str] = (),
) -> str:
    """The text of `compare.html`.

    Args:
        contests: What can be compared.
        datasets: The datasets whose images can be shown, by name.
        shell: The frame of the site's pages.
        pages: Names of the models' pages that are there.
    """
    return shell.render(
        "compare.html.jinja",
        PAGE,
        styles=("compare.css",),
        scripts=("compare_bits.js", "compare.js"),
        contests=contests,
        data=script_json({
            "contests": [_contest(contest, pages) for contest in contests],
            "datasets": {name: _dataset(dataset) for name, dataset in datasets.items()},
            "titles": {name: one_line(title) for name, title in shell.titles.items()},
            "most": MOST_IMAGES,
            "words": {
                "verdicts": list(verdicts.VERDICTS.values()),
                "notes": list(verdicts.NOTES.values()),
                "method": verdicts.METHOD,
                "fewSeeds": verdicts.FEW_SEEDS,
                "noSeeds": verdicts.NO_SEEDS,
            },
        }),
        formats=formats,
        heading=heading,
        name=name_of,
        neighbours=neighbours,
    )  # fmt: skip


def sheet_path(dataset: Dataset) -> str:
    """Where a dataset's sheet of test images lies; other images have another name."""
    total = next(total for name, total in dataset.sums.items() if name.startswith("t10k-images"))
    return f"{SHEETS}/{dataset.name}-{total[:_SUM_DIGITS]}.png"


def name_of(contest: Contest) -> str:
    """The table's name in the page's address, such as "holdout-standard"."""
    return f"{contest.table.protocol}-{contest.table.preset}"


def addresses(contests: Iterable[Contest]) -> dict[tuple[str, str, str], str]:
    """Addresses of the page with a row chosen as the first of two.

    By the table's name, the dataset and the row's entry.
    """
    return {
        (name_of(contest), contest.dataset, row.entry): f"{PAGE}#"
        + urlencode({"table": name_of(contest), "dataset": contest.dataset, "a": row.entry})
        for contest in contests
        for row in contest.rows
    }


def neighbours(contest: Contest) -> list[dict[str, str]]:
    """Each row against the next in rank, as text."""
    rows = []
    for place, (first, second) in enumerate(zip(contest.rows, contest.rows[1:], strict=False)):
        mean = float(contest.pairs.mean[place, place + 1])
        half = float(contest.half_width[place, place + 1])
        rows.append({
            "first_rank": rank_text(first),
            "second_rank": rank_text(second),
            "first": first.label,
            "second": second.label,
            "address": f"#table={name_of(contest)}&dataset={contest.dataset}"
                       f"&a={first.entry}&b={second.entry}",
            "difference": formats.signed(100 * mean),
            "interval": f"{formats.signed(100 * (mean - half))} to "
                        f"{formats.signed(100 * (mean + half))}",
            "p": formats.p_value(float(contest.p_value[place, place + 1])),
            "told": _TOLD[verdicts.verdict(contest, place, place + 1)],
        })  # fmt: skip
    return rows


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "sheet": sheet_path(dataset),
        "columns": min(pictures.COLUMNS, len(dataset.labels("test"))),
        "labels": "".join(map(str, dataset.labels("test").tolist())),
        "classes": dataset.class_names,
    }


def _contest(contest: Contest, pages: Collection[str]) -> dict[str, Any]:
    """What the page needs of a contest; pairs are in the order (0, 1), (0, 2), ..., (1, 2), ...

    Differences and the ends of their intervals are in hundredths of points, whole numbers.
    """
    places = [(i, j) for i in range(len(contest.rows)) for j in range(i + 1, len(contest.rows))]
    mcnemar = contest.mcnemar()
    return {
        "table": name_of(contest),
        "heading": f"{contest.table.protocol}, {contest.table.preset}",
        "dataset": contest.dataset,
        "images": contest.images,
        "pairCount": verdicts.pair_count(contest),
        "models": [
            {
                "entry": row.entry,
                "label": one_line(row.label),
                "title": one_line(row.title),
                "rank": rank_text(row),
                "accuracy": formats.accuracy(row.accuracy_mean, row.accuracy_std),
                "seedsKnown": bool(known),
                "page": f"models/{row.entry}.html" if row.entry in pages else None,
                "seeds": outcome.seeds,
                "right": [base64.b64encode(bits.tobytes()).decode() for bits in outcome.packed],
            }
            for row, outcome, known in zip(
                contest.rows, contest.outcomes, contest.pairs.seeds_known, strict=False
            )
        ],
        "pairs": [_pair(contest, i, j, mcnemar.get((i, j), [])) for i, j in places],
    }  # fmt: skip


def _pair(contest: Contest, i: int, j: int, mcnemar: Sequence[float]) -> list[Any]:
    """Difference, ends of its interval, p-value, verdict, note on letters, McNemar's p-values."""
    mean, half = float(contest.pairs.mean[i, j]), float(contest.half_width[i, j])
    return [
        *(round(100 * round(100 * value, 2)) for value in (mean, mean - half, mean + half)),
        _short(float(contest.p_value[i, j])),
        verdicts.verdict(contest, i, j),
        verdicts.note(contest, i, j),
        [_short(value) for value in mcnemar],
    ]


def _short(p: float) -> float:
    """A p-value with all digits that anyone reads."""
    return float(f"{p:.4g}")
