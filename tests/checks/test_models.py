"""The project's own models keep the rules; `suite check --all` tries those left out here, too."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from suite.checks.check import check
from suite.checks.known import KNOWN
from suite.checks.rules import FILE_RULES, RUN_RULES
from suite.contract import Plugin
from suite.registry import discover
from suite.selection import select

pytestmark = pytest.mark.timeout(900)  # all models are checked before the first test
NETWORKS = ("heitorrapela", "machine_learning_mastery/default")


@pytest.fixture(scope="module")
def reports():
    models = discover().models.values()
    classic = [m.name for m in models if m.plugin.family == "classic" and not m.missing]
    networks = NETWORKS if find_spec("keras") else ()
    return list(check([*classic, *networks], lanes=2))


def test_the_models_of_the_project_keep_all_rules(reports):
    assert len(reports) > 40
    assert not [(report.label, outcome) for report in reports for outcome in report.failed]


def test_only_what_a_model_does_not_offer_is_not_checked(reports):
    unchecked = {
        (outcome.rule, outcome.message)
        for report in reports
        for outcome in report.outcomes
        if outcome.status == "not checked"
    }
    assert unchecked <= {("probabilities", "it has no predict_proba")}


def test_exceptions_name_models_and_rules_that_exist():
    registry = discover()
    rules = {rule.id for rule in (*FILE_RULES, *RUN_RULES)}
    for known in KNOWN:
        rows = select(registry, [known.model])
        assert known.variant in {row.variant for row in rows}
        assert known.rule in rules
        assert known.reason


def test_an_exception_that_is_not_needed_is_an_error(monkeypatch):
    (exception,) = [known for known in KNOWN if known.model == "dummy"]
    monkeypatch.setattr(
        "suite.checks.check.known_exceptions", lambda *row: {"order": exception}
    )  # fmt: skip
    failed = [outcome for report in check(["dummy"]) for outcome in report.failed]
    assert {outcome.rule for outcome in failed} == {"order", "beats_chance"}
    assert "keeps the rule, but is a known exception" in failed[0].message


def test_files_outside_the_project_have_no_exceptions(of_fakes, monkeypatch):
    monkeypatch.setattr(
        "suite.checks.check.known_exceptions", lambda *row: pytest.fail("it was asked")
    )  # fmt: skip
    assert isinstance(discover().models["dummy"].plugin, Plugin)
    assert of_fakes("good")["good"]
