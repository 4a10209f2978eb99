"""The page of charts: pictures that are complete without JavaScript, and enlivened with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reports.captions import heading, warning
from reports.charts.drawing import library, to_svg
from reports.charts.figures import figures
from reports.charts.ranks import no_ranks
from reports.charts.style import HEIGHT, Figure
from reports.shell import Shell, script_json
from reports.tables import Table

PAGE = "charts.html"
LIBRARY = "assets/vega.js"


@dataclass(frozen=True)
class Drawing:
    """A figure and its picture.

    Attributes:
        figure: What is drawn.
        svg: The picture.
    """

    figure: Figure
    svg: str

    @property
    def is_tall(self) -> bool:
        """Whether it has a line for each model."""
        return bool(self.figure.spec["height"] != HEIGHT)

    @property
    def path(self) -> str:
        """Where the picture lies, from the site's folder."""
        return f"charts/{self.figure.name}.svg"


@dataclass(frozen=True)
class Charts:
    """The charts of a table.

    Attributes:
        table: The table.
        drawings: Its charts; at least one.
        missing: What is left out and why; empty for nothing.
    """

    table: Table
    drawings: tuple[Drawing, ...]
    missing: str


def draw(tables: Iterable[Table], titles: Mapping[str, str]) -> tuple[Charts, ...]:
    """Draw the charts of all tables that have a result.

    Args:
        tables: The tables, the primary one first.
        titles: Titles of the datasets by name.
    """
    found = []
    for table in tables:
        drawings = tuple(Drawing(one, to_svg(one.spec)) for one in figures(table, titles))
        if drawings:
            found.append(Charts(table, drawings, no_ranks(table)))
    return tuple(found)


def to_html(charts: Sequence[Charts], shell: Shell) -> str:
    """The text of `charts.html`.

    Args:
        charts: Of each table, the primary one first.
        shell: The frame of the site's pages.
    """
    from markupsafe import Markup

    def picture(drawing: Drawing) -> Markup:
        # vl-convert escapes what the specification says.
        return Markup(drawing.svg)  # noqa: S704

    return shell.render(
        "charts.html.jinja",
        PAGE,
        styles=("chart_colours.css", "charts.css"),
        scripts=("charts.js",),
        charts=charts,
        heading=heading,
        warning=warning,
        picture=picture,
        specification=lambda drawing: script_json(drawing.figure.spec),
        library=LIBRARY,
    )


def to_files(charts: Iterable[Charts]) -> Iterator[tuple[str, str]]:
    """Paths, from the site's folder, and texts of the pictures and of the browser's library.

    Args:
        charts: Of each table.
    """
    yield LIBRARY, library()
    for one in charts:
        for drawing in one.drawings:
            yield drawing.path, drawing.svg
