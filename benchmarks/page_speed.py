"""How large the report's page is, and how soon it can be used in a headless Chromium.

    python -m benchmarks.page_speed --models 200

The page counts as interactive when its scripts have run (the end of the browser's load event) and
a click on a column has sorted the table and the sorted table is painted. Needs the package
`playwright` and a Chromium on the PATH.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from benchmarks.report_speed import time_report
from benchmarks.synthetic import SEEDS, write_records
from benchmarks.table import about, show
from suite.data.datasets import load

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# As root, and where /dev/shm is small, Chromium starts only with the first two.
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
BUTTON = "table.leaderboard thead th:nth-of-type(2) button"
# Two frames: the first ends when the sorted table is laid out, the second after it is painted.
SORT = f"""() => new Promise(resolve => {{
    const started = performance.now();
    document.querySelector({BUTTON!r}).click();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - started)));
}})"""
LOADED = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"


@dataclass(frozen=True)
class Visit:
    """One opening of the page.

    Attributes:
        bytes: All that was loaded.
        load_ms: From the start of the navigation to the end of the load event.
        sort_ms: From a click on a column to the painted, sorted table.
        rows: Rows of the table.
    """

    bytes: int
    load_ms: float
    sort_ms: float
    rows: int


def main() -> None:
    """Make the page, open it several times, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--datasets", default="fashion,mnist", help="digits needs no download")
    parser.add_argument("--repeats", type=int, default=5, help="visits, each with an empty cache")
    options = parser.parse_args()
    datasets = [load(name) for name in options.datasets.split(",")]
    count = options.models * len(datasets) * SEEDS
    with tempfile.TemporaryDirectory() as folder:
        results, site = Path(folder) / "results", Path(folder) / "site"
        write_records(results, count, datasets)
        time_report(results, site)
        visits = visit_often(site / "index.html", options.repeats)
    columns = ["lines", "datasets", "kB", "loaded ms", "sorted ms", "interactive ms", "slowest ms"]
    totals = [visit.load_ms + visit.sort_ms for visit in visits]
    row = [
        str(visits[0].rows),
        str(len(datasets)),
        f"{visits[0].bytes / 1e3:.0f}",
        f"{statistics.median(visit.load_ms for visit in visits):.0f}",
        f"{statistics.median(visit.sort_ms for visit in visits):.0f}",
        f"{statistics.median(totals):.0f}",
        f"{max(totals):.0f}",
    ]
    subject = f"the report's page, median of {options.repeats} visits"
    sys.stdout.write(about(subject) + show(columns, [row]))


def visit_often(page: Path, repeats: int) -> list[Visit]:
    """Open a page in a fresh browser profile again and again.

    Raises:
        FileNotFoundError: There is no Chromium.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise FileNotFoundError("no chromium on the PATH; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        try:
            return [visit(browser, page) for _ in range(repeats)]
        finally:
            browser.close()


def visit(browser: Browser, file: Path) -> Visit:
    """Open a page once and sort its table."""
    context = browser.new_context()
    try:
        page = context.new_page()
        loaded: list[str] = []
        page.on("request", lambda request: loaded.append(request.url))
        page.goto(file.as_uri(), wait_until="load")
        load_ms = page.evaluate(LOADED)
        sort_ms = page.evaluate(SORT)
        if page.locator("table.leaderboard th[aria-sort]").count() != 1:
            raise RuntimeError(f"{file}: a click on a column did not sort the table")
        rows = page.locator("table.leaderboard tbody tr").count()
        return Visit(sum(map(_size, loaded)), load_ms, sort_ms, rows)
    finally:
        context.close()


def _size(url: str) -> int:
    """Bytes of a loaded file; a page that needs the network is not what is measured here."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise RuntimeError(f"the page loads {url}, expected files only")
    return Path(url2pathname(parts.path)).stat().st_size


if __name__ == "__main__":
    main()
