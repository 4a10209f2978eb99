"""A record of each version of the schema stays readable, scorable and reportable for ever.

`history/v<n>/` are results folders with one record, written by the suite when n was its version.
They are never changed: a version that can't read one of them is no version to release.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.site import write_report
from suite.audit.known import Known
from suite.audit.validate import validate
from suite.records.record import SCHEMA
from suite.records.store import read
from suite.registry import Registry
from suite.stats.scoring import score_all

HISTORY = Path(__file__).parent / "history"
# Of each version the record's JSON as it was written, and what its predictions are worth.
RECORDS = {1: ("6925e2534dd173b47a8a6d3792790657efcffc2f5b100b4d637d8ca79be4fae4", 0.55)}


@pytest.mark.parametrize("version", RECORDS)
def test_a_record_of_an_old_version_is_read_scored_and_reported(
    version: int, tmp_path: Path
) -> None:
    folder = HISTORY / f"v{version}"
    sha256, accuracy = RECORDS[version]
    contents = read(folder)
    assert contents.damaged == ()
    (run,) = contents.runs
    text = run.path.read_bytes()
    assert hashlib.sha256(text).hexdigest() == sha256, "the file itself was changed"
    assert json.loads(text)["schema"] == version
    (scored,), _ = score_all(contents)
    assert scored.accuracy == accuracy
    report = write_report(contents, tmp_path)
    assert [row.accuracy_mean for row in report.rows] == [accuracy]
    assert run.record.model in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize("version", RECORDS)
def test_a_record_of_an_old_version_is_valid_though_its_model_is_gone(version: int) -> None:
    known = Known(Registry(models={}), now=datetime.now(UTC))
    audit = validate(HISTORY / f"v{version}", known)
    now = [finding for finding in audit.findings if finding.field != "started_at"]
    assert [(finding.field, finding.severity) for finding in now] == [("model", "warning")]


def test_every_version_up_to_this_one_has_its_record() -> None:
    assert set(RECORDS) == set(range(1, SCHEMA + 1))
    assert {path.name for path in HISTORY.iterdir()} == {f"v{version}" for version in RECORDS}
