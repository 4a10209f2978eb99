"""A page for each model and variant: all that its records and its plugin say."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from reports import formats, model_view
from reports import reproduction_cells as cells
from reports.captions import DAGGER
from reports.cells import rank_text
from reports.curves import Chart, chart
from reports.documentation import Described, described
from reports.mistakes import ShownMistake, WrongImages, shown_mistakes
from reports.published_words import published_value
from reports.reliability import FEWEST, Diagram, diagram
from reports.reproduction import Reproduction
from reports.reproduction_page import web_address
from reports.rows import Row
from reports.shell import Shell
from reports.tables import Table
from suite.data.datasets import Dataset
from suite.data.known import DATASETS
from suite.identity import identity, label
from suite.protocol.rules import split_preset
from suite.records.record import Record
from suite.registry import Model, Registry
from suite.stats.metrics import PerClass, per_class
from suite.stats.scoring import Scored

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDER = "models"
# A page takes some milliseconds, and nobody opens thousands.
MOST_PAGES = 300
CHART_WIDTH, CHART_HEIGHT = 400, 150
DIAGRAM_SIDE, DIAGRAM_BARS = 200, 50


@dataclass(frozen=True, kw_only=True)
class Part:
    """A model's runs on one dataset, under one protocol and preset.

    Attributes:
        table: Where they are ranked.
        row: Their row.
        runs: The runs, by seed and fold.
        confusion: Images of each class (row) taken for each class (column), all runs together;
            None without a result.
        classes: Figures of each class; None without a result.
        chart: Learning curves; None where the runs tell of no epochs.
        diagram: Calibration; None where the model gives no probabilities.
        mistakes: The test images that it gets wrong most surely; none for folds, and where the
            images are not at hand.
        command: Does the runs again, in another results folder; "" where that is not known.
    """

    table: Table
    row: Row
    runs: tuple[Scored, ...]
    confusion: NDArray[np.int64] | None
    classes: PerClass | None
    chart: Chart | None
    diagram: Diagram | None
    mistakes: tuple[ShownMistake, ...]
    command: str

    @property
    def name(self) -> str:
        """Of its section in the page."""
        return f"{self.row.dataset}-{self.table.protocol}-{self.table.preset}"


@dataclass(frozen=True, kw_only=True)
class ModelPage:
    """What the page of one model and variant shows.

    Attributes:
        entry: Name of its file, without suffix; also of the folders of its records.
        first: Any of its rows, for title, label and family.
        parameters: Its parameters.
        model: Its plugin; None where that is not known here.
        described: What the plugin's file says.
        is_stale: Whether records were made by other code than the plugin's now.
        parts: Its runs.
        published: Published values beside ours.
    """

    entry: str
    first: Row
    parameters: tuple[model_view.Parameter, ...]
    model: Model | None
    described: Described
    is_stale: bool
    parts: tuple[Part, ...]
    published: tuple[Reproduction, ...]


def model_pages(
    tables: Sequence[Table],
    reproductions: Iterable[Reproduction],
    registry: Registry,
    wrong: WrongImages | None = None,
    datasets: Mapping[str, Dataset] = MappingProxyType({}),
) -> tuple[ModelPage, ...]:
    """The pages of all models that have records, in the order of the tables' lines.

    None where there are more than 300.

    Args:
        tables: All tables.
        reproductions: Published values beside ours.
        registry: Knows the plugins.
        wrong: What the runs got wrong; None where that is not known.
        datasets: The datasets whose images can be shown, by name.

    Raises:
        DataError: The images can't be read.
    """
    if len({row.entry for table in tables for row in table.rows}) > MOST_PAGES:
        return ()
    found: dict[str, list[Part]] = {}
    for table in tables:
        runs: dict[tuple[str, str, str], list[Scored]] = {}
        for scored in table.runs:
            record = scored.record
            runs.setdefault((record.model, record.variant, record.dataset.name), []).append(scored)
        for line in table.lines:
            for row in line.rows.values():
                own = sorted(
                    runs[row.model, row.variant, row.dataset],
                    key=lambda s: (s.record.seed, s.record.fold or 0),
                )
                mistakes: tuple[ShownMistake, ...] = ()
                if wrong is not None and row.dataset in datasets:
                    place = table.protocol, table.preset, row.dataset, row.model, row.variant
                    mistakes = shown_mistakes(wrong.of(place), datasets[row.dataset])
                part = _part(table, row, own, registry, mistakes)
                found.setdefault(row.entry, []).append(part)
    published: dict[tuple[str, str], list[Reproduction]] = {}
    for one in reproductions:
        if one.ours is not None:
            key = one.ours.row.model, one.ours.row.variant
            published.setdefault(key, []).append(one)
    code: dict[str, str] = {}
    return tuple(_page(entry, parts, published, registry, code) for entry, parts in found.items())


def _page(
    entry: str,
    parts: Sequence[Part],
    published: Mapping[tuple[str, str], list[Reproduction]],
    registry: Registry,
    code: dict[str, str],
) -> ModelPage:
    """One page; `code` keeps the plugins' hashes, which take a while to work out."""
    row = parts[0].row
    records = [scored.record for part in parts for scored in part.runs]
    model = registry.models.get(row.model)
    if model is not None and row.model not in code:
        code[row.model] = model.source_hash
    return ModelPage(
        entry=entry,
        first=row,
        parameters=model_view.parameters_of(records[0].parameters, model),
        model=model,
        described=Described() if model is None else described(model.path),
        is_stale=model is not None and any(r.source_hash != code[row.model] for r in records),
        parts=tuple(parts),
        published=tuple(published.get((row.model, row.variant), ())),
    )


