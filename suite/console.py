"""A terminal that shows the texts of plugins and records as text, and obeys none of them."""

from __future__ import annotations

from collections.abc import Iterable

from rich import console
from rich.segment import Segment
from rich.text import Text

from suite.errors import printable


class Console(console.Console):
    """Rich's console; all that is shown on it passes here, tables and progress bars too."""

    def render(
        self, renderable: console.RenderableType, options: console.ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """As Rich does, with characters that can't be printed spelled out."""
        if isinstance(renderable, Text) and not renderable.plain.isprintable():
            # Before it is laid out, so that nothing is cut off.
            renderable = renderable.copy()
            renderable.plain = printable(renderable.plain, keep="\n\t")
        for segment in super().render(renderable, options):
            # What moves the cursor is Rich's own, and marked so.
            if segment.control is None and not segment.text.isprintable():
                segment = Segment(printable(segment.text, keep="\n"), segment.style)
            yield segment
