from __future__ import annotations

import re
from collections.abc import Callable

from reports.methods_page import duplicates, hardware, software, to_files, to_html
from reports.shell import Shell
from reports.tables import build_tables
from suite.contract import derive_seed
from suite.data.duplicates import known_duplicates, read_csv
from suite.data.known import DATASETS
from suite.protocol.rules import PRESETS, PROTOCOLS
from suite.stats.scoring import Scored

MakeScored = Callable[..., Scored]
ORDER = tuple(DATASETS)
SHELL = Shell({name: info.title for name, info in DATASETS.items()}, "1.0")
HOSTILE = "<script>alert(1)</script>\u202e|'\""


def test_rules_seeds_and_sums_come_from_the_code(scored: MakeScored) -> None:
    page = to_html(build_tables([scored(0.9), scored(0.9, dataset="mnist")], {}, ORDER), SHELL)
    for protocol in PROTOCOLS.values():
        assert protocol.summary in page
    for preset in PRESETS.values():
        assert re.search(rf'<th scope="row">{preset.name}\b', page)
    assert str(derive_seed(0, "split")) in page
    assert str(derive_seed(1, "model-fold-0")) in page
    for file in (*DATASETS["fashion"].files, *DATASETS["mnist"].files):
        assert file.sha256 in page
    assert DATASETS["digits"].files[0].sha256 not in page


def test_near_duplicates_are_counted_in_the_published_lists(scored: MakeScored) -> None:
    for name in ("fashion", "mnist"):
        pairs = known_duplicates(name)
        assert pairs is not None
        (found,) = duplicates(name)
        assert (found.pairs, found.tested) == (len(pairs), 10_000)
        assert found.images == len({pair.test_index for pair in pairs})
    assert duplicates("digits") == ()
    page = to_html(build_tables([scored(0.9)], {}, ORDER), SHELL)
    assert "16 of 10,000" in page
    assert "0.16 points" in page
    assert 'href="near_duplicates/fashion.csv"' in page
    digits = to_html(build_tables([scored(0.9, dataset="digits")], {}, ORDER), SHELL)
    assert "Near-duplicates between" not in digits


def test_the_lists_of_near_duplicates_go_with_the_page(scored: MakeScored) -> None:
    tables = build_tables([scored(0.9), scored(0.9, dataset="digits")], {}, ORDER)
    ((path, text),) = to_files(tables)
    assert path == "near_duplicates/fashion.csv"
    assert read_csv(text, path) == known_duplicates("fashion")


def test_links_within_the_page_lead_somewhere(scored: MakeScored) -> None:
    page = to_html(build_tables([scored(0.9)], {}, ORDER), SHELL)
    anchors = re.findall(r'\bid="([^"]+)"', page)
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)
    for figure in ("accuracy", "deviation", "interval", "tie-group", "memory", "log-loss"):
        assert figure in anchors


def test_machines_and_versions_are_counted_in_the_records(scored: MakeScored) -> None:
    other = {"processor": "Other", "cores": 8, "packages": {"numpy": "9.9"}}
    runs = [scored(0.9, seed=0), scored(0.9, seed=1), scored(None, seed=2, engine=None),
            scored(0.9, seed=3, environment=other, engine="keras")]  # fmt: skip
    records = [run.record for run in runs]
    assert [(h.processor, h.cores, h.memory, h.runs) for h in hardware(records)] == [
        ("AMD EPYC 9B14", 2, "23 GiB", 3), ("Other", 8, "23 GiB", 1),
    ]  # fmt: skip
    first, second = software(records)
    assert (first.packages, first.runs) == ((("numpy", "2.3.1"),), 3)
    assert dict(first.engines) == {"sklearn": 2, "none: the run failed before": 1}
    assert second.engines == (("keras", 1),)
    page = to_html(build_tables(runs, {}, ORDER), SHELL)
    assert "AMD EPYC 9B14" in page
    assert "numpy 9.9" in page


def test_predictions_made_elsewhere_have_no_machine_here(scored: MakeScored) -> None:
    origin = {"source": "a paper", "file": "x.csv"}
    runs = [
        scored(0.9, engine=None),
        scored(0.8, variant="unverified", origin=origin, environment={"processor": "not recorded"}),
    ]
    page = to_html(build_tables(runs, {}, ORDER), SHELL)
    assert "AMD EPYC 9B14" in page
    assert "not recorded" not in page
    assert "<bdi>not told</bdi> (1)" in page


def test_hostile_text_stays_text(scored: MakeScored) -> None:
    hostile = {"processor": HOSTILE, "system": HOSTILE, "python": HOSTILE, "device": HOSTILE,
               "packages": {HOSTILE: HOSTILE}}  # fmt: skip
    runs = [scored(0.9, environment=hostile, engine=HOSTILE)]
    page = to_html(build_tables(runs, {}, ORDER), SHELL)
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page
