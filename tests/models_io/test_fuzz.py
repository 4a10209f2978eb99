"""Whatever is in a saved model's files, they are read or refused with an error of ours."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from suite.errors import ModelError
from suite.models_io.apart import classify
from suite.models_io.saved import read_saved
from tests.fuzzing import check_told, fuzzed, hostile_npy, junk, mangle, quick, spoil
from tests.models_io.reading import Reader

# A layer of millions of units would be made, which is for a process with a limit of memory.
MODEST = junk(st.integers(-64, 64) | st.integers(2**62, 2**80))


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


@fuzzed()
@given(data=st.data())
def test_a_description_with_any_content_is_read_or_refused(
    tmp_path: Path, saved: dict[str, Path], data: st.DataObject
) -> None:
    original = saved["skops"].with_suffix(".json").read_bytes()
    path = tmp_path / "model.skops"
    path.write_bytes(b"model")
    described = json.loads(original)
    described["file_sha256"] = hashlib.sha256(b"model").hexdigest()
    if data.draw(st.booleans()):
        spoil(data, described)
    content = json.dumps(described).encode()
    if data.draw(st.booleans()):
        content = data.draw(st.binary(max_size=200)) if data.draw(st.booleans()) else mangle(
            data, content)  # fmt: skip
    path.with_suffix(".json").write_bytes(content)
    try:
        with quick():
            found = read_saved(path)
    except ModelError as error:
        check_told(error, lines=1, remedy=False)
        return
    assert all(name.isprintable() for name in (found.model, *found.classes))
    assert len(found.classes) == 10


@pytest.fixture(scope="module")
def outcome() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


@fuzzed()
@given(data=st.data(), name=st.sampled_from(["skops", "svm", "hist"]))
def test_a_skops_model_of_any_members_is_read_or_refused(
    tmp_path: Path, saved: dict[str, Path], outcome: Reader, data: st.DataObject, name: str
) -> None:
    members = members_of(saved[name])
    arrays = sorted(set(members) - {"schema.json"})
    how = data.draw(st.sampled_from(["schema", "array", "header", "members"]))
    if how == "schema":
        schema = json.loads(members["schema.json"])
        spoil(data, schema)
        members["schema.json"] = json.dumps(schema).encode()
    elif how == "array":
        chosen = data.draw(st.sampled_from(arrays))
        members[chosen] = mangle(data, members[chosen])
    elif how == "header":
        members[data.draw(st.sampled_from(arrays))] = data.draw(hostile_npy())
    else:
        moved = members.pop(data.draw(st.sampled_from(sorted(members))))
        odd = st.text("0123456789./npyz", min_size=1, max_size=9)
        members[data.draw(st.sampled_from(arrays) | odd)] = moved
    path = tmp_path / "model.skops"
    path.write_bytes(packed(members))
    event(outcome(path, "skops"))


@fuzzed()
@given(data=st.data(), format_=st.sampled_from(["keras", "skops"]))
def test_an_archive_whose_directory_is_damaged_is_read_or_refused(
    tmp_path: Path, saved: dict[str, Path], outcome: Reader, data: st.DataObject, format_: str
) -> None:
    whole = saved[format_].read_bytes()
    tail = whole.rindex(b"PK\x01\x02") if data.draw(st.booleans()) else len(whole) - 60
    path = tmp_path / f"model.{format_}"
    path.write_bytes(whole[:tail] + mangle(data, whole[tail:]))
    event(outcome(path, format_))


@fuzzed(cost=3)
@given(data=st.data())
def test_a_network_of_any_layers_and_settings_is_read_or_refused(
    tmp_path: Path, saved: dict[str, Path], outcome: Reader, data: st.DataObject
) -> None:
    members = members_of(saved["keras"])
    config: dict[str, Any] = json.loads(members["config.json"])
    spoil(data, config, MODEST)
    members["config.json"] = json.dumps(config).encode()
    path = tmp_path / "model.keras"
    path.write_bytes(packed(members))
    event(outcome(path, "keras"))


@fuzzed(cost=75)
@given(data=st.data())
def test_weights_of_any_bytes_predict_or_are_refused_though_they_crash_a_process(
    plant: Callable[..., Path], saved: dict[str, Path], data: st.DataObject
) -> None:
    members = members_of(saved["keras"])
    members["model.weights.h5"] = mangle(data, members["model.weights.h5"])
    path = plant("keras", packed(members))
    try:
        answers = classify(path, read_saved(path), np.zeros((2, 28, 28), np.uint8))
    except ModelError as error:
        check_told(error, lines=1, remedy=False)
        return
    assert answers.classes.shape == (2,)
