"""`suite run` and `suite plan` as a user meets them."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from suite.records.store import read

DIGITS = ("--datasets", "digits", "--preset", "smoke")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--datasets", "fasion"), "unknown dataset 'fasion'. Did you mean fashion?"),
        (("--datasets", ","), "no dataset is named"),
        (("--models", "sv"), "unknown model 'sv'"),
        (("--models", "dummy/fast"), "fast"),
        (("--models", "dummy[C=1]"), "C"),
        (("--models", "svm[C="), "svm[C="),
        (("--models", "./nowhere.py"), "nowhere.py"),
        (("--family", "cnns"), "unknown family 'cnns'"),
        (("--family", ","), "--family is ',', expected names such as cnn"),
        (("--family", ""), "the value of --family is empty"),
        (("--results", ""), "the value of --results is empty"),
        (("--preset=",), "the value of --preset is empty"),
        (("--preset=a=",), "unknown preset 'a='"),
        (("--site", "results/site"), "lie within each other"),
        (("--site", "results"), "lie within each other"),
        (("--preset", "quik"), "unknown preset 'quik'. Did you mean quick?"),
        (("--protocol", "holdot"), "unknown protocol 'holdot'. Did you mean holdout?"),
        (("--preset", "smoke-n600"), "Use --preset smoke --train-sizes 600"),
        (("--train-sizes", "0"), "'0' is no number of training images"),
        (("--train-sizes", "-600"), "'-600' is no number of training images"),
        (("--train-sizes", "six"), "'six' is no number of training images"),
        (("--train-sizes", "600,100,600"), "600 stands twice"),
        (("--train-sizes", "9,600"), "train size 9: too few images of digits for one of each"),
        (("--seeds", "many"), "'many'"),
        (("--seeds", "-1"), "-1"),
        (("--seeds", "0"), "'0'"),
        (("--jobs", "0"), "--jobs 0"),
        (("--threads", "999"), "--threads 999: expected 1 to"),
        (("--timeout", "soon"), "'soon'"),
        (("--memory", "much"), "'much'"),
        (("--config", "nowhere.toml"), "nowhere.toml"),
        (("--results", "a-file"), "a-file is a file"),
        (("--site", "a-file", "--models", "dummy"), "a-file"),
        (("--sites", "x"), "--sites"),
    ],
)
def test_bad_input_is_told_in_a_line_or_two_and_exits_2(suite, tmp_path, arguments, told):
    (tmp_path / "a-file").write_text("")
    done = suite("run", *DIGITS, *arguments)
    assert done.returncode == 2, done
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    if done.stderr.startswith("error: "):
        assert len(done.stderr.splitlines()) <= 2


def test_a_sweep_records_reports_and_goes_on(suite, tmp_path, fakes):
    models = ("--models", f"dummy,nearest_centroid,{fakes / 'raises_in_fit.py'}")
    first = suite("run", *DIGITS, *models)
    assert first.returncode == 1, first
    assert "3 runs to do (holdout, smoke)" in first.stdout
    assert re.search(r"about \d", first.stdout)
    assert "ValueError: in fit: did not converge" in first.stdout
    for name in ("index.html", "leaderboard.md", "leaderboard.json", "leaderboard.csv"):
        assert (tmp_path / "site" / name).stat().st_size > 0
    rows = json.loads((tmp_path / "site/leaderboard.json").read_text())["rows"]
    assert {row["model"] for row in rows} == {"dummy", "nearest_centroid", "raises_in_fit"}

    before = {run.record.digest for run in read(tmp_path / "results").runs}
    second = suite("run", *DIGITS, *models)
    assert second.returncode == 1, second  # one of its runs is not ok
    assert "0 runs to do" in second.stdout
    assert "3 recorded and current" in second.stdout
    assert {run.record.digest for run in read(tmp_path / "results").runs} == before

    fine = suite("run", *DIGITS, "--models", "dummy")
    assert fine.returncode == 0, fine
    assert "0 runs to do" in fine.stdout


def test_force_and_changed_code_run_again_and_keep_the_old_record(suite, tmp_path, fakes):
    mine = tmp_path / "mine.py"
    text = (fakes / "fine.py").read_text()
    mine.write_text(text)
    assert suite("run", *DIGITS, "--models", "./mine.py").returncode == 0
    mine.write_text(text.replace("np.zeros(len(X), dtype=int)", "np.ones(len(X), dtype=int)"))
    changed = suite("run", *DIGITS, "--models", "./mine.py")
    assert "1 run to do" in changed.stdout
    assert "1 of them again, by changed code" in changed.stdout
    mine.write_text(mine.read_text() + "\n# a remark changes nothing\n")
    assert "0 runs to do" in suite("run", *DIGITS, "--models", "./mine.py").stdout
    assert "1 run to do" in suite("run", *DIGITS, "--models", "./mine.py", "--force").stdout
    aside = tmp_path / "results/superseded/digits/holdout-smoke/mine"
    assert sorted(path.name for path in aside.glob("*.json")) == ["seed-0.1.json", "seed-0.2.json"]


def test_a_damaged_record_is_told_and_its_run_done_again(suite, tmp_path):
    assert suite("run", *DIGITS, "--models", "dummy").returncode == 0
    path = tmp_path / "results/digits/holdout-smoke/dummy/seed-0.json"
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    report = suite("report")
    assert report.returncode != 0
    assert "seed-0.json" in report.stderr
    done = suite("run", *DIGITS, "--models", "dummy")
    assert done.returncode == 0, done
    assert "seed-0.json" in done.stderr
    assert "1 run to do" in done.stdout
    assert len(read(tmp_path / "results").runs) == 1
    assert (tmp_path / "results/superseded/digits/holdout-smoke/dummy/seed-0.1.json").exists()


def test_the_report_leaves_out_datasets_that_it_would_have_to_download(suite, tmp_path):
    nowhere = {"SUITE_DATA_DIR": "", "HOME": str(tmp_path), "KERAS_HOME": str(tmp_path),
               "SUITE_CACHE_DIR": str(tmp_path / "cache")}  # fmt: skip
    assert suite("run", *DIGITS, "--models", "dummy").returncode == 0
    shutil.copytree(tmp_path / "results/digits", tmp_path / "results/mnist")
    done = suite("run", *DIGITS, "--models", "dummy", env=nowhere)
    assert done.returncode == 0, done
    assert "left out of the report: records of mnist" in done.stdout
    page = (tmp_path / "site/index.html").read_text()
    assert "mnist" not in page.replace("fashion-mnist-suite", "")


def test_fail_fast_stops_at_the_first_failure(suite, tmp_path, fakes):
    models = f"{fakes / 'raises_in_fit.py'},{fakes / 'sleeps.py'}"
    done = suite("run", *DIGITS, "--models", models, "--jobs", 1, "--seeds", 3, "--fail-fast")
    assert done.returncode == 1, done
    assert [run.record.model for run in read(tmp_path / "results").runs] == ["raises_in_fit"]


@pytest.mark.parametrize("verb", [("plan",), ("run", "--dry-run")])
def test_a_plan_shows_the_runs_and_does_none(suite, tmp_path, verb):
    done = suite(*verb, "--datasets", "digits", "--models", "dummy,svm", "--seeds", 2)
    assert done.returncode == 0, done
    assert " runs to do (holdout, standard); about" in done.stdout
    assert re.search(r"svm\s+digits\s+2\s", done.stdout)
    assert not (tmp_path / "results").exists()


def test_a_sweep_file_is_heeded_and_options_go_before_it(suite, tmp_path):
    (tmp_path / "sweep.toml").write_text(
        'datasets = ["digits"]\nmodels = ["dummy"]\npreset = "quick"\nseeds = 2\n'
    )
    assert "2 runs to do (holdout, quick)" in suite("plan", "--config", "sweep.toml").stdout
    done = suite("plan", "--config", "sweep.toml", "--seeds", 1, "--preset", "smoke")
    assert "1 run to do (holdout, smoke)" in done.stdout


def test_a_site_that_can_t_be_written_is_told_before_anything_is_trained(suite, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "page").mkdir()
    (tmp_path / "page/index.html").write_text("mine")
    for site, told in (("file", "it is a file"), ("page", "no page of the suite's")):
        done = suite("run", *DIGITS, "--models", "dummy", "--site", site)
        assert done.returncode == 2
        assert told in done.stderr
        assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    "verb", ["export", "report", "reproduce", "release x", "compare svm knn", "verify svm"]
)
def test_a_results_folder_that_is_not_there_is_not_an_empty_one(suite, verb):
    done = suite(*verb.split(), "--results", "misspelt")
    assert done.returncode == 2
    assert "misspelt" in done.stderr


def test_what_a_terminal_can_t_show_ends_nothing(suite):
    done = suite("reproduce", "--models", "cmasch", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done


def test_a_second_run_on_one_folder_is_refused(suite, start, fakes):
    running = start("run", *DIGITS, "--models", fakes / "sleeps.py")
    try:
        assert "1 run to do" in running.stdout.readline()
        done = suite("run", *DIGITS, "--models", "dummy")
        assert done.returncode == 2
        assert "another run is writing" in done.stderr
    finally:
        running.terminate()
        running.communicate()


def test_a_broken_plugin_file_is_told_and_the_others_run(suite, tmp_path):
    (tmp_path / "broken.py").write_text("from suite.contract import Plugin\n\nPLUGIN = Plugni()\n")
    done = suite("run", *DIGITS, "--models", "dummy,./broken.py")
    assert done.returncode == 2
    assert "broken.py:3" in done.stderr
    assert "Traceback" not in done.stderr


def test_training_sizes_are_recorded_reported_and_taken_up_again(suite, tmp_path):
    sweep = ("run", "--datasets", "digits", "--preset", "standard", "--seeds", 1,
             "--models", "nearest_centroid,decision_tree", "--train-sizes")  # fmt: skip
    first = suite(*sweep, "100,400")
    assert first.returncode == 0, first
    assert "4 runs to do (holdout, standard, train sizes 100 400)" in first.stdout
    assert "protocol holdout, preset standard-n400" in first.stdout  # for want of all images
    assert "Not publishable: trained on 400 images" in " ".join(first.stdout.split())
    page = (tmp_path / "site/models/decision_tree.html").read_text()
    assert "--preset standard --train-sizes 100 --seeds 1" in re.sub("<[^>]*>", "", page)
    before = {run.path: run.record.digest for run in read(tmp_path / "results").runs}
    assert len(before) == 4

    second = suite(*sweep, "100,400,60000")
    assert second.returncode == 0, second
    assert "2 runs to do" in second.stdout
    assert "4 recorded and current" in second.stdout
    assert "a train size of 60,000 means all 1,149 images" in " ".join(second.stdout.split())
    board = json.loads((tmp_path / "site/leaderboard.json").read_text())
    assert (board["preset"], board["publishable"]) == ("standard", True)
    after = {run.path: run.record.digest for run in read(tmp_path / "results").runs}
    assert after.items() >= before.items()
    folders = {path.parent.parent.name for path in after}
    assert folders == {"holdout-standard", "holdout-standard-n100", "holdout-standard-n400"}

    ordinary = suite(*sweep[:-1])
    assert "0 runs to do (holdout, standard); 2 recorded and current" in ordinary.stdout
    assert "0 runs to do" in suite(*sweep, "400").stdout
    assert json.loads((tmp_path / "site/leaderboard.json").read_text())["preset"] == "standard"


def test_a_plan_tells_training_sizes_apart_and_a_sweep_file_may_have_them(suite, tmp_path):
    (tmp_path / "sweep.toml").write_text(
        'datasets = ["digits"]\nmodels = ["dummy"]\nseeds = 2\ntrain_sizes = [100, 60000]\n'
    )
    done = suite("plan", "--config", "sweep.toml")
    assert done.returncode == 0, done
    assert re.search(r"dummy\s+digits\s+100\s+2\s", done.stdout)
    assert re.search(r"dummy\s+digits\s+1,149\s+2\s", done.stdout)
    done = suite("plan", "--config", "sweep.toml", "--train-sizes", "50")
    assert "2 runs to do (holdout, standard, train sizes 50)" in done.stdout
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("columns", ["60", "160"])
def test_output_fits_the_terminal(suite, columns):
    done = suite("run", *DIGITS, "--models", "dummy,nearest_centroid", env={"COLUMNS": columns})
    assert done.returncode == 0, done
    table = [line for line in done.stdout.splitlines() if "dummy" in line and "/" not in line]
    assert table
    assert all(len(line) <= int(columns) for line in table)
