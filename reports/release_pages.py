"""Releases as pages: one for each, one for what changed between them, and how to cite them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import suite
from reports import release_changes as diff
from reports.formats import accuracy, listing, percent, signed
from reports.groups import letter
from reports.markdown import escape, grid, model_name
from reports.release_seeds import fewer_in_words, seeds_of, tables_in_words
from reports.releases import FOLDER, MANIFEST, SUMS, URL, FrozenRow, Manifest, Release
from reports.shell import Shell
from suite.data.known import DATASETS

if TYPE_CHECKING:
    from reports.tables import Table

PAGE = "releases.html"
CITATION = "CITATION.txt"
BIBTEX = "CITATION.bib"
AUTHORS = "The Fashion-MNIST suite contributors"
_PROJECT = Path(__file__).resolve().parents[1] / "CITATION.cff"

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_COLUMNS = ("Model", "Dataset", "Change", "Rank", "Accuracy %", "Points", "Runs")


def citation(manifest: Manifest, identifier: str) -> str:
    """How to cite a release, in a line."""
    year = manifest.date.partition("-")[0]
    return (
        f"{AUTHORS} ({year}). {_title(manifest)}, of {manifest.date}. {_made_by(manifest)}. "
        f"SHA-256 of its manifest: {identifier}.\n"
    )


def bibtex(manifest: Manifest, identifier: str) -> str:
    """How to cite a release, for BibTeX; the name's characters need no escape there."""
    year, month, _ = manifest.date.split("-")
    title = _title(manifest).replace("_", r"\_")
    note = f"{_made_by(manifest)}. SHA-256 of the manifest: {identifier}"
    where = f"  howpublished = {{\\url{{{manifest.url}}}}},\n" if manifest.url else ""
    return (
        f"@misc{{fashion-mnist-suite-{manifest.name},\n"
        f"  author = {{{{{AUTHORS}}}}},\n"
        f"  title = {{{{{title}}}}},\n"
        f"  year = {{{year}}},\n"
        f"  month = {_MONTHS[int(month) - 1]},\n"
        f"{where}"
        f"  note = {{{note}}},\n"
        "}\n"
    )


