"""Each rule has a plugin that breaks it and no other, and the suite survives all of them."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from suite.checks import speed_rule
from suite.checks.check import check
from suite.checks.rules import FILE_RULES, RUN_RULES
from suite.source_hash import PROJECT_ROOT

FAKES = Path(__file__).parent / "fakes"
TIME_LIMIT = 15.0
AT_A_TIME = 12

# Plugin: the rule that it breaks, a line of its file that is named, part of what is told.
EXPECTED = {
    "raises_at_import": ("loads", "SHARE = 1 / 0", "ZeroDivisionError"),
    "exits_at_import": ("loads", '"""Ends', "exit status 0"),
    "hangs_at_import": ("loads", '"""Never', "time limit"),
    "defines_no_plugin": ("loads", '"""Has', "no PLUGIN"),
    "wants_colours": ("fields", "PLUGIN", "view is 'colour'"),
    "is_worth_nothing": ("fields", "PLUGIN", "cost_hint is 0"),
    "takes_other_names": ("binds", "def build", "does not take"),
    "names_no_source": ("source", "PLUGIN", "source.name"),
    "has_a_bad_address": ("source", "PLUGIN", "example.org/fake"),
    "says_nothing": ("docstrings", "from __future__", "the file has no docstring"),
    "counts_without_words": ("docstrings", "def parameters", "parameters has no docstring"),
    "imports_the_suite": ("imports", "from suite.data.idx", "imports suite.data.idx"),
    "imports_at_the_top": ("light_import", "import numpy", "imports numpy outside a function"),
    "imports_in_disguise": ("light_import", '"""Imports', "loads tabulate"),
    "prints_at_import": ("light_import", '"""Prints', "'loaded"),
    "computes_at_import": ("light_import", '"""Computes', "s of processor time"),
    "holds_answers": ("hides_no_answers", "ANSWERS = (", "4,400 of them in"),
    "refuses_a_preset": ("builds", "raise ValueError", "under the preset quick"),
    "builds_no_classifier": ("builds", "def build", "without fit()"),
    "raises_in_fit": ("runs", "raise RuntimeError", "did not converge"),
    "hangs_in_fit": ("runs", "def fit", "time limit"),
    "prints_without_end": ("runs", "def fit", "time limit"),
    "exits_in_predict": ("runs", "def predict", "exit status 0"),
    "crashes_in_fit": ("runs", "ctypes.string_at", "SIGSEGV"),
    "tells_percent": ("epochs", "context.on_epoch", "expected a fraction of 1"),
    "centres_in_place": ("read_only_input", "X -= X.mean()", "read-only"),
    "unlocks_its_input": ("read_only_input", "def fit", "fit changed X"),
    "predicts_floats": ("predictions", "def predict", "expected integers"),
    "returns_scores_as_probabilities": ("probabilities", "def predict_proba", "Normalise"),
    "disagrees_with_itself": ("probabilities", "def predict_proba", "most probable"),
    "draws_anew": ("same_seed", "def build", "the same seed differ on"),
    "draws_from_all_s_generator": ("same_seed", "def build", "the same seed differ on"),
    "ignores_its_seed": ("random", "def build", "two seeds give the same model"),
    "hides_its_seed": ("random", "def build", "random is False"),
    "shares_an_array": ("shares_nothing", "def build", "after another one was fitted"),
    "counts_its_builds": ("shares_nothing", "def build", "built and fitted alike"),
    "builds_one_model": ("shares_nothing", "def build", "one object twice"),
    "centres_the_batch": ("one_image", "def predict", "of 5 images"),
    "exits_on_one_image": ("one_image", "def predict", "exit status 3"),
    "loses_images_between_batches": ("order", "def predict", "another order"),
    "learns_the_wrong_labels": ("beats_chance", "def build", "guessing"),
    "starts_threads": ("threads", "def build", "1 allowed"),
    "leaves_a_process": ("leaves_no_process", "def fit", "sleep"),
    "leaves_a_file": ("leaves_no_file", "def fit", "work/means.npy"),
    "leaves_a_temporary_file": ("leaves_no_file", "def fit", "tmp/tmp"),
    "tells_of_its_training": ("quiet", "def fit", "'training on 1000 images"),
    "counts_nothing": ("parameters", "def parameters", "expected 1 or more"),
    "counts_too_much": ("parameters", "def parameters", "bytes"),
    "counts_otherwise_each_time": ("parameters", "def parameters", "for the same model"),
    "forgets_the_intercepts": ("parameters", "def parameters", "coef_ and intercept_ gives 7,850"),
}
# Plugin: what of the closed places it opens, and a line of its file that is named.
OPENED = {
    "opens_test_labels": (
        "in fit it opens {data}/fashion/t10k-labels-idx1-ubyte (data: SUITE_DATA_DIR)",
        "self.answers = np.fromfile",
    ),
    "asks_for_test_labels": (
        "in predict it opens {cache}/fashion/train-images.npy (data: the suite's cache)",
        'return import_module("suite.data.datasets")',
    ),
    "reads_records": ("in fit it opens {project}/results (records)", "next(results.glob"),
}
FITTED_AGAIN = '''"""Is fitted, and then fitted again under other labels."""

from suite.contract import Plugin, Source

LABELS = []


def build(*, seed, threads):
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import (
        LinearDiscriminantAnalysis,
        QuadraticDiscriminantAnalysis,
    )
    from sklearn.naive_bayes import GaussianNB
    from sklearn.pipeline import make_pipeline

    class FitsOneTask(GaussianNB):
        def fit(self, X, y):
            LABELS.append(y.tolist())
            if LABELS[0] != LABELS[-1]:
                raise ValueError("other labels")
            return super().fit(X, y)

    class FitsOnce(GaussianNB):
        def fit(self, X, y):
            LABELS.append(y.tolist())
            if len(LABELS) > 1:
                raise RuntimeError("fitted before")
            return super().fit(X, y)

    return MODEL


def parameters(fitted):
    """More than none."""
    return 100


PLUGIN = Plugin(
    title="Fitted again", family="fake", view="flat", build=build, parameters=parameters,
    random=False, source=Source(name="a fake"),
)
'''
# Those that are checked in tests of their own.
APART = {
    "good", "sleeps_in_fit", "forgets_the_moving_means", "leaves_averages_unused", *OPENED,
}  # fmt: skip


