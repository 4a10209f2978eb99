from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.contract import Plugin, Source
from suite.errors import UsageError
from suite.registry import Broken, Model, Registry
from suite.selection import (
    Selection,
    find_model,
    identity,
    label,
    plugin_files,
    select,
    select_models,
)


def plugin(
    family: str = "classic",
    params: Mapping[str, Any] | None = None,
    variants: Mapping[str, Mapping[str, Any]] | None = None,
) -> Plugin:
    return Plugin(
        title="A model",
        family=family,
        view="flat",
        build=lambda **_: None,
        parameters=lambda fitted: 0,
        source=Source(name="test"),
        params=params or {},
        variants=variants or {},
    )


SVM = plugin(
    params={"C": 10.0, "kernel": "rbf", "degree": 3, "gamma": "scale", "shrinking": True},
    variants={"linear": {"kernel": "linear"}, "weak": {"C": 1}},
)
NET = plugin(
    "cnn",
    params={"epochs": 12, "widths": (32, 64), "rates": [0.5], "decay": None, "padding": "valid"},
    variants={"same_padding": {"padding": "same"}},
)


def model(name: str, plugin: Plugin, missing: tuple[str, ...] = ()) -> Model:
    return Model(name=name, path=Path(f"/p/{name}.py"), module=None, plugin=plugin, missing=missing)


REGISTRY = Registry(
    models={
        "gone": model("gone", plugin("boosted"), ("nolib",)),
        "big_net": model("big_net", NET),
        "svm": model("svm", SVM),
    },
    broken=(Broken(path=Path("/p/my-tree.py"), line=7, message="ValueError: no"),),
)


def labels(*models: str, families: tuple[str, ...] = ()) -> list[str]:
    return [selection.label for selection in select(REGISTRY, models, families)]


def one(text: str) -> Selection:
    (selection,) = select(REGISTRY, [text])
    return selection


def test_a_plain_name_is_the_defaults_and_each_variant() -> None:
    assert labels("svm") == ["svm", "svm/linear", "svm/weak"]
    assert [s.variant for s in select(REGISTRY, ["svm"])] == ["", "linear", "weak"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("svm/default", ["svm"]),
        ("svm/linear", ["svm/linear"]),
        ("BIG-NET/Same-Padding", ["big_net/same_padding"]),
        ("svm[C=1,kernel=poly]", ["svm[C=1,kernel=poly]"]),
        ("svm[kernel=poly,C=1]", ["svm[C=1,kernel=poly]"]),
        ("svm[C=[1,10,100]]", ["svm/weak", "svm", "svm[C=100]"]),
        ("svm/linear[C=[1,2]]", ["svm[C=1,kernel=linear]", "svm[C=2,kernel=linear]"]),
        ("svm[C=[2,3],degree=[4,5]]", [f"svm[C={c},degree={d}]" for c in (2, 3) for d in (4, 5)]),
        ("svm[kernel=linear]", ["svm/linear"]),
        ("svm[C=10.0]", ["svm"]),
        ("svm/default,svm[C=10],svm", ["svm", "svm/linear", "svm/weak"]),
        ("big-net[widths=(32,64)]", ["big_net"]),
        ("big-net[widths=[(32),(8,8.0)]]", ["big_net[widths=(32)]", "big_net[widths=(8,8)]"]),
        ("big-net[rates=(1)]", ["big_net[rates=(1.0)]"]),
    ],
)
def test_selections(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


def test_all_are_those_installed_in_order() -> None:
    expected = ["big_net", "big_net/same_padding", "svm", "svm/linear", "svm/weak"]
    assert labels() == expected
    assert labels(families=("cnn",)) == expected[:2]
    assert labels(families=("classic, CNN",)) == expected
    assert labels("svm/linear", "big_net", families=("classic",)) == ["svm/linear"]


def test_parameters_are_complete_and_read_only() -> None:
    selection = one("svm[C=1,degree=2.0]")
    assert dict(selection.params) == {**SVM.params, "C": 1.0, "degree": 2}
    assert isinstance(selection.params["C"], float)
    assert isinstance(selection.params["degree"], int)
    with pytest.raises(TypeError):
        selection.params["C"] = 2  # type: ignore[index]
    assert one("big-net/default").params["widths"] == [32, 64]


def test_changing_a_list_of_a_selection_changes_no_other() -> None:
    one("big-net/default").params["rates"].append(1)
    assert one("big-net/default").params["rates"] == [0.5]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("svm[gamma=0.01]", 0.01),
        ("svm[degree=2.5]", 2.5),
        ("svm[degree=none]", None),
        ("svm[shrinking=false]", False),
        ("svm[kernel='1']", "1"),
        ("big_net[decay=0.1]", 0.1),
        ("big_net[decay=auto]", "auto"),
        ("big_net[epochs=3.0]", 3),
    ],
)
def test_values_that_fit(text: str, value: object) -> None:
    name = text.partition("[")[2].partition("=")[0]
    assert one(text).params[name] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("svmm", "unknown model 'svmm'. Did you mean svm"),
        ("xyz", "Known: big_net, gone, svm"),
        ("p/svm", "'p/svm' is read as a variant of a model 'p', which there is not. Write svm"),
        ("p/xyz", "Known: big_net, gone, svm"),
        ("svm/lineer", "svm has no variant 'lineer'. Did you mean linear"),
        ("big_net[epoch=1]", "big_net has no parameter 'epoch'. Did you mean epochs"),
        ("gone", "gone needs nolib, not installed here. Install with: pip install nolib"),
        ("my_tree", r"the model my_tree can't be used. /p/my-tree.py:7: ValueError: no"),
        ("svm[C=abc]", "expected a number such as 10 or 0.5 (default 10.0)"),
        ("svm[C=true]", "expected a number"),
        ("svm[C=(1,2)]", "expected a number"),
        ("svm[shrinking=1]", "expected true or false"),
        ("big_net[widths=[1,2]]", "expected a list such as (100,10); square brackets try"),
        ("big_net[epochs=0]", "expected a whole number of epochs"),
        ("big_net[epochs=1.5]", "expected a whole number of epochs"),
        ("big_net[epochs=true]", "expected a whole number of epochs"),
        ("big_net[epochs=none]", "expected a whole number of epochs"),
        ("svm[C=1" + "0" * 350 + "]", "the number is too large"),
        (f"svm[C=[{','.join(map(str, range(101)))}],degree=[{','.join(map(str, range(101)))}]]",
         "10,201 combinations"),
        ("./nowhere.py", "nowhere.py was not loaded"),
        ("~nobody-of-this-name/x.py", "x.py was not loaded"),
        ("x" * 300 + ".py", "x was not loaded"),
        (",".join(f"svm[C={n},degree=[{','.join(map(str, range(100)))}]]" for n in range(101)),
         "more than 10,000 models"),
        ("x" * 3000, "unknown model 'xxx"),
        ("svm/" + "x" * 3000, "svm has no variant 'xxx"),
        (f"svm[{'x' * 3000}=1]", "svm has no parameter 'xxx"),
    ],
)  # fmt: skip
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(REGISTRY, [text])
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


