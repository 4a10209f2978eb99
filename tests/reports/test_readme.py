"""The part of a README that the report writes; that of this project is held to its records."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from reports.exports import to_json
from reports.readme import BEGIN, END, LINES, read_readme, top_rows, with_part, write_readme
from reports.site import summarise
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.errors import UsageError
from suite.records.store import Damage, scan
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
ORDER = tuple(DATASETS)
TITLES = {name: info.title for name, info in DATASETS.items()}
ROOT = Path(__file__).parents[2]
MENDED_BY = "python -m suite report --site docs --readme README.md"


@pytest.fixture
def tables(scored: MakeScored):
    runs = [
        scored(0.9 - number / 100, model=f"m{number}", dataset=dataset, seed=seed,
               started_at=f"2026-05-0{seed + 1}T12:00:00Z")
        for number in range(12)
        for dataset in ("fashion", "mnist")
        for seed in range(2)
    ]  # fmt: skip
    return build_tables(runs, {}, ORDER)


def cells(text: str) -> list[list[str]]:
    """The text of each cell of the first table, by line."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    lines: list[list[str]] = []
    for before, token in pairwise(tokens):
        if before.type == "tr_open":
            lines.append([])
        if before.type in {"th_open", "td_open"}:
            lines[-1].append("".join(child.content for child in token.children or ()))
    return lines


def test_the_best_rows_with_all_that_they_need(tables) -> None:
    text = top_rows(tables[0], TITLES, "docs/leader board.md")
    lines = cells(text)
    assert len(lines) == 1 + LINES
    assert lines[0] == [
        "Model", "Fashion-MNIST rank", "Fashion-MNIST %", "n", "MNIST rank", "MNIST %", "n",
        "Parameters", "Training CPU s",
    ]  # fmt: skip
    assert lines[1][:4] == ["m0", "1", "90.00\xa0±\xa00.00", "2"]
    assert lines[10][0] == "m9"
    assert "[All 12 rows](docs/leader%20board.md)" in text
    assert "protocol `holdout`, preset `standard`" in text
    assert "AMD EPYC 9B14, 1 thread" in text
    assert "Newest record: 2026-05-02." in text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_rest_stays_as_it_is_to_the_byte(tables, tmp_path: Path, newline: str) -> None:
    before, after = f"# Title{newline}{newline}", f"{newline}rest\twith  blanks \ufeff no end"
    path = tmp_path / "README.md"
    path.write_bytes(f"{before}{BEGIN}{newline}what was here{newline}{END}{after}".encode())
    assert write_readme(path, tables, tmp_path / "docs", TITLES)
    content = path.read_bytes()
    assert content.startswith(f"{before}{BEGIN}{newline}".encode())
    assert content.endswith(f"{newline}{END}{after}".encode())
    assert b"what was here" not in content
    assert (b"\r\n" in content) == (newline == "\r\n")
    assert content.count(b"\n") == content.count(newline.encode())
    assert not write_readme(path, tables, tmp_path / "docs", TITLES)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "text", ["", BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}\n{BEGIN}\n{END}", f"{BEGIN}{END}{END}"]
)
def test_markers_have_to_be_there_once(tables, tmp_path: Path, text: str) -> None:
    path = tmp_path / "README.md"
    path.write_text(text)
    with pytest.raises(UsageError, match="each once") as error:
        write_readme(path, tables, tmp_path, TITLES)
    assert BEGIN in str(error.value)
    assert path.read_text() == text


def test_what_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xd8")
    for name in ("picture", "nothing", "."):
        with pytest.raises(UsageError, match="name a Markdown file"):
            read_readme(tmp_path / name)


def test_numbers_that_are_not_to_be_quoted_stay_out(scored: MakeScored, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"{BEGIN}{END}")
    quick = build_tables([scored(0.9, preset="quick")], {}, ORDER)
    with pytest.raises(UsageError, match="no publishable records"):
        write_readme(path, quick, tmp_path, TITLES)
    assert path.read_text() == f"{BEGIN}{END}"


def test_the_project_s_part_is_well_formed() -> None:
    text = read_readme(ROOT / "README.md")
    part = text.split(BEGIN)[1].split(END)[0]
    lines = cells(part)
    assert 2 <= len(lines) <= 1 + LINES
    assert len({len(line) for line in lines}) == 1
    ranks = [int(line[1].split()[0]) for line in lines[1:]]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    assert with_part(text, part.strip("\n")) == text


def test_the_published_rows_are_of_the_recorded_runs() -> None:
    """What can be told without the datasets: which runs there are, not what they are worth."""
    published = json.loads((ROOT / "docs" / "leaderboard.json").read_text(encoding="utf-8"))
    recorded: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for run in scan(ROOT / "results", table=f"{published['protocol']}-{published['preset']}"):
        assert not isinstance(run, Damage)
        record = run.record
        seeds = recorded[record.model, record.variant, record.dataset.name]
        seeds += [record.seed] if record.status == "ok" else []
    shown = {(row["model"], row["variant"], row["dataset"]): row["seeds"]
             for row in published["rows"]}  # fmt: skip
    assert shown == {key: sorted(seeds) for key, seeds in recorded.items()}, MENDED_BY


@pytest.mark.real_data
def test_the_project_s_part_and_site_are_those_of_its_records() -> None:
    tables = summarise(scan(ROOT / "results")).tables
    published = (ROOT / "docs" / "leaderboard.json").read_text(encoding="utf-8")
    assert published == to_json(tables[0]), f"docs/ is not of the records; mend it: {MENDED_BY}"
    text = read_readme(ROOT / "README.md")
    expected = with_part(text, top_rows(tables[0], TITLES, "docs/leaderboard.md"))
    assert text == expected, f"README.md is not that of the records; mend it: {MENDED_BY}"
