"""The leaderboard as one web page that needs no network and no JavaScript."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from reports import curves
from reports.captions import facts, folds, heading, warning
from reports.cells import costs, costs_from, results
from reports.formats import clean, one_line
from reports.tables import Table
from suite.records.store import Damage

if TYPE_CHECKING:
    from jinja2 import Environment


def to_html(
    tables: Sequence[Table],
    damaged: Sequence[Damage],
    titles: Mapping[str, str],
    version: str,
    pages: Collection[str] = (),
) -> str:
    """The text of `index.html`, with its style and script inside.

    Args:
        tables: The tables, the primary one first.
        damaged: Records that could not be used.
        titles: Titles of the datasets by name.
        version: Version of the suite that writes the page.
        pages: Names of the models' pages that are there.
    """
    from markupsafe import Markup

    static = files("reports").joinpath("static")
    return make_environment().get_template("index.html.jinja").render(
        tables=tables,
        damaged=damaged,
        titles=titles,
        version=version,
        pages=pages,
        style=Markup(static.joinpath("style.css").read_text(encoding="utf-8")),  # noqa: S704
        script=Markup(static.joinpath("table.js").read_text(encoding="utf-8")),  # noqa: S704
        facts=facts,
        folds=folds,
        heading=heading,
        warning=warning,
        results=results,
        costs=costs,
        costs_from=costs_from,
        curves=curves,
    )  # fmt: skip


def make_environment() -> Environment:
    """Where the templates of the report are found, and how they treat text.

    Only text from other people is cleaned and escaped; style and script are the package's own.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clean"] = clean
    environment.filters["one_line"] = one_line
    return environment
