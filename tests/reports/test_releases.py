from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.release_files import check, freeze
from reports.release_pages import bibtex, project_url, to_html, to_markdown
from reports.releases import checked_name, read_release, read_releases
from reports.rows import Description
from reports.shell import Shell
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.errors import RecordError, UsageError
from suite.records import machine
from suite.records.store import Damage
from suite.stats.scoring import Scored
from tests.audit.conftest import commit_all

MakeScored = Callable[..., Scored]
ORDER = tuple(DATASETS)
TITLES = {name: info.title for name, info in DATASETS.items()}
DAY = date(2026, 5, 3)


@pytest.fixture
def runs(scored: MakeScored) -> list[Scored]:
    return [
        scored(0.9 + seed / 100, model=model, seed=seed, dataset=dataset)
        for model in ("svm", "knn")
        for dataset in ("fashion", "mnist")
        for seed in range(2)
    ]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_release_holds_tables_sums_and_citations(runs: list[Scored], tmp_path: Path) -> None:
    release = freeze(build_tables(runs, {}, ORDER), (), tmp_path, "2026.05", DAY)
    folder = tmp_path / "releases" / "2026.05"
    files = contents(folder)
    assert set(files) == {
        "manifest.json", "leaderboard-holdout-standard.json", "leaderboard-holdout-standard.csv",
        "leaderboard.md", "index.html", "CITATION.txt", "CITATION.bib", "SHA256SUMS",
    }  # fmt: skip
    manifest = json.loads(files["manifest.json"])
    assert [r["path"] for r in manifest["records"]] == sorted(
        f"{run.record.key.stem}.json" for run in runs
    )
    digests = {run.record.digest for run in runs}
    assert {r["digest"] for r in manifest["records"]} == digests
    assert manifest["date"] == "2026-05-03"
    assert manifest["datasets"]["mnist"] == DATASETS["mnist"].sums
    assert release.identifier == hashlib.sha256(files["manifest.json"]).hexdigest()
    for name in ("CITATION.txt", "CITATION.bib"):
        assert release.identifier in files[name].decode()
    sums = dict(line.split("  ")[::-1] for line in files["SHA256SUMS"].decode().splitlines())
    assert sums == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name != "SHA256SUMS"
    }
    assert read_release(folder) == release
    assert {row.model for row in release.tables[0].rows} == {"svm", "knn"}


def test_the_same_records_name_and_date_give_the_same_bytes(
    runs: list[Scored], tmp_path: Path
) -> None:
    for site, order in (("one", runs), ("two", runs[::-1])):
        freeze(build_tables(order, {}, ORDER), (), tmp_path / site, "v1", DAY)
    one, two = (contents(tmp_path / site / "releases" / "v1") for site in ("one", "two"))
    assert one == two
    other = freeze(build_tables(runs, {}, ORDER), (), tmp_path, "v1", date(2026, 5, 4))
    assert other.identifier != read_release(tmp_path / "one" / "releases" / "v1").identifier


def test_a_release_is_never_overwritten(runs: list[Scored], tmp_path: Path) -> None:
    tables = build_tables(runs, {}, ORDER)
    freeze(tables, (), tmp_path, "v1", DAY)
    before = contents(tmp_path / "releases" / "v1")
    with pytest.raises(UsageError, match="choose another name"):
        freeze(tables[:1], (), tmp_path, "v1", date(2026, 6, 1))
    assert contents(tmp_path / "releases" / "v1") == before


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "/etc", "a\\b", ".hidden", "a ", "a\n", "ä", "x" * 65, "v-"],
)
def test_no_name_leaves_the_folder(runs: list[Scored], tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="can't be the name of a release"):
        freeze(build_tables(runs, {}, ORDER), (), tmp_path / "site", name, DAY)
    assert list(tmp_path.iterdir()) == []


@given(st.text())
def test_a_name_that_is_taken_is_one_part_of_a_path(name: str) -> None:
    try:
        checked_name(name)
    except UsageError:
        assert not re.fullmatch("[a-z0-9]+", name) or len(name) > 64
    else:
        assert Path(name).name == name
        assert Path("/r", name).resolve().parent == Path("/r")


def test_damaged_records_stop_a_release_with_a_list(runs: list[Scored], tmp_path: Path) -> None:
    damaged = [Damage(Path(f"r/seed-{n}.json"), "changed after it was written") for n in range(25)]
    with pytest.raises(
        RecordError, match=r"25 of the records.*\n  r.seed-0\.json: changed"
    ) as error:
        freeze(build_tables(runs, {}, ORDER), damaged, tmp_path / "site", "v1", DAY)
    assert "and 5 more" in str(error.value)
    assert not (tmp_path / "site").exists()


