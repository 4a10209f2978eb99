"""From a results folder's contents to the files of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import suite
from reports import (
    compare_page,
    learning_page,
    methods_page,
    model_pages,
    pictures,
    release_pages,
    reproduction_page,
)
from reports.charts import page as charts_page
from reports.exports import data_files
from reports.learning import size_curves
from reports.markdown import to_markdown
from reports.mistakes import WrongImages
from reports.names import describe
from reports.page import to_html
from reports.pairs import contests
from reports.releases import read_releases
from reports.reproduction_records import reproduce_tables
from reports.rows import Row
from reports.shell import Shell
from reports.site_files import COPIES, put
from reports.tables import Table, build_tables
from suite.data.datasets import DATASETS, Dataset, load
from suite.errors import UsageError
from suite.records.store import Damage, StoredRun
from suite.registry import Registry, discover
from suite.stats.scoring import score_all

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The pages that the navigation leads to, in its order; some are there only if there is something.
PAGES = (
    ("index.html", "Leaderboard"),
    (charts_page.PAGE, "Charts"),
    (compare_page.PAGE, "Compare"),
    (learning_page.PAGE, "Learning from less"),
    ("reproduction.html", "Published values"),
    (methods_page.PAGE, "Methods"),
    (release_pages.PAGE, "Releases"),
)

# More records than these are not copied into the site: they would be most of it.
MOST_COPIES = 2_000


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was written.

    Attributes:
        paths: The files but for those of single models, the page first.
        tables: All tables, the primary one first.
        damaged: Records that could not be used, and why.
    """

    paths: tuple[Path, ...]
    tables: tuple[Table, ...]
    damaged: tuple[Damage, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of the primary table; none where no record could be used."""
        return self.tables[0].rows if self.tables else ()


def write_report(
    found: Iterable[StoredRun | Damage],
    site: Path,
    *,
    protocol: str | None = None,
    preset: str | None = None,
    data_dir: Path | None = None,
    registry: Registry | None = None,
    project_url: str = "",
    results: str = "results",
    charts: bool = False,
) -> Report:
    """Write `index.html`, `leaderboard.md`, `.json` and `.csv`, and the pages beside them.

    These are the published values (`reproduction.html` and `.md`), the methods, a page for each
    model in `models/` (none with more than 300 of them), with copies of the records beside them
    where no project address leads to these, one that compares two models, with the test images in
    `images/`, the lists of near-duplicates in `near_duplicates/`, and, if the site has releases,
    what each of them changed (`releases.html` and `.md`). `leaderboard.parquet` is there where
    pyarrow is installed. Tables other than the first have data files with their protocol and preset
    in the name (`leaderboard-full-paper.json`). With charts there are `charts.html`, their pictures
    in `charts/` and the browser's chart library in `assets/`.

    Pages and data files of an older report that are none of this one are removed; what the suite
    did not write stays (`reports.site_files`).

    Equal records give equal files, to the byte: no time of writing is in them.

    Args:
        found: The records, the damaged ones among them, such as `suite.records.store.scan` gives.
        site: Folder of the report; made if it does not exist.
        protocol: Protocol of the primary table; None for any.
        preset: Preset of the primary table; None for any.
        data_dir: Where to look for the datasets first: their labels score the predictions.
        registry: Knows titles and families of the models; found anew if None.
        project_url: Web address of the project's files, to which the pages link; "" for none.
        results: Path of the records below that address, to which models' pages link; "" for none.
        charts: Whether to draw charts, which takes vl-convert and a second or more.

    Returns:
        The files, the tables and the damaged records.

    Raises:
        UsageError: No record can be reported, `site` can't be written, or somebody else's page is
            in the way.
        DataError: A dataset is missing or broken.
        RecordError: A release of the site is damaged.
    """
    registry = discover() if registry is None else registry
    releases = read_releases(site)
    wrong = WrongImages(model_pages.MOST_PAGES)
    report = summarise(
        found,
        protocol=protocol,
        preset=preset,
        data_dir=data_dir,
        registry=registry,
        watch=wrong.watch,
    )
    reproductions = reproduce_tables(report.tables, registry)
    datasets = _datasets(report.tables, data_dir)
    pages = model_pages.model_pages(report.tables, reproductions, registry, wrong, datasets)
    pairs = tuple(contests(report.tables))
    titles = {name: dataset.title for name, dataset in DATASETS.items()}
    drawn = charts_page.draw(report.tables, titles) if charts else ()
    learning = size_curves(report.tables)
    there = {
        charts_page.PAGE: bool(drawn),
        learning_page.PAGE: bool(learning),
        release_pages.PAGE: bool(releases),
    }
    links = tuple(link for link in PAGES if there.get(link[0], True))
    project = reproduction_page.web_address(project_url).rstrip("/")
    shell = Shell(titles, suite.__version__, links, project)
    records = f"{project}/{results}" if project and results else ""
    count = sum(len(table.records) for table in report.tables)
    copies = COPIES if not records and count <= MOST_COPIES else ""
    entries = {page.entry for page in pages}
    data = [data_files(table, table is report.tables[0]) for table in report.tables]
    sources = {name: model.plugin.source.name for name, model in registry.models.items()}
    contents: dict[str, str | bytes] = {
        "index.html": to_html(
            report.tables, report.damaged, shell, entries, [tuple(files) for files in data], sources
        ),
        "leaderboard.md": to_markdown(report.tables, report.damaged, titles, drawn),
        **dict(chain.from_iterable(files.items() for files in data)),
        compare_page.PAGE: compare_page.to_html(pairs, datasets, shell, entries),
        "reproduction.html": reproduction_page.to_html(reproductions, shell),
        "reproduction.md": reproduction_page.to_markdown(reproductions, titles),
        methods_page.PAGE: methods_page.to_html(report.tables, shell),
    }
    if drawn:
        contents[charts_page.PAGE] = charts_page.to_html(drawn, shell)
    if learning:
        contents[learning_page.PAGE] = learning_page.to_html(learning, shell, entries)
    if releases:
        contents[release_pages.PAGE] = release_pages.to_html(releases, shell)
        contents["releases.md"] = release_pages.to_markdown(releases, titles)
    more = (
        model_pages.to_html(
            pages, shell, records, copies.removeprefix("models/"), compare_page.addresses(pairs)
        ),
        methods_page.to_files(report.tables),
        charts_page.to_files(drawn) if drawn else (),
        _copies(report.tables) if copies else (),
        _sheets(site, [datasets[name] for name in sorted({pair.dataset for pair in pairs})]),
    )
    put(site, contents, chain(*more), [name for name, _ in PAGES])
    paths = tuple(site / name for name in contents)
    return Report(paths=paths, tables=report.tables, damaged=report.damaged)


def _copies(tables: Iterable[Table]) -> Iterator[tuple[str, str]]:
    """The records that models' pages link to, where these lie nowhere that is known."""
    for table in tables:
        for record in table.records:
            yield f"{COPIES}/{record.key.stem}.json", record.to_json()


def _sheets(site: Path, datasets: Iterable[Dataset]) -> Iterator[tuple[str, bytes]]:
    """The test images that are not there yet: they never change, and take a while."""
    for dataset in datasets:
        path = compare_page.sheet_path(dataset)
        if not (site / path).exists():
            yield path, pictures.sheet(dataset.images("test"))


def summarise(
    found: Iterable[StoredRun | Damage],
    *,
    protocol: str | None = None,
    preset: str | None = None,
    data_dir: Path | None = None,
    registry: Registry | None = None,
    watch: Callable[[StoredRun, NDArray[np.uint8]], None] | None = None,
) -> Report:
    """Score the records and put them into tables, without writing anything.

    Args:
        found: The records, the damaged ones among them, such as `suite.records.store.scan` gives.
        protocol: As for `write_report`.
        preset: As for `write_report`.
        data_dir: As for `write_report`.
        registry: As for `write_report`.
        watch: As for `suite.stats.scoring.score_all`.

    Returns:
        A report without files.

    Raises:
        UsageError: No record can be reported.
        DataError: A dataset is missing or broken.
    """
    scored, damaged = score_all(found, data_dir, watch)
    if not scored:
        first = f", such as {damaged[0].path}: {damaged[0].reason}" if damaged else ""
        raise UsageError(
            f"no records to report, {len(damaged)} damaged{first}. Make some first: "
            "`suite run --preset quick`, or offline `suite run --datasets digits`."
        )
    descriptions = describe((s.record for s in scored), registry)
    tables = build_tables(scored, descriptions, tuple(DATASETS), protocol=protocol, preset=preset)
    return Report(paths=(), tables=tables, damaged=damaged)


def _datasets(tables: Iterable[Table], data_dir: Path | None) -> dict[str, Dataset]:
    """The datasets that a run gave a result on, which were read to score it."""
    names = {row.dataset for table in tables for row in table.rows if row.runs}
    return {name: load(name, data_dir) for name in sorted(names)}