def _part(
    table: Table,
    row: Row,
    runs: Sequence[Scored],
    registry: Registry,
    mistakes: tuple[ShownMistake, ...],
) -> Part:
    matrices = [scored.confusion for scored in runs if scored.confusion is not None]
    confusion = sum(matrices[1:], start=matrices[0]) if matrices else None
    return Part(
        table=table,
        row=row,
        runs=tuple(runs),
        confusion=confusion,
        classes=None if confusion is None else per_class(confusion),
        chart=chart((s.record for s in runs), CHART_WIDTH, CHART_HEIGHT),
        diagram=diagram(runs, DIAGRAM_SIDE, DIAGRAM_BARS),
        mistakes=mistakes,
        command=_command([s.record for s in runs], registry),
    )


def _command(records: Sequence[Record], registry: Registry) -> str:
    """The command that does runs again, elsewhere, so that the records can be compared."""
    record = records[0]
    model = registry.models.get(record.model)
    if model is None or record.dataset.name not in DATASETS:
        return ""
    variant = identity(model.plugin, record.parameters)
    selection = label(record.model, model.plugin, variant, record.parameters, {})
    if not variant:
        selection = f"{record.model}/default"
    words = ["python", "-m", "suite", "run", "--datasets", record.dataset.name]
    preset, size = split_preset(record.preset)
    words += ["--models", selection, "--protocol", record.protocol, "--preset", preset]
    if size is not None:
        words += ["--train-sizes", str(size)]
    words += ["--seeds", _seeds(sorted({r.seed for r in records})), "--results", "again"]
    if record.threads != 1:
        words += ["--threads", str(record.threads)]
    if record.environment.precision != "float32":
        words += ["--precision", record.environment.precision]
    backend = record.environment.backend
    return (f"KERAS_BACKEND={shlex.quote(backend)} " if backend else "") + shlex.join(words)


def _seeds(seeds: Sequence[int]) -> str:
    """Seeds as the command line takes them: a number alone would be how many."""
    if list(seeds) == list(range(len(seeds))):
        return str(len(seeds))
    return ",".join(map(str, seeds)) + ("," if len(seeds) == 1 else "")


def to_html(
    pages: Iterable[ModelPage],
    shell: Shell,
    records_url: str = "",
    copies: str = "",
    comparisons: Mapping[tuple[str, str, str], str] = MappingProxyType({}),
) -> Iterator[tuple[str, str]]:
    """The paths, from the site's folder, and texts of models' pages.

    Args:
        pages: What they show.
        shell: The frame of the site's pages.
        records_url: Address of the results folder, to which each record is linked; "" for none.
        copies: Where copies of the records lie otherwise, from the pages' folder; "" for nowhere.
        comparisons: Addresses from the site's folder of comparisons with other models, by table,
            dataset and entry, as `reports.compare_page.addresses` gives them.
    """
    for page in pages:
        path = f"{FOLDER}/{page.entry}.html"
        yield (
            path,
            shell.render(
                "model.html.jinja",
                path,
                styles=("reproduction.css", "model.css"),
                scripts=("copy.js",),
                page=page,
                formats=formats,
                cells=cells,
                rank_text=rank_text,
                published_value=published_value,
                link=web_address,
                view=model_view,
                dagger=DAGGER,
                chart_size=(CHART_WIDTH, CHART_HEIGHT),
                diagram_size=(DIAGRAM_SIDE, DIAGRAM_BARS),
                fewest=FEWEST,
                comparisons=comparisons,
                records_url=web_address(records_url).rstrip("/") or copies,
            ),
        )
