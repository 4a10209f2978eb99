from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.errors import UsageError
from suite.grammar import Item, Value, parse, spell


def only(text: str) -> Item:
    items = parse(text)
    assert len(items) == 1
    return items[0]


@pytest.mark.parametrize(
    ("text", "name", "variant", "changes"),
    [
        ("svm", "svm", None, None),
        (" svm ", "svm", None, None),
        ("net/same-padding", "net", "same-padding", None),
        ("svm[C=1,kernel=poly]", "svm", None, {"C": (1,), "kernel": ("poly",)}),
        ("svm[C=[1,10,100]]", "svm", None, {"C": (1, 10, 100)}),
        ("net/wide[epochs=3]", "net", "wide", {"epochs": (3,)}),
        ("svm [ C = 1 , kernel = [ a, b ] ]", "svm", None, {"C": (1,), "kernel": ("a", "b")}),
        ("svm[max-iter=5]", "svm", None, {"max_iter": (5,)}),
    ],
)
def test_items(
    text: str, name: str, variant: str | None, changes: dict[str, tuple[Value, ...]] | None
) -> None:
    item = only(text)
    assert (item.name, item.path, item.variant, item.changes) == (name, None, variant, changes)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-3", -3), ("1.", 1.0), (".5", 0.5), ("1e-3", 0.001), ("-0.0", 0.0),
        ("true", True), ("False", False), ("none", None), ("None", None), ("sqrt", "sqrt"),
        ("'a, b'", "a, b"), ('"1"', "1"), (r'"say \"x\" \\"', 'say "x" \\'), ("''", ""),
        ("()", []), ("(100)", [100]), ("(100,)", [100]), ("(100, 10)", [100, 10]),
        ("((1,2),(a))", [[1, 2], ["a"]]), ("1x", "1x"), ("nan", "nan"), ("-", "-"),
    ],
)  # fmt: skip
def test_values(text: str, value: Value) -> None:
    changes = only(f"m[p={text}]").changes
    assert changes is not None
    (found,) = changes["p"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "path", "variant"),
    [
        ("./my/model.py", "my/model.py", None),
        ("model.py", "model.py", None),
        ("/a b/my-model.py", "/a b/my-model.py", None),
        ("../m.py/wide", "../m.py", "wide"),
        ("~/m.py [C=1]", "~/m.py", None),
        ('"a,b[1].py/x.py"/wide', "a,b[1].py/x.py", "wide"),
    ],
)
def test_paths(text: str, path: str, variant: str | None) -> None:
    item = only(text)
    assert (item.name, item.path, item.variant) == ("", Path(path), variant)


def test_several_items() -> None:
    items = parse("svm[C=[1,2],w=(3,4)], a/b,\n./x.py[k='a,b'],c")
    assert [item.text for item in items] == ["svm[C=[1,2],w=(3,4)]", "a/b", "./x.py[k='a,b']", "c"]


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 1, "a model's name or a path"),
        ("svm,", 5, "a model's name"),
        ("svm knn", 5, "a comma or the end"),
        ("svm[", 5, "a parameter's name"),
        ("svm[]", 5, "a parameter's name"),
        ("svm[C]", 6, "= and a value"),
        ("svm[C=]", 7, "a value"),
        ("svm[C=1", 8, "a comma or ]"),
        ("svm[C=1 2]", 9, "a comma or ]"),
        ("svm[C=[]]", 8, "a value"),
        ("svm[C=[1]", 10, "a comma or ]"),
        ("svm[C=1,C=2]", 9, "each parameter once"),
        ("svm/", 5, "a variant's name"),
        ("svm]", 4, "a comma or the end"),
        ("svm[k='a]", 10, "a closing quote"),
        ("svm[k='a\n']", 9, "a closing quote"),
        ("svm[C=1e999]", 7, "a number that is not too large"),
        ("svm[C=" + "(" * 9, 16, "at most 8 lists"),
        ("'svm'", 1, "a path ending in .py"),
        ("./model", 1, "a model's name or a path"),
        ("a\nb.py", 3, "a comma or the end"),
        ("svm\x00", 4, "characters that can be printed"),
        ("a\ud800", 2, "characters that can be printed"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, position: int, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert f"at character {position}," in str(caught.value)
    assert f"expected {expected}" in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
    | st.text(st.characters(exclude_categories=("C", "Z"))),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


def nesting(value: object) -> int:
    return 1 + max(map(nesting, value), default=0) if isinstance(value, list) else 0


@given(values.filter(lambda value: nesting(value) <= 8))
def test_what_is_spelled_reads_back(value: Value) -> None:
    changes = only(f"m[p={spell(value)}]").changes
    assert changes is not None
    (found,) = changes["p"]
    assert found == value
    assert repr(found) == repr(value)


@given(st.text() | st.text("svm[]()=,/.py'\"\\ 1e-"))
def test_any_text_gives_items_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        assert all(item.name or item.path for item in parse(text))


@pytest.mark.parametrize(
    ("value", "numeric", "text"),
    [
        (1.0, True, "1"), (1.0, False, "1.0"), (0.1, True, "0.1"), (1e300, True, "1e+300"),
        ("poly", False, "poly"), ("1", False, '"1"'), ("true", False, '"true"'),
        ("a b", False, '"a b"'), ("", False, '""'), (True, True, "true"), (None, True, "none"),
        ((1, 0.5), False, "(1,0.5)"),
    ],
)  # fmt: skip
def test_spelling_is_short_but_never_ambiguous(value: Value, numeric: bool, text: str) -> None:
    assert spell(value, numeric=numeric) == text
