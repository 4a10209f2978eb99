"""Whatever lies in a record's place, it is told as a finding, and nothing crashes."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from suite.audit.known import Known
from suite.audit.outside import read_predictions
from suite.audit.validate import examine
from suite.errors import DataError, RecordError
from suite.records.archive import pack_archive
from suite.records.arrays import RunArrays
from suite.records.record import digest_of
from suite.records.store import StoredRun, read_run
from suite.stats.scoring import score_all
from tests.fuzzing import check_told, fuzzed, hostile_npy, mangle, npy, quick, spoil

STEM = "digits/holdout-quick/counts_epochs/seed-0"


@pytest.fixture(scope="module")
def place(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with one record, whose files each case writes anew."""
    folder = tmp_path_factory.mktemp("fuzz") / "results"
    for suffix in (".json", ".npz"):
        target = folder / f"{STEM}{suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made / f"{STEM}{suffix}", target)
    return folder


@pytest.fixture(scope="module")
def original(place: Path) -> tuple[bytes, bytes]:
    return (place / f"{STEM}.json").read_bytes(), (place / f"{STEM}.npz").read_bytes()


def look(place: Path, known: Known, content: bytes, archive: bytes) -> Any:
    """What validation says; the store's reader and the scoring have to take it, too."""
    path = place / f"{STEM}.json"
    path.write_bytes(content)
    path.with_suffix(".npz").write_bytes(archive)
    examined = examine(path, place, known)
    for finding in examined.findings:
        assert str(finding).isprintable()
        json.dumps(finding.to_content(), allow_nan=False).encode()
    try:
        run = read_run(path, place)
    except RecordError as error:
        check_told(error, remedy=False)
        return examined
    assert isinstance(run, StoredRun)
    scored, damaged = score_all([run])
    assert len(scored) + len(damaged) == 1
    return examined


@fuzzed()
@given(data=st.data())
def test_a_record_with_any_content_is_told(
    place: Path, original: tuple[bytes, bytes], known: Known, data: st.DataObject
) -> None:
    content, archive = json.loads(original[0]), original[1]
    spoil(data, content)
    try:
        content["digest"] = digest_of(content)
        text = json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        text = json.dumps(content).encode()
    examined = look(place, known, text, archive)
    if content != json.loads(original[0]) and examined.record is None:
        assert examined.findings


@fuzzed()
@given(data=st.data())
def test_a_record_with_any_bytes_is_told(
    place: Path, original: tuple[bytes, bytes], known: Known, data: st.DataObject
) -> None:
    text = mangle(data, original[0])
    examined = look(place, known, text, original[1])
    assert examined.findings or text == original[0]


@fuzzed()
@given(data=st.data())
def test_arrays_with_any_bytes_are_told(
    place: Path, original: tuple[bytes, bytes], known: Known, data: st.DataObject
) -> None:
    archive = mangle(data, original[1])
    examined = look(place, known, original[0], archive)
    assert examined.findings or archive == original[1]


@fuzzed()
@given(
    arrays=st.dictionaries(
        st.sampled_from(["predictions", "confidence", "validation_predictions", "other"]),
        st.sampled_from(["|u1", "<u2", ">u2", "<i8", "<f4", "|b1", "<U3", "|S2", "<c8", "<M8[s]"])
        .map(np.dtype)
        .flatmap(lambda kind: arrays_of.arrays(kind, st.sampled_from([(), (0,), (360,), (2, 3)]))),
        max_size=4,
    )
)
def test_arrays_of_any_kind_are_told_though_their_sums_are_right(
    place: Path, original: tuple[bytes, bytes], known: Known, arrays: dict[str, np.ndarray]
) -> None:
    content = json.loads(original[0])
    if "predictions" in arrays and "other" not in arrays:
        content["arrays_sha256"] = RunArrays(**arrays).sha256()
    content["digest"] = digest_of(content)
    text = json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"
    examined = look(place, known, text, pack_archive(arrays))
    assert not examined.is_valid


CELLS = st.sampled_from(
    ["0", "1", "2", " 9 ", "-1", "1.0", "nan", "", "1_0", '"', "9" * 30, "9" * 5_000]
) | st.text(max_size=5)
TABLES = st.tuples(
    st.sampled_from(["index,prediction", "index,prediction,confidence"]),
    st.lists(st.lists(CELLS, min_size=2, max_size=3).map(",".join), min_size=2, max_size=4),
).map(lambda parts: "\n".join([parts[0], *parts[1]]).encode("utf-8", "replace"))
RIGHT = b"index,prediction,confidence\n0,1,0.5\n1,2,1\n2,9,0\n"


@fuzzed()
@given(suffix=st.sampled_from([".csv", ".npz", ".npy", ".x"]), data=st.data())
def test_a_file_of_predictions_with_any_content_is_read_or_refused(
    original: tuple[bytes, bytes], suffix: str, data: st.DataObject
) -> None:
    archive = pack_archive({"prediction": np.zeros(3, np.uint8)})
    content = data.draw(
        st.sampled_from([RIGHT, original[1], archive, npy(np.arange(3))])
        | st.binary(max_size=400) | TABLES | hostile_npy()
    )  # fmt: skip
    if suffix == ".npz" and data.draw(st.booleans()):
        content = zipped(data.draw(st.dictionaries(
            st.sampled_from(["prediction", "index", "confidence"]) | st.text(max_size=9),
            st.just(npy(np.arange(3))) | hostile_npy(), max_size=3,
        )))  # fmt: skip
    if data.draw(st.booleans()):
        content = mangle(data, content)
    try:
        with quick():
            arrays = read_predictions(content, Path(f"x{suffix}"), 3)
    except DataError as error:
        check_told(error, lines=1, remedy=False)
        return
    assert arrays.predictions.shape == (3,)
    assert arrays.predictions.dtype == np.uint8
    assert arrays.confidence is None or arrays.confidence.shape == (3,)


def zipped(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(f"{name.encode('utf-8', 'replace').decode()}.npy", member)
    return content.getvalue()