@pytest.fixture(scope="module")
def reports(of_fakes):
    """Reports by fake, made for some fakes at a time: each test has a time limit, too."""
    names, made = list(EXPECTED), {}

    def get(name):
        if name not in made:
            start = names.index(name) // AT_A_TIME * AT_A_TIME
            some = names[start : start + AT_A_TIME]
            made.update(of_fakes(*some, lanes=2, timeout=TIME_LIMIT))
        return made[name]

    return get


def failed(reports):
    return [outcome for report in reports for outcome in report.failed]


def test_every_fake_is_tried():
    assert {path.stem for path in FAKES.glob("*.py")} == set(EXPECTED) | APART


def test_every_rule_has_a_fake():
    broken = {rule for rule, _, _ in EXPECTED.values()}
    broken |= {"fast_smoke", "reads_no_data", "averaged_weights"}
    assert broken == {rule.id for rule in (*FILE_RULES, *RUN_RULES)}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_fake_breaks_its_rule_and_no_other(reports, name):
    rule, line, told = EXPECTED[name]
    outcomes = failed(reports(name))
    assert [outcome.rule for outcome in outcomes] == [rule], outcomes
    assert told in outcomes[0].message
    text = (FAKES / f"{name}.py").read_text().splitlines()[outcomes[0].line - 1]
    assert text.lstrip().startswith(line)
    assert outcomes[0].remedy


@pytest.mark.parametrize("name", ["exits_on_one_image", "refuses_a_preset"])
def test_rules_behind_a_crash_are_judged_all_the_same(reports, name):
    statuses = {o.rule: o.status for o in reports(name)[1].outcomes}
    assert set(statuses.values()) == {"passed", "failed"}


