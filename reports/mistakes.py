"""The surest mistakes of each row, as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.formats import span
from reports.pictures import inline
from suite.data.datasets import Dataset
from suite.records.store import StoredRun
from suite.stats.mistakes import Wrong, worst_mistakes, wrong_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_IMAGES = 10

Place = tuple[str, str, str, str, str]


@dataclass
class WrongImages:
    """Gathers what each run got wrong while records are read; their arrays are not kept.

    Some 6 kB a run that gets a tenth of 10,000 images wrong. Nothing is gathered of folds, whose
    images are no test images, nor once there are more models than have pages.

    Attributes:
        most_models: How many models (with their variants) have pages.
    """

    most_models: int
    _found: dict[Place, list[Wrong]] = field(default_factory=dict)
    _models: set[tuple[str, str]] = field(default_factory=set)

    def watch(self, run: StoredRun, labels: NDArray[np.uint8]) -> None:
        """Take note of a run; for `suite.stats.scoring.score_all`.

        Args:
            run: One with a result.
            labels: Labels of the images that it predicted, in their order: uint8, (n,).
        """
        record = run.record
        if record.fold is not None or run.arrays is None or len(self._models) > self.most_models:
            return
        self._models.add((record.model, record.variant))
        if len(self._models) > self.most_models:
            self._found.clear()
            return
        place = record.protocol, record.preset, record.dataset.name, record.model, record.variant
        self._found.setdefault(place, []).append(wrong_of(run.arrays, labels))

    def of(self, place: Place) -> Sequence[Wrong]:
        """What the runs of one row got wrong.

        Args:
            place: Protocol, preset, dataset, model and variant.
        """
        return self._found.get(place, ())


@dataclass(frozen=True)
class ShownMistake:
    """A picture of a test image that a model gets wrong.

    Attributes:
        address: The picture, as an `<img>` takes it.
        image: Its place in the test set, from 0.
        true: Name of its class.
        predicted: Name of the class that it was taken for.
        sure: Mean probability of the wrong class in percent; "" where there are no probabilities.
        runs: How many runs got it wrong: "3 of 5 runs".
    """

    address: str
    image: int
    true: str
    predicted: str
    sure: str
    runs: str


def shown_mistakes(wrong: Sequence[Wrong], dataset: Dataset) -> tuple[ShownMistake, ...]:
    """Pictures of the images of whose wrong class a row's runs are surest.

    Args:
        wrong: What each run got wrong.
        dataset: Where the test images are.

    Raises:
        DataError: The images can't be read.
    """
    mistakes = worst_mistakes(wrong, MOST_IMAGES)
    if not mistakes:
        return ()
    images, labels, names = dataset.images("test"), dataset.labels("test"), dataset.class_names
    of_all = span(len(wrong), len(wrong), "run")
    return tuple(
        ShownMistake(
            inline(images[one.image]),
            one.image,
            names[labels[one.image]],
            names[one.predicted],
            "" if one.confidence is None else f"{100 * one.confidence:.1f}",
            f"{one.runs} of {of_all}",
        )
        for one in mistakes
    )