def test_what_is_not_publishable_stays_out_unless_it_is_allowed(
    runs: list[Scored], scored: MakeScored, tmp_path: Path
) -> None:
    quick = [scored(0.8, preset="quick", train_images=6_000)]
    release = freeze(build_tables(runs + quick, {}, ORDER), (), tmp_path, "v1", DAY)
    assert [table.preset for table in release.tables] == ["standard"]
    assert not [r for r in release.manifest.records if "quick" in r.path]
    with pytest.raises(UsageError, match="--allow-unpublishable"):
        freeze(build_tables(quick, {}, ORDER), (), tmp_path, "v2", DAY)
    allowed = freeze(
        build_tables(quick, {}, ORDER), (), tmp_path, "v2", DAY, allow_unpublishable=True
    )
    assert not allowed.manifest.publishable
    assert "Not publishable" in (tmp_path / "releases" / "v2" / "index.html").read_text()
    assert "Not publishable" in to_html([allowed], Shell(TITLES, "1"))


def test_a_site_that_can_t_be_written_is_an_error(runs: list[Scored], tmp_path: Path) -> None:
    (tmp_path / "site").write_text("a file")
    with pytest.raises(UsageError, match="choose another --site"):
        freeze(build_tables(runs, {}, ORDER), (), tmp_path / "site", "v1", DAY)


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"0.9", b"0.8") + b" ")


@pytest.mark.parametrize("name", ["leaderboard.md", "index.html", "CITATION.txt", "CITATION.bib"])
def test_a_changed_file_is_found(runs: list[Scored], tmp_path: Path, name: str) -> None:
    freeze(build_tables(runs, {}, ORDER), (), tmp_path, "v1", DAY)
    assert check(tmp_path, "v1", tmp_path / "results").problems == ()
    path = tmp_path / "releases" / "v1" / name
    spoil(path)
    assert f"{name} was changed" in check(tmp_path, "v1", tmp_path / "results").problems
    path.unlink()
    assert f"{name} is missing" in check(tmp_path, "v1", tmp_path / "results").problems


def test_missing_sums_are_told_and_no_file_is_blamed(runs: list[Scored], tmp_path: Path) -> None:
    freeze(build_tables(runs, {}, ORDER), (), tmp_path, "v1", DAY)
    (tmp_path / "releases" / "v1" / "SHA256SUMS").unlink()
    problems = check(tmp_path, "v1", tmp_path / "results").problems
    assert problems == ("SHA256SUMS is missing",)


def test_a_changed_table_is_believed_nowhere(runs: list[Scored], tmp_path: Path) -> None:
    freeze(build_tables(runs, {}, ORDER), (), tmp_path, "v1", DAY)
    spoil(tmp_path / "releases" / "v1" / "leaderboard-holdout-standard.json")
    for use in (lambda: check(tmp_path, "v1", tmp_path), lambda: read_releases(tmp_path)):
        with pytest.raises(RecordError, match="release v1 is damaged"):
            use()


def test_a_manifest_with_other_sums_or_more_files_is_found(
    runs: list[Scored], tmp_path: Path
) -> None:
    freeze(build_tables(runs, {}, ORDER), (), tmp_path, "v1", DAY)
    folder = tmp_path / "releases" / "v1"
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace("2026-05-03", "2026-05-04"))
    (folder / "more.txt").write_text("more")
    problems = check(tmp_path, "v1", tmp_path).problems
    assert "SHA256SUMS contradicts manifest.json" in problems
    assert "more.txt is no part of the release" in problems
    assert any("does not name the identifier" in problem for problem in problems)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema": 2}', "\0", "null"])
