"""The script that tries what a pull request brings, as it runs on the hosting's machines."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ci.branches import GUESSER, NUMPY, RECORD, commit, contribute, git, record, rewrite

Markup = Callable[[str], list[Any]]


def remove_record(place: Path) -> None:
    (place / RECORD).unlink()
    (place / RECORD).with_suffix(".npz").unlink()


def test_a_new_plugin_is_checked_run_and_shown(checkout: Path) -> None:
    (checkout / "baselines" / "brand_new.py").write_text(GUESSER.format(title="Brand | new"))
    done = contribute(checkout)
    assert "Models: brand_new." in done.summary
    assert "passed: `suite run --preset=quick" in done.summary
    assert "passed: `suite validate -- ../results`: errors: 0, warnings: 0" in done.summary
    assert "Brand &#124; new" in done.summary
    # It is no better than chance, which the check says.
    check = "`suite check --require-sandbox -- ./baselines/brand_new.py`"
    assert f"**FAILED**: {check}" in done.summary
    assert done.status == 1


def test_a_plugin_of_numpy_alone_passes_with_its_records(checkout: Path) -> None:
    (checkout / "baselines" / "nearest_mean.py").write_text(NUMPY)
    record(checkout, "nearest_mean", "0,")
    done = contribute(checkout)
    assert "FAILED" not in done.summary
    assert done.status == 0, done.log
    assert "Files besides models and records" not in done.summary
    rows = done.summary.partition("Rows of these records: protocol holdout, preset smoke")[2]
    assert re.search(r"Nearest mean \(nearest_mean\) *\| digits +\|", rows)
    # What a check said is shown though it passed.
    assert re.search(r"^nearest_mean: \d+ passed", done.summary, re.MULTILINE)


def test_a_library_that_the_job_lacks_is_told_with_the_remedy(checkout: Path) -> None:
    plugin = GUESSER.format(title="New").replace('sklearn.dummy",)', 'not_there_at_all",)')
    (checkout / "baselines" / "brand_new.py").write_text(plugin)
    done = contribute(checkout)
    assert "brand_new needs not_there_at_all, not installed here" in done.summary
    assert "merge the library's lines first" in done.summary
    assert done.status == 1


def test_files_whose_names_say_something_else_fail(checkout: Path, markup: Markup) -> None:
    for name in ("--help.py", "knn[p=1].py", "a\n\n# Heading\n\n[b](https:c).py"):
        path = checkout / "baselines" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GUESSER.format(title="New"))
    done = contribute(checkout)
    assert "**FAILED**: files that can't be tried" in done.summary
    assert "knn[p=1].py" in done.summary
    tokens = markup(done.summary)
    assert [token.type for token in tokens].count("heading_open") == 2
    assert "link_open" not in [token.type for token in tokens]
    assert done.status == 1


def test_new_records_are_validated_shown_and_one_is_done_again(checkout: Path) -> None:
    record(checkout, "nearest_centroid", "2,3")
    done = contribute(checkout, GITHUB_RUN_ID="12")
    assert "Records: 2 added, 0 replaced, 0 removed." in done.summary
    assert "passed: `suite validate -- results`: errors: 0, warnings: 0" in done.summary
    rows = done.summary.partition("Rows of these records: protocol holdout, preset smoke")[2]
    row = r"\(nearest_centroid\) *\| digits *\| +2 \|.*\| *Gaussian naive Bayes \(gaussian_nb\) *\|"
    assert re.search(row, rows)
    drawn = r"passed: ` (\S+) ` done again, drawn by the number of this job's run, 12\n"
    match = re.search(drawn, done.summary)
    assert match
    assert f"identical: ../drawn/{match[1]}.json: the predictions are the same" in done.summary
    assert done.status == 0, done.log


def test_a_broken_record_is_told(checkout: Path) -> None:
    file = checkout / "results" / "digits" / "holdout-quick" / "knn" / "seed-0.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    done = contribute(checkout)
    assert re.search("FAILED.*: `suite validate -- results`: errors: [1-9]", done.summary)
    assert "seed-0.json" in done.summary
    assert done.status == 1


def test_an_edited_record_fails_and_its_fields_are_named(checkout: Path) -> None:
    # Consistent with itself: what it was before is known to git alone.
    rewrite(checkout / RECORD, {"cores": 1}, fit_wall_seconds=0.001)
    done = contribute(checkout)
    assert "passed: `suite validate -- results`" in done.summary
    assert "**FAILED**: committed records were replaced or removed" in done.summary
    place = RECORD.removeprefix("results/").removesuffix(".json")
    assert f"replaced {place}: environment.cores, fit_wall_seconds\n" in done.summary
    assert done.status == 1


def test_a_removed_record_fails(checkout: Path) -> None:
    remove_record(checkout)
    done = contribute(checkout)
    assert "Records: 0 added, 0 replaced, 1 removed." in done.summary
    assert "**FAILED**: committed records were replaced or removed" in done.summary
    assert done.status == 1


def test_a_record_of_changed_code_is_stale_and_may_go(checkout: Path) -> None:
    plugin = checkout / "baselines" / "nearest_centroid.py"
    plugin.write_text(plugin.read_text() + "\nNEW = 1\n")
    remove_record(checkout)
    done = contribute(checkout)
    assert "Stale: 1 records of nearest_centroid" in done.summary
    assert "Records: 0 added, 0 replaced, 1 removed." in done.summary
    assert "**FAILED**: committed records" not in done.summary


def test_records_whose_plugin_is_removed_are_told(checkout: Path) -> None:
    (checkout / "baselines" / "nearest_centroid.py").unlink()
    done = contribute(checkout)
    assert "Removed models: nearest_centroid." in done.summary
    assert "Left over: 2 records of nearest_centroid" in done.summary


def test_what_the_base_has_done_meanwhile_is_not_the_branchs(checkout: Path) -> None:
    record(checkout, "nearest_centroid", "2,")
    commit(checkout)
    git(checkout, "checkout", "--quiet", "main")
    (checkout / "suite" / "newer.py").write_text("")
    (checkout / "baselines" / "brand_new.py").write_text(GUESSER.format(title="New"))
    # Found by `validate`, in the base and with the branch alike.
    (checkout / "results" / "left.txt").write_text("")
    base = commit(checkout)
    git(checkout, "checkout", "--quiet", "change")
    done = contribute(checkout)
    assert f"Scripts and suite are those of {base[:10]};" in done.summary
    assert "Models: none." in done.summary
    assert "Records: 1 added, 0 replaced, 0 removed." in done.summary
    assert (
        "passed: `suite validate -- results`: errors: 0, warnings: 0; as before: 1" in done.summary
    )
    assert "newer.py" not in done.summary
    assert done.status == 0, done.log
    # The branch's own place is as it was.
    assert git(checkout, "status", "--porcelain") == ""
    assert git(checkout, "rev-parse", "--abbrev-ref", "HEAD") == "change"


@pytest.mark.parametrize("base", ["0123456789", "--help"])
def test_an_unknown_base_is_told(checkout: Path, base: str) -> None:
    done = contribute(checkout, base)
    assert done.status == 2
    assert f"error: {base}: expected a commit of this repository" in done.log
    assert not done.summary
