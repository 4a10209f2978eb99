"""Learning from less: accuracy against the number of training images, a curve a model and dataset.

The points are rows of the leaderboard's tables: those of the runs on all images that protocol and
preset have, and those of the runs on fewer of them (`run --train-sizes`). With the same seed the
smaller training set is a part of the larger one, and epochs and parameters are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reports.rows import Row
from reports.tables import Table
from suite.data.known import DATASETS
from suite.protocol.rules import split_preset

FEWEST_POINTS = 2
# Dataset, protocol, preset without a number of images, and the row's entry.
Key = tuple[str, str, str, str]


@dataclass(frozen=True, kw_only=True)
class Point:
    """What a model reached with a number of training images.

    Attributes:
        train_images: Images that it was trained on (validation images not counted); where folds
            differ by one, the smaller number.
        accuracy_mean: Mean accuracy of the runs, a fraction of 1.
        accuracy_std: Sample deviation over the runs; None for fewer than two, and where all got the
            same images right.
        runs: How many runs gave a result (n): one a seed, or one a seed and fold.
        failed: How many runs gave none.
        row: The leaderboard's row, for costs, seeds and notes.
    """

    train_images: int
    accuracy_mean: float
    accuracy_std: float | None
    runs: int
    failed: int
    row: Row


@dataclass(frozen=True, kw_only=True)
class SizeCurve:
    """Accuracy of a model on a dataset by the number of training images.

    Attributes:
        dataset: Name of the dataset.
        protocol: Name of the protocol of all points.
        preset: Name of the preset of all points, without a number of images.
        first: The row of the most images, for model, variant, title, family and label.
        points: Two or more, by ascending number of training images.
        notes: What a reader has to know besides: those of all points, such as "12 of 80 epochs",
            and whether the points are of different versions of the plugin.
    """

    dataset: str
    protocol: str
    preset: str
    first: Row
    points: tuple[Point, ...]
    notes: tuple[str, ...]


def size_curves(tables: Iterable[Table]) -> tuple[SizeCurve, ...]:
    """The curves of all models that have results with two numbers of training images or more.

    Only runs of one protocol and preset make a curve; a size without a result is no point.

    Args:
        tables: All tables of a report, as `reports.tables.build_tables` gives them.

    Returns:
        The curves by dataset (in the suite's order), then protocol and preset in the order of the
        tables, then the accuracy with most images, the best first.
    """
    found: dict[Key, list[Point]] = {}
    code: dict[Key, set[str]] = {}
    places: dict[tuple[str, str], int] = {}
    for table in tables:
        preset, _ = split_preset(table.preset)
        places.setdefault((table.protocol, preset), len(places))
        for row in table.rows:
            point = _point(row)
            if point is not None:
                key = row.dataset, table.protocol, preset, row.entry
                found.setdefault(key, []).append(point)
        for record in table.records:
            if record.status == "ok":
                key = record.dataset.name, table.protocol, preset, record.key.entry
                code.setdefault(key, set()).add(record.source_hash)
    order = list(DATASETS)
    curves = [_curve(key, found[key], len(code[key])) for key in found if _is_curve(found[key])]

    def place(curve: SizeCurve) -> tuple[int, str, int, float, str]:
        known = order.index(curve.dataset) if curve.dataset in order else len(order)
        rules = places[curve.protocol, curve.preset]
        best = -curve.points[-1].accuracy_mean
        return known, curve.dataset, rules, best, curve.first.label

    return tuple(sorted(curves, key=place))


def _is_curve(points: Iterable[Point]) -> bool:
    return len({point.train_images for point in points}) >= FEWEST_POINTS


def _curve(key: Key, points: Iterable[Point], versions: int) -> SizeCurve:
    dataset, protocol, preset, _ = key
    ordered = tuple(sorted(points, key=lambda point: point.train_images))
    notes = dict.fromkeys(note for point in ordered for note in point.row.notes)
    if versions > 1:
        notes[f"points of {versions} versions of the plugin"] = None
    return SizeCurve(
        dataset=dataset,
        protocol=protocol,
        preset=preset,
        first=ordered[-1].row,
        points=ordered,
        notes=tuple(notes),
    )


def _point(row: Row) -> Point | None:
    if row.accuracy_mean is None or row.train_images is None:
        return None
    return Point(
        train_images=row.train_images[0],
        accuracy_mean=row.accuracy_mean,
        accuracy_std=row.accuracy_std,
        runs=row.runs,
        failed=row.failed,
        row=row,
    )
