"""From a results folder's contents to the files of a report."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import suite
from reports import model_pages, reproduction_page
from reports.charts import page as charts_page
from reports.exports import to_csv, to_json
from reports.markdown import to_markdown
from reports.names import describe
from reports.page import to_html
from reports.reproduction_records import reproduce_tables
from reports.rows import Row
from reports.shell import Shell
from reports.tables import Table, build_tables
from suite.data.datasets import DATASETS
from suite.errors import UsageError
from suite.records.store import Damage, StoredRun
from suite.registry import Registry, discover
from suite.stats.scoring import score_all

# The pages that the navigation leads to, in its order.
PAGES = (
    ("index.html", "Leaderboard"),
    (charts_page.PAGE, "Charts"),
    ("reproduction.html", "Published values"),
)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was written.

    Attributes:
        paths: The files but for those of single models and charts, the page first.
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
    charts: bool = False,
) -> Report:
    """Write `index.html`, `leaderboard.md`, `.json` and `.csv`, `reproduction.html` and `.md`.

    A page for each model lies in `models/`, up to 300 of them. With charts there are `charts.html`,
    their pictures in `charts/` and the browser's chart library in `assets/`. Without, a page of
    charts that was there is removed: its figures would be those of other records.

    Equal records give equal files, to the byte: no time of writing is in them.

    Args:
        found: The records, the damaged ones among them, such as `suite.records.store.scan` gives.
        site: Folder of the report; made if it does not exist.
        protocol: Protocol of the primary table; None for any.
        preset: Preset of the primary table; None for any.
        data_dir: Where to look for the datasets first: their labels score the predictions.
        registry: Knows titles and families of the models; found anew if None.
        charts: Whether to draw charts, which takes vl-convert and a second or more.

    Returns:
        The files, the tables and the damaged records.

    Raises:
        UsageError: No record can be reported, or `site` can't be written.
        DataError: A dataset is missing or broken.
    """
    registry = discover() if registry is None else registry
    report = summarise(
        found, protocol=protocol, preset=preset, data_dir=data_dir, registry=registry
    )
    reproductions = reproduce_tables(report.tables, registry)
    pages = model_pages.model_pages(report.tables, reproductions, registry)
    titles = {name: dataset.title for name, dataset in DATASETS.items()}
    drawn = charts_page.draw(report.tables, titles) if charts else ()
    links = tuple(link for link in PAGES if drawn or link[0] != charts_page.PAGE)
    shell = Shell(titles, suite.__version__, links)
    primary = report.tables[0]
    entries = {page.entry for page in pages}
    texts = {
        "index.html": to_html(report.tables, report.damaged, shell, entries),
        "leaderboard.md": to_markdown(report.tables, report.damaged, titles, drawn),
        "leaderboard.json": to_json(primary),
        "leaderboard.csv": to_csv(primary),
        "reproduction.html": reproduction_page.to_html(reproductions, shell),
        "reproduction.md": reproduction_page.to_markdown(reproductions, titles),
    }
    more = [model_pages.to_html(pages, shell)]
    if drawn:
        texts[charts_page.PAGE] = charts_page.to_html(drawn, shell)
        more.append(charts_page.to_files(drawn))
    try:
        if not drawn:
            (site / charts_page.PAGE).unlink(missing_ok=True)
        for name, text in chain(texts.items(), *more):
            path = site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, text)
    except OSError as error:
        raise UsageError(
            f"can't write the report to {site}: {error.strerror}; choose another --site"
        ) from error
    paths = tuple(site / name for name in texts)
    return Report(paths=paths, tables=report.tables, damaged=report.damaged)


def summarise(
    found: Iterable[StoredRun | Damage],
    *,
    protocol: str | None = None,
    preset: str | None = None,
    data_dir: Path | None = None,
    registry: Registry | None = None,
) -> Report:
    """Score the records and put them into tables, without writing anything.

    Args:
        found: The records, the damaged ones among them, such as `suite.records.store.scan` gives.
        protocol: As for `write_report`.
        preset: As for `write_report`.
        data_dir: As for `write_report`.
        registry: As for `write_report`.

    Returns:
        A report without files.

    Raises:
        UsageError: No record can be reported.
        DataError: A dataset is missing or broken.
    """
    scored, damaged = score_all(found, data_dir)
    if not scored:
        first = f", such as {damaged[0].path}: {damaged[0].reason}" if damaged else ""
        raise UsageError(
            f"no records to report, {len(damaged)} damaged{first}. Make some first: "
            "`suite run --preset quick`, or offline `suite run --datasets digits`."
        )
    descriptions = describe((s.record for s in scored), registry)
    tables = build_tables(scored, descriptions, tuple(DATASETS), protocol=protocol, preset=preset)
    return Report(paths=(), tables=tables, damaged=damaged)


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all: a reader never sees half a page."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