def test_a_good_plugin_keeps_all_rules(of_fakes):
    reports = of_fakes("good")["good"]
    assert [report.label for report in reports] == ["good", "good", "good/fewer"]
    outcomes = [outcome for report in reports for outcome in report.outcomes]
    assert {outcome.status for outcome in outcomes} == {"passed"}, outcomes
    assert len(outcomes) == len(FILE_RULES) + 2 * len(RUN_RULES)


@pytest.fixture(scope="module", params=["there", "missing"])
def opened(of_fakes, request, tmp_path_factory):
    """Reports of fakes that look for answers, and the folder of the data; none are in it.

    That the files are missing stands for a sandbox that refuses them: opening them is an error.
    """
    data = tmp_path_factory.mktemp("data").resolve()
    (data / "fashion").mkdir()
    # Not what it should be, or else it would be looked for on the network.
    (data / "fashion" / "train-images-idx3-ubyte").touch()
    if request.param == "there":
        (data / "fashion" / "t10k-labels-idx1-ubyte").write_bytes(bytes(10_008))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUITE_DATA_DIR", str(data))
        return of_fakes(*OPENED, lanes=2, timeout=TIME_LIMIT), data


@pytest.mark.parametrize("name", OPENED)
def test_what_is_opened_is_named(opened, name):
    reports, data = opened
    told, line = OPENED[name]
    (outcome,) = [o for o in failed(reports[name]) if o.rule == "reads_no_data"]
    cache = os.path.realpath(os.environ["SUITE_CACHE_DIR"])
    assert outcome.message.startswith(told.format(data=data, cache=cache, project=PROJECT_ROOT))
    text = (FAKES / f"{name}.py").read_text().splitlines()[outcome.line - 1]
    assert text.lstrip().startswith(line)


@pytest.mark.skipif(find_spec("keras") is None, reason="Keras is not installed")
def test_averages_that_are_not_used(of_fakes):
    reports = of_fakes("leaves_averages_unused")["leaves_averages_unused"]
    assert [[o.rule for o in report.failed] for report in reports] == [
        [], ["averaged_weights"], ["averaged_weights"],
    ], reports  # fmt: skip


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        # Sound on 1,000 images, and not on 200.
        ("make_pipeline(PCA(256, random_state=0), LinearDiscriminantAnalysis())", "passed", ""),
        ("make_pipeline(PCA(20, random_state=0), QuadraticDiscriminantAnalysis())", "passed", ""),
        ("FitsOneTask()", "not checked", "under other labels: ValueError: other labels"),
        ("FitsOnce()", "failed", "RuntimeError: fitted before"),
    ],
)
def test_other_models_are_fitted_on_as_many_images(tmp_path, code, status, told):
    path = tmp_path / "fitted_again.py"
    path.write_text(FITTED_AGAIN.replace("MODEL", code))
    outcomes = [outcome for report in check([str(path)]) for outcome in report.outcomes]
    (outcome,) = [outcome for outcome in outcomes if outcome.rule == "shares_nothing"]
    assert outcome.status == status, outcome
    assert told in outcome.message


def test_a_smoke_run_that_is_slow(of_fakes, monkeypatch):
    monkeypatch.setattr(speed_rule, "SMOKE_SECONDS", 1.0)
    outcomes = failed(of_fakes("sleeps_in_fit")["sleeps_in_fit"])
    assert [outcome.rule for outcome in outcomes] == ["fast_smoke"]
    assert outcomes[0].message.startswith("1,000 images take ")


@pytest.mark.skipif(find_spec("keras") is None, reason="Keras is not installed")
def test_the_weights_of_a_network_are_counted_again(of_fakes):
    name = "forgets_the_moving_means"
    outcomes = failed(of_fakes(name)[name])
    assert [outcome.rule for outcome in outcomes] == ["parameters"]
    assert "Model.count_params() gives 4,106" in outcomes[0].message


def test_each_rule_says_what_it_asks_and_what_to_do():
    for rule in (*FILE_RULES, *RUN_RULES):
        assert rule.sentence.endswith(".")
        assert rule.remedy.endswith(".")
