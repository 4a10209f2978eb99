"""What the tests of the hosting's scripts share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from markdown_it import MarkdownIt


@pytest.fixture(scope="session")
def markup() -> Callable[[str], list[Any]]:
    """What Markdown makes of a text: its parts in a row, in the dialect of the hosting."""
    parser = MarkdownIt("gfm-like", {"linkify": False})
    return lambda text: [
        token for block in parser.parse(text) for token in (block, *(block.children or ()))
    ]