def project_url(file: Path = _PROJECT) -> str | None:
    """Where the project is published, as `CITATION.cff` says; None where it does not.

    Args:
        file: The file, which lies beside the packages in a checkout.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return None
    for field in ("repository-code", "url"):
        found = re.search(rf"^{field}:\s*[\"']?([^\s\"']+)", text, re.MULTILINE)
        if found and re.fullmatch(URL, found[1]):
            return found[1]
    return None


def _title(manifest: Manifest) -> str:
    names = [info.title for name, info in DATASETS.items() if name in manifest.datasets]
    names += sorted(set(manifest.datasets) - set(DATASETS))
    return f"A leaderboard for {listing(names)}: release {manifest.name}"


def _made_by(manifest: Manifest) -> str:
    changed = ", with uncommitted changes" if manifest.git_dirty else ""
    commit = f", commit {manifest.git_commit}{changed}" if manifest.git_commit else ""
    return f"fashion-mnist-suite {manifest.suite_version}{commit}"


def release_page(
    tables: Sequence[Table],
    name: str,
    day: date,
    files: Sequence[str],
    titles: Mapping[str, str],
) -> str:
    """The text of a release's own page.

    Its identifier can't be in it: the manifest that it is the sum of has the sum of this page.

    Args:
        tables: The tables, the primary one first.
        name: The release's name.
        day: The release's date.
        files: Names of its other files.
        titles: Titles of the datasets by name.
    """
    from reports.captions import facts, folds, heading, warning
    from reports.cells import costs, costs_from, results

    links = (("index.html", f"Release {name}"), ("../../releases.html", "All releases"))
    shell = Shell(titles, suite.__version__, links)
    return shell.render(
        "release.html.jinja",
        "index.html",
        styles=("release.css",),
        tables=tables,
        name=name,
        day=day.isoformat(),
        files=files,
        special={"manifest": MANIFEST, "sums": SUMS, "citation": CITATION, "bibtex": BIBTEX},
        facts=facts,
        folds=folds,
        heading=heading,
        warning=warning,
        fewer_seeds=lambda table: fewer_in_words(seeds_of(table), table.preset),
        results=results,
        costs=costs,
        costs_from=costs_from,
    )


def to_html(releases: Sequence[Release], shell: Shell) -> str:
    """The text of `releases.html`.

    Args:
        releases: The releases in their order, the oldest first; at least one.
        shell: The frame of the site's pages.
    """
    return shell.render(
        "releases.html.jinja",
        PAGE,
        styles=("release.css",),
        all_changes=diff.all_changes(releases),
        kinds=diff.KINDS,
        folder=FOLDER,
        citation=citation,
        bibtex=bibtex,
        tables_in_words=tables_in_words,
        rank=rank_change,
        accuracy=accuracy_change,
        points=points,
    )


def to_markdown(releases: Sequence[Release], titles: Mapping[str, str]) -> str:
    """The text of `releases.md`.

    Args:
        releases: The releases in their order, the oldest first.
        titles: Titles of the datasets by name.
    """
    parts = ["# Releases", "What each release changed, the newest first."]
    for change in diff.all_changes(releases):
        manifest, identifier = change.after.manifest, change.after.identifier
        parts += [
            f"## {escape(manifest.name)}",
            f"{manifest.date}, {len(manifest.records):,} records, "
            f"[tables]({FOLDER}/{manifest.name}/leaderboard.md), "
            f"[manifest]({FOLDER}/{manifest.name}/{MANIFEST}). Identifier: `{identifier}`",
            *map(escape, tables_in_words(manifest)),
            *_changes_in_markdown(change, titles),
        ]
    return "\n\n".join(parts) + "\n"


def _changes_in_markdown(change: diff.Changes, titles: Mapping[str, str]) -> list[str]:
    if change.before is None:
        return ["The first release: there is none to compare it with."]
    parts = [f"Since {escape(change.before.name)}:"]
    for what, models in (("New", change.models_added), ("Left out", change.models_removed)):
        if models:
            parts.append(f"- {what} models: {escape(listing(models), 5_000)}")
    for table in change.tables:
        parts += [
            f"### Protocol {escape(table.protocol)}, preset {escape(table.preset)}",
            escape(table.summary),
        ]
        rows = [_line(row, titles) for row in table.rows if row.kind != "moved"]
        if rows and table.kind == "kept":
            parts.append(grid(_COLUMNS, rows, ["left"] * 3 + ["right"] * 3 + ["left"]))
    return parts


def _line(change: diff.RowChange, titles: Mapping[str, str]) -> list[str]:
    row = change.row
    return [
        model_name(row.title, row.label),
        escape(titles.get(row.dataset, row.dataset)),
        change.kind,
        rank_change(change),
        accuracy_change(change),
        points(change),
        escape("; ".join(change.reasons)),
    ]


def rank_change(change: diff.RowChange) -> str:
    """Ranks with the letters of their tie groups: "3 a", or "5 b → 3 a"."""
    return _before_and_after(change, _rank)


def accuracy_change(change: diff.RowChange) -> str:
    """Accuracies in percent: "91.25 ± 0.13", or "91.20 → 91.25 ± 0.13"."""
    if change.before is not None and change.after is not None:
        old, new = change.before, change.after
        if old.accuracy_mean != new.accuracy_mean:
            after = accuracy(new.accuracy_mean, new.accuracy_std)
            return f"{percent(old.accuracy_mean)} → {after}"
    return accuracy(change.row.accuracy_mean, change.row.accuracy_std)


def points(change: diff.RowChange) -> str:
    """Difference in points with its sign; empty without one."""
    difference = change.difference_points
    return "" if not difference else signed(difference)


def _rank(row: FrozenRow) -> str:
    if row.rank is None:
        return "–"
    return f"{row.rank:,}" if row.tie_group is None else f"{row.rank:,} {letter(row.tie_group)}"


def _before_and_after(change: diff.RowChange, text: Callable[[FrozenRow], str]) -> str:
    texts = [text(row) for row in (change.before, change.after) if row is not None]
    return " → ".join(dict.fromkeys(texts))