def test_families_that_are_unknown_or_leave_nothing() -> None:
    with pytest.raises(UsageError, match=r"unknown family 'cn'\. Did you mean cnn"):
        select(REGISTRY, (), ["cn"])
    with pytest.raises(UsageError, match="none of those named is of the family cnn"):
        select(REGISTRY, ["svm"], ["cnn"])
    with pytest.raises(UsageError, match=r"no model is installed; gone .* pip install nolib"):
        select(REGISTRY, (), ["boosted"])
    with pytest.raises(UsageError, match="there is no model"):
        select(Registry(models={}))


def test_find_model_finds_one_that_is_not_installed() -> None:
    assert find_model(REGISTRY, "Gone").missing == ("nolib",)


def test_plugin_files_and_select_models(tmp_path: Path) -> None:
    mine = tmp_path / "my-model.py"
    mine.write_text(
        "from suite.contract import Plugin, Source\n"
        "def build(*, seed, threads, depth): ...\n"
        "PLUGIN = Plugin(title='Mine', family='own', view='flat', build=build,"
        " params={'depth': 3}, variants={'deep': {'depth': 9}},"
        " parameters=lambda fitted: 0, source=Source(name='test'))\n"
    )
    texts = [f"svm[C=1],{mine}", f"{mine}[depth=5],{mine}/deep"]
    assert plugin_files(texts) == (mine,)
    registry, chosen = select_models(texts[1:])
    assert [s.label for s in chosen] == ["my_model[depth=5]", "my_model/deep"]
    assert registry.models["my_model"].path == mine.resolve()


def test_the_hash_of_parameters_is_fixed() -> None:
    # printf '{"C":2.0,"degree":3,"gamma":"scale","kernel":"rbf","shrinking":true}' | sha256sum
    assert one("svm[C=2]").variant == "05f7068370"
    # the same in [ ], then ,{"threads":2}
    assert identity(SVM, {**SVM.params, "C": 2}, {"threads": 2}) == "ea58102140"


def test_equal_numbers_are_one_row() -> None:
    for params in ({"C": 10}, {"C": 10.0, "degree": 3.0}, {"degree": 3}):
        assert identity(SVM, {**SVM.params, **params}) == ""
    zeros = [identity(SVM, {**SVM.params, "C": zero}) for zero in (0, 0.0, -0.0)]
    assert len(set(zeros)) == 1
    assert identity(SVM, {**SVM.params, "gamma": 1}) != identity(SVM, {**SVM.params, "gamma": True})


def test_extras_make_a_row_of_its_own() -> None:
    variants = {identity(SVM, SVM.params), identity(SVM, SVM.params, {"threads": 2})}
    assert len(variants) == 2
    hashed = identity(SVM, SVM.params, {"threads": 2})
    assert label("svm", SVM, hashed, SVM.params, {"threads": 2}) == "svm (threads=2)"
    weak = {**SVM.params, "C": 1}
    assert label("svm", SVM, "0123456789", weak, {"threads": 2}) == "svm/weak (threads=2)"


def test_labels_of_records_whose_plugin_changed_or_is_gone() -> None:
    assert label("svm", SVM, "old_variant", {"C": 3}) == "svm/old_variant"
    assert label("svm", None, "", {"C": 3}) == "svm"
    assert label("svm", None, "0123456789", {"C": 3, "k": "a b"}) == 'svm[C=3,k="a b"]'
    assert label("svm", SVM, "0123456789", {**SVM.params, "old": 1}) == "svm[old=1]"


words = st.text(st.characters(exclude_categories=("C", "Z")), max_size=8)
numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "C": numbers.map(lambda x: float(x) + 0.0),
            "kernel": words | st.booleans() | st.none(),
            "degree": numbers,
            "gamma": numbers | words,
            "shrinking": st.booleans(),
        },
    )
)
def test_a_label_selects_the_same_parameters(changes: dict[str, Any]) -> None:
    params = {**SVM.params, **changes}
    variant = identity(SVM, params)
    text = label("svm", SVM, variant, params)
    assert select(REGISTRY, [text])[0].variant == variant


heads = st.sampled_from(["svm", "big-net", "svm/linear", "gone", "svm[", "[C=", "]", ",", "1", "("])


@given(st.text() | st.lists(heads).map("".join))
def test_any_text_gives_a_selection_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        assert select(REGISTRY, [text])
