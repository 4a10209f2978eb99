"""Pictures of charts and the browser's chart library, made by vl-convert and kept for later."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from suite.data.files import cache_dir, replacing
from suite.errors import DataError

PACKAGE = "vl-convert-python"
VEGA_LITE = "6.4"
# A picture has some 50 kB, and a large report some dozens of them.
MOST_KEPT = 300
_ENTRY = "window.vegaEmbed = vegaEmbed;"
INSTALL = "python -m pip install 'fashion-mnist-suite[report]'"


@cache
def converter() -> str | None:
    """The version of vl-convert, which draws the charts; None where it is not installed."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return None


def to_svg(spec: Mapping[str, Any]) -> str:
    """A chart as a picture that follows the reader's choice of a light or dark theme.

    Args:
        spec: Its Vega-Lite specification.
    """
    style = files("reports").joinpath("static", "chart_colours.css").read_text(encoding="utf-8")
    text = json.dumps(spec, sort_keys=True, ensure_ascii=True)

    def make() -> str:
        import vl_convert

        picture = vl_convert.vegalite_to_svg(text, vl_version=VEGA_LITE, allowed_base_urls=[])
        picture = _renamed(picture, hashlib.sha256(text.encode()).hexdigest()[:10])
        rules = f"<style>svg {{ color-scheme: light dark; }}\n{style}</style>"
        opening = picture.index(">") + 1
        return f"{picture[:opening]}{rules}{picture[opening:]}\n"

    return _kept(f"svg {converter()} {style} {text}", "svg", make)


def _renamed(picture: str, name: str) -> str:
    """The picture with names of its own for its clipping paths.

    The converter counts on from picture to picture, so that names depend on what was drawn before,
    and those of pictures of several processes collide within a page.
    """
    known: dict[str, str] = {}

    def rename(found: re.Match[str]) -> str:
        return f"{found[1]}{known.setdefault(found[2], f'clip-{name}-{len(known)}')}{found[3]}"

    return re.sub(r'(clip-path="url\(#|<clipPath id=")(clip\d+)(\)?")', rename, picture)


def library() -> str:
    """Vega, Vega-Lite and Vega-Embed as a classic script, which defines `vegaEmbed`."""

    def make() -> str:
        import vl_convert

        return str(vl_convert.javascript_bundle(_ENTRY, vl_version=VEGA_LITE))

    return _kept(f"library {converter()} {VEGA_LITE} {_ENTRY}", "js", make)


def _kept(key: str, suffix: str, make: Callable[[], str]) -> str:
    """What `make` gives, from the suite's cache where it was made before.

    Starting the converter takes longer than a whole report, and most charts of a report are those
    of the report before.
    """
    folder = cache_dir() / "charts"
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()}.{suffix}"
    with suppress(OSError, UnicodeDecodeError):
        text = path.read_text(encoding="utf-8")
        path.touch()
        return text
    text = make()
    # A cache that can't be written costs time, and no report.
    with suppress(DataError, OSError):
        with replacing(path) as partial:
            partial.write_text(text, encoding="utf-8")
        _forget_the_oldest(folder)
    return text


def _forget_the_oldest(folder: Path) -> None:
    kept = [path for path in folder.iterdir() if path.suffix in {".svg", ".js"}]
    excess = len(kept) - MOST_KEPT
    for path in sorted(kept, key=lambda p: p.stat().st_mtime)[: max(excess, 0)]:
        path.unlink(missing_ok=True)