def test_a_manifest_that_is_none_is_an_error(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "releases" / "v1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(RecordError, match="release v1 is damaged"):
        read_releases(tmp_path)


def test_a_manifest_reads_no_file_elsewhere(runs: list[Scored], tmp_path: Path) -> None:
    freeze(build_tables(runs, {}, ORDER), (), tmp_path, "v1", DAY)
    path = tmp_path / "releases" / "v1" / "manifest.json"
    name = "leaderboard-holdout-standard.json"
    (tmp_path / "releases" / name).write_bytes((path.parent / name).read_bytes())
    path.write_text(path.read_text().replace(f'"file": "{name}"', f'"file": "../{name}"'))
    with pytest.raises(RecordError, match="is damaged"):
        read_releases(tmp_path)


def test_a_release_that_is_not_there_names_those_that_are(
    runs: list[Scored], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no releases yet"):
        check(tmp_path, "v1", tmp_path)
    freeze(build_tables(runs, {}, ORDER), (), tmp_path, "v1", DAY)
    with pytest.raises(UsageError, match="There are: v1"):
        check(tmp_path, "v2", tmp_path)


def test_releases_come_by_date(runs: list[Scored], tmp_path: Path) -> None:
    tables = build_tables(runs, {}, ORDER)
    for name, day in (("a", 9), ("b", 3), ("c", 9)):
        freeze(tables, (), tmp_path, name, date(2026, 5, day))
    assert [release.name for release in read_releases(tmp_path)] == ["b", "a", "c"]
    assert read_releases(tmp_path / "elsewhere") == ()
    # What is left of one that was cut off while it was written.
    shutil.copytree(tmp_path / "releases/a", tmp_path / "releases/.d-x1y2")
    assert [release.name for release in read_releases(tmp_path)] == ["b", "a", "c"]


def test_rows_with_fewer_seeds_than_the_preset_asks_for_are_told(
    runs: list[Scored], scored: MakeScored, tmp_path: Path
) -> None:
    whole = [scored(0.9, preset="paper", seed=seed) for seed in range(5)]
    runs.append(scored(0.9, model="svm", seed=2))
    release = freeze(build_tables(runs + whole, {}, ORDER), (), tmp_path, "v1", DAY)
    standard, paper = release.manifest.tables
    if standard.preset == "paper":
        standard, paper = paper, standard
    told = "2 to 3 of 5 seeds: 4 of 4 rows with a result have fewer than preset standard asks for."
    page = (tmp_path / "releases" / "v1" / "index.html").read_text()
    assert told in page
    assert told in to_html([release], Shell(TITLES, "1"))
    assert told in to_markdown([release], TITLES)
    assert "preset paper asks" not in page
    data = json.loads((tmp_path / "releases" / "v1" / "manifest.json").read_text())
    assert {"asked": 5, "fewest": 2, "most": 3, "rows": 4, "rows_with_fewer": 4} in [
        table["seeds"] for table in data["tables"]
    ]
    assert paper.seeds is not None
    assert paper.seeds.rows_with_fewer == 0


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("repository-code: https://example.org/a-b/c\n", "https://example.org/a-b/c"),
        ("title: x\nurl: 'http://example.org'\n", "http://example.org"),
        ("references:\n  - url: https://example.org\n", None),
        ("url: https://example.org/}{\n", None),
        ("url: javascript:alert(1)\n", None),
    ],
)
def test_a_citation_says_where_the_project_is_published_if_that_is_known(
    runs: list[Scored], tmp_path: Path, text: str, url: str | None
) -> None:
    file = tmp_path / "CITATION.cff"
    assert project_url(file) is None
    file.write_text(text)
    assert project_url(file) == url
    manifest = freeze(build_tables(runs, {}, ORDER), (), tmp_path, "v1", DAY).manifest
    lines = bibtex(manifest.model_copy(update={"url": url}), "0" * 64).splitlines()
    assert [line for line in lines if "howpublished" in line] == (
        [rf"  howpublished = {{\url{{{url}}}}},"] if url else []
    )
    assert any("note = {fashion-mnist-suite" in line and "0" * 64 in line for line in lines)


@pytest.mark.parametrize(
    ("changed", "cited"),
    [
        ((), False),
        (("README.md", "docs/index.html", "results/new.json"), False),  # by sweeps and reports
        (("pages/index.html",), False),  # the site that the release is of
        (("suite/code.py",), True),
        (("other/index.html",), True),
    ],
)
def test_only_other_changes_than_those_of_sweeps_and_reports_are_cited(
    runs: list[Scored], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    changed: tuple[str, ...], cited: bool,
) -> None:  # fmt: skip
    checkout = tmp_path / "checkout"
    (checkout / "suite" / "records").mkdir(parents=True)
    for name in ("README.md", "suite/code.py"):
        (checkout / name).write_text("before")
    commit_all(checkout)
    monkeypatch.setattr(machine, "__file__", str(checkout / "suite" / "records" / "machine.py"))
    machine.git_state.cache_clear()
    for name in changed:
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_text("after")
    freeze(build_tables(runs, {}, ORDER), (), checkout / "pages", "v1", DAY)
    machine.git_state.cache_clear()
    text = (checkout / "pages" / "releases" / "v1" / "CITATION.txt").read_text()
    assert ", commit " in text
    assert (", with uncommitted changes" in text) == cited


def test_pages_show_what_changed(runs: list[Scored], scored: MakeScored, tmp_path: Path) -> None:
    freeze(build_tables(runs[:4], {}, ORDER), (), tmp_path, "v1", DAY)
    runs.append(scored(0.95, model="svm", seed=7))
    descriptions = {("knn", ""): Description(title="Neighbours", family=None, label="knn")}
    tables = build_tables(runs, descriptions, ORDER)
    freeze(tables, (), tmp_path, "v2", date(2026, 6, 1))
    releases = read_releases(tmp_path)
    page, text = to_html(releases, Shell(TITLES, "1")), to_markdown(releases, TITLES)
    for shown in (page, text):
        assert "The first release" in shown
        assert "Neighbours" in shown
        assert "new seed: 7" in shown
        assert "90.50 → 92.00" in shown
        assert "+1.50" in shown
        assert releases[1].identifier in shown
        assert shown.index("Since v1") < shown.index("The first release")
