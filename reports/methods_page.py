"""The methods page: how the numbers are made, with what, and what they do not say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.formats import listing
from reports.groups import MOST_ROWS
from reports.model_view import memory
from reports.shell import Shell
from reports.tables import Table
from suite.data.duplicates import LISTS, MAX_DISTANCE, known_duplicates
from suite.data.known import DATASETS
from suite.protocol import rules
from suite.protocol.seeds import model_seed, order_seed, split_seed
from suite.protocol.splits import HOLDOUT_PARTS
from suite.records.record import Record
from suite.stats.calibration import BINS
from suite.stats.seeds import PRIOR
from suite.stats.ties import SIGNIFICANCE

PAGE = "methods.html"
FOLDER = "near_duplicates"


@dataclass(frozen=True)
class Seed:
    """A part of a run that has a seed of its own, and that seed for the base seeds 0 and 1."""

    role: str
    decides: str
    values: tuple[int, int]


@dataclass(frozen=True)
class Hardware:
    """A kind of machine and how many runs were made on it."""

    processor: str
    cores: int
    memory: str
    system: str
    device: str
    threads: int
    precision: str
    runs: int


@dataclass(frozen=True)
class Software:
    """Versions of Python and of packages, the engines that trained with them, and the runs."""

    python: str
    packages: tuple[tuple[str, str], ...]
    engines: tuple[tuple[str, int], ...]
    runs: int


@dataclass(frozen=True)
class Duplicates:
    """How many test images of a dataset are nearly the same as training images.

    Attributes:
        dataset: Name of the dataset.
        pairs: Pairs of a test and a training image.
        equal: Pairs with equal pixels.
        images: Test images in the pairs.
        tested: All test images.
    """

    dataset: str
    pairs: int
    equal: int
    images: int
    tested: int


@dataclass(frozen=True)
class Terms:
    """Under which terms the files of a dataset were published, and who says so."""

    dataset: str
    origin: str
    licence: str
    source: str


TERMS = (
    Terms(
        "fashion",
        "Zalando SE: photographs of its articles, made grey and reduced (arXiv:1708.07747)",
        "MIT",
        "https://github.com/zalandoresearch/fashion-mnist/blob/master/LICENSE",
    ),
    Terms(
        "mnist",
        "Yann LeCun and Corinna Cortes, who hold the copyright; derived from NIST's sets",
        "CC BY-SA 3.0, as Keras states it",
        "https://keras.io/api/datasets/mnist/",
    ),
    Terms(
        "digits",
        "E. Alpaydin and C. Kaynak, test part of Optical Recognition of Handwritten Digits; a copy "
        "comes with scikit-learn",
        "as on the set's page at UCI",
        "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
    ),
)


def to_html(tables: Sequence[Table], shell: Shell) -> str:
    """The text of `methods.html`.

    Args:
        tables: The tables of the site: their records name machines and versions.
        shell: The frame of the site's pages.
    """
    records = [record for table in tables for record in table.records]
    shown = {record.dataset.name for record in records}
    ours = [record for record in records if record.origin is None]
    return shell.render(
        "methods.html.jinja",
        PAGE,
        styles=("methods.css",),
        rules=rules,
        holdout_parts=HOLDOUT_PARTS,
        seeds=seeds(),
        significance=SIGNIFICANCE,
        most_rows=MOST_ROWS,
        prior=PRIOR,
        hardware=hardware(ours),
        software=software(ours),
        listing=listing,
        datasets=[info for name, info in DATASETS.items() if name in shown],
        bins=BINS,
        max_distance=MAX_DISTANCE,
        folder=FOLDER,
        duplicates=[found for name in DATASETS if name in shown for found in duplicates(name)],
        terms=[terms for terms in TERMS if terms.dataset in shown],
    )


def to_files(tables: Sequence[Table]) -> Iterator[tuple[str, str]]:
    """Paths, from the site's folder, and texts of the lists that the page links to.

    Args:
        tables: The tables of the site.
    """
    for name in sorted({name for table in tables for name in table.datasets} & set(DATASETS)):
        path = LISTS / f"{name}.csv"
        if path.exists():
            yield f"{FOLDER}/{name}.csv", path.read_text("utf-8")


def seeds() -> tuple[Seed, ...]:
    """The roles of seeds, as the code hashes them."""
    return (
        Seed(
            "split",
            "which images train, validate, or make up a fold",
            (split_seed(0), split_seed(1)),
        ),
        Seed("order", "the order of the training images", (order_seed(0), order_seed(1))),
        Seed(
            "model",
            "what the model draws: initial weights, shuffling, augmentation, bootstrap samples",
            (model_seed(0, None), model_seed(1, None)),
        ),
        Seed(
            "model-fold-0",
            "the same for the first fold, and likewise for the others",
            (model_seed(0, 0), model_seed(1, 0)),
        ),
    )


def duplicates(name: str) -> tuple[Duplicates, ...]:
    """The counts of a dataset's published list of near-duplicates; empty without a list."""
    known = known_duplicates(name)
    if known is None:
        return ()
    equal = sum(pair.distance == 0 for pair in known)
    images = len({pair.test_index for pair in known})
    tested = DATASETS[name].pair("test")[0].shape[0]
    return (Duplicates(name, len(known), equal, images, tested),)


def hardware(records: Sequence[Record]) -> tuple[Hardware, ...]:
    """The machines of some records, those with most runs first."""
    kinds: Counter[tuple[str, int, str, str, str, int, str]] = Counter()
    for record in records:
        own = record.environment
        kind = own.processor, own.cores, memory(own), own.system, own.device
        kinds[(*kind, record.threads, own.precision)] += 1
    found = [Hardware(*kind, runs) for kind, runs in kinds.items()]
    return tuple(sorted(found, key=lambda h: (-h.runs, h.processor, h.device, h.threads, repr(h))))


def software(records: Sequence[Record]) -> tuple[Software, ...]:
    """The sets of versions of some records, those with most runs first."""
    engines: dict[tuple[str, tuple[tuple[str, str], ...]], Counter[str]] = {}
    for record in records:
        own = record.environment
        key = own.python, tuple(sorted(own.packages.items()))
        none = "not told" if record.status == "ok" else "none: the run failed before"
        name = record.engine or none
        engines.setdefault(key, Counter())[name] += 1
    found = [
        Software(python, packages, tuple(sorted(counts.items())), counts.total())
        for (python, packages), counts in engines.items()
    ]
    return tuple(sorted(found, key=lambda s: (-s.runs, s.python, s.packages)))
