"""What all pages of the site share: their frame, navigation, style and theme."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reports.formats import clean, one_line

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


@dataclass(frozen=True)
class Shell:
    """The frame of a site's pages.

    Attributes:
        titles: Titles of the datasets by name.
        version: Version of the suite that writes the pages.
        links: File and label of each page that the navigation leads to, in its order.
        project: Web address of the project's files; "" where it is not known.
    """

    titles: Mapping[str, str]
    version: str
    links: tuple[tuple[str, str], ...] = ()
    project: str = ""

    def render(
        self,
        template: str,
        here: str,
        *,
        styles: Sequence[str] = (),
        scripts: Sequence[str] = (),
        **content: Any,
    ) -> str:
        """The text of a page, with its style and scripts inside.

        Args:
            template: Name of a template that extends `base.html.jinja`.
            here: The page's path from the site's folder, with forward slashes.
            styles: Style sheets of `static/` that it needs besides `style.css`.
            scripts: Scripts of `static/` that it needs, in order.
            **content: What the template shows.
        """
        from markupsafe import Markup

        style = "".join(_static(name) for name in ("style.css", *styles))
        script = "".join(_static(name) for name in scripts)
        return _environment().get_template(template).render(
            **content,
            here=here,
            root="../" * here.count("/"),
            links=self.links,
            project=self.project,
            titles=self.titles,
            version=self.version,
            style=Markup(style),  # noqa: S704
            theme=Markup(_static("theme.js")),  # noqa: S704
            script=Markup(script),  # noqa: S704
        )  # fmt: skip


@cache
def _environment() -> Environment:
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
    environment.filters["breakable"] = breakable
    environment.filters["code_spans"] = code_spans
    return environment


def breakable(name: str) -> Markup:
    """A name that may be broken between its words and parameters rather than within a word."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"[,/\[_]", r"\g<0><wbr>", str(escape(name))))  # noqa: S704


def code_spans(text: str) -> Markup:
    """A sentence of a docstring, with what stands between backticks as code."""
    from markupsafe import Markup, escape

    between = r"(?<!`)(`+)([^`]+)\1(?!`)"
    return Markup(re.sub(between, r"<code>\2</code>", str(escape(text))))  # noqa: S704


def script_json(content: Any) -> Markup:
    """JSON that is safe inside a `<script>` of any type: nothing in it can end the element."""
    from markupsafe import Markup

    text = json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704


@cache
def _static(name: str) -> str:
    return files("reports").joinpath("static", name).read_text(encoding="utf-8")
