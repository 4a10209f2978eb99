"""Records: round trips, sums and paths."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from suite.identity import canonical_json
from suite.records.arrays import RunArrays
from suite.records.record import (
    DatasetFacts,
    Environment,
    Record,
    RunError,
    RunKey,
    digest_of,
    make_record,
)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


@given(
    parameters=st.dictionaries(st.text(max_size=8), values, max_size=4),
    message=st.text(max_size=50),
    seed=st.integers(0, 2**32 - 1),
    history=st.lists(
        st.dictionaries(st.text(max_size=5), st.floats(-1e6, 1e6) | st.integers(0, 99), max_size=3),
        max_size=3,
    ),
)
def test_a_record_comes_back_from_its_file_as_it_was(parameters, message, seed, history):
    record = make_record(
        model="svm", parameters=parameters, source_hash="a" * 64, split_hash="b" * 64,
        dataset=DatasetFacts(name="digits", sums={}), protocol="holdout", preset="smoke",
        train_images=1, seed=seed, threads=1, status="failed", history=tuple(history) or None,
        error=RunError(type="E", message=message), started_at="x",
        environment=Environment(
            processor="", cores=1, memory_mib=1, system="", python="", packages={}
        ),
    )  # fmt: skip
    text = record.to_json()
    assert Record.model_validate_json(text) == record
    assert digest_of(json.loads(text)) == record.digest


def test_equal_content_has_equal_canonical_text():
    assert canonical_json({"b": 1, "a": [None, "é"]}) == '{"a":[null,"é"],"b":1}'
    assert digest_of({"a": 1, "digest": "x"}) == digest_of({"a": 1})


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0])
def test_a_time_is_a_finite_number_from_zero(make_run, bad):
    with pytest.raises((ValidationError, ValueError)):
        make_run(fit_wall_seconds=bad)


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a b", "x" * 101])
def test_a_name_can_t_lead_out_of_the_results_folder(make_run, name):
    with pytest.raises(ValidationError):
        make_run(model=name)
    with pytest.raises(ValidationError):
        make_run(dataset=DatasetFacts(name=name, sums={}))


def test_the_file_says_schema_and_holds_nothing_absent(make_run):
    content = json.loads(make_run()[0].to_json())
    assert content["schema"] == 1
    assert "error" not in content
    assert content["parameters"]["max_depth"] is None  # a value, not an absence


def test_an_unknown_field_is_refused(make_run):
    content = json.loads(make_run()[0].to_json()) | {"accuracy": 0.99}
    with pytest.raises(ValidationError, match="accuracy"):
        Record.model_validate(content)


@pytest.mark.parametrize(
    ("variant", "fold", "expected"),
    [
        ("", None, "mnist/full-quick/svm/seed-3"),
        ("same_padding", 2, "mnist/full-quick/svm--same_padding/seed-3-fold-2"),
    ],
)
def test_the_path_of_a_record(variant, fold, expected):
    key = RunKey(dataset="mnist", protocol="full", preset="quick", model="svm", variant=variant,
                 seed=3, fold=fold)  # fmt: skip
    assert key.stem == expected


def test_a_run_on_fewer_images_has_a_folder_of_its_own(make_run):
    record, _ = make_run(preset="standard-n600", dataset=DatasetFacts(name="mnist", sums={}))
    assert record.key.stem == "mnist/holdout-standard-n600/svm/seed-0"
    assert Record.model_validate_json(record.to_json()) == record


@pytest.mark.parametrize(
    "preset",
    ["standard-n0", "standard-n06", "standard-n", "standard-600", "-n600", "standard-n6/../..",
     "standard-n6-n5", "standard-n1234567890", "a/b", "..", ".standard-n600", ""],
)  # fmt: skip
def test_a_preset_s_name_is_a_word_with_a_number_of_images_at_most(make_run, preset):
    with pytest.raises(ValidationError):
        make_run(preset=preset)


def test_the_sum_of_arrays_sees_names_types_shapes_and_values():
    zeros = np.zeros(4, dtype=np.uint8)
    ones = np.ones(4, dtype=np.uint8)
    arrays = [
        RunArrays(predictions=zeros),
        RunArrays(predictions=ones),
        RunArrays(predictions=zeros[:3]),
        RunArrays(predictions=zeros, validation_predictions=zeros),
        RunArrays(predictions=zeros, confidence=np.zeros(4, dtype=np.uint16)),
        RunArrays(predictions=np.zeros(2, dtype=np.uint16)),  # type: ignore[arg-type]
    ]
    assert len({a.sha256() for a in arrays}) == len(arrays)
    assert RunArrays(predictions=zeros.copy()).sha256() == arrays[0].sha256()
