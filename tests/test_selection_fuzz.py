"""Whatever is written for models, it selects some or is refused in a line or two, at once."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from suite.errors import PluginError, UsageError
from suite.grammar import spell
from suite.registry import Registry, discover
from suite.selection import plugin_files, select
from tests.fuzzing import JUNK, check_told, fuzzed, mangle, quick

NAMES = st.sampled_from(["svm", "SVM", "knn", "mlp", "xgboost", "cmasch",
                         "machine-learning_mastery", "svm2", "./x.py", "/dev/zero.py",
                         "~nobody-of-this-name/x.py"])  # fmt: skip
PARAMETERS = st.sampled_from(["C", "kernel", "gamma", "epochs", "n_estimators", "max_depth",
                              "hidden_layer_sizes", "scaling", "n_neighbors", "seed"])  # fmt: skip
WORDS = st.sampled_from(["1", "1e400", "9" * 390, "9" * 5_000, "-0.0", "0.1", "none", "true", "rbf",
                         "scale", "auto", "()", "(1,(2,(3)))", "standard", '"a b"', "'\"'", "nan",
                         "inf", "1e-400", "0x10", "²", "١"])  # fmt: skip
VALUES = (
    WORDS | JUNK.filter(lambda junk: not isinstance(junk, dict)).map(spell) | st.text(max_size=8)
)
GRIDS = VALUES | st.lists(VALUES, min_size=1, max_size=4).map(lambda many: f"[{','.join(many)}]")
CHANGES = st.lists(st.tuples(PARAMETERS, GRIDS), max_size=4).map(
    lambda pairs: f"[{','.join('='.join(pair) for pair in pairs)}]"
)
VARIANTS = st.sampled_from(["", "/default", "/same_padding", "/linear", "/nosuch", "/"])
ITEMS = st.builds("{}{}{}".format, NAMES, VARIANTS, CHANGES | st.just(""))
WRITTEN = st.lists(ITEMS, min_size=1, max_size=4).map(",".join)
LONG = st.tuples(
    st.sampled_from(["svm", "svm[", "svm[C=", "svm[C=[1,", ""]),
    st.sampled_from(
        ["(", "[", "[C=", "svm,", "1,", "svm/", ".py", ".py ", "\\", " ", "'", "a", "9"]
    ),
    st.integers(1, 20_000),
).map(lambda parts: parts[0] + parts[1] * parts[2])


@pytest.fixture(scope="module")
def registry() -> Registry:
    return discover()


@fuzzed()
@given(data=st.data(), text=WRITTEN | LONG | st.text() | st.text("svm[]()=,/.py'\"\\ 1e-~\n"))
@example(data=None, text=f"svm[C=[{','.join(map(str, range(1, 40_000)))}]]")
@example(data=None, text="svm[C=[0,1,2,3,4],gamma=[0,1,2,3,4],kernel=[a,b,c,d,e]]," * 1_000 + "svm")
@example(data=None, text="svm[C=[0,1,2,3,4],gamma=[0,1,2,3,4,5,6,7,8,9,none,scale]]," * 200 + "knn")
@example(data=None, text=",".join(["knn[n_neighbors=[1,2,3]]"] * 9_000))
@example(data=None, text="a" * 120_000)
@example(data=None, text="svm[C=" + "(" * 60_000)
@example(data=None, text="x" * 300 + ".py")
@example(data=None, text="a\nb.py")
@example(data=None, text="~nobody-of-this-name/x.py")
def test_any_text_selects_models_or_is_refused(
    registry: Registry, data: st.DataObject | None, text: str
) -> None:
    if data is not None and data.draw(st.booleans()):
        text = mangle(data, text.encode("utf-8", "replace")).decode("utf-8", "surrogateescape")
    with quick(20):
        try:
            files = plugin_files([text])
            discover(files) if files else None
            chosen = select(registry, [text])
        except (PluginError, UsageError) as error:
            check_told(error)
            return
    assert 0 < len(chosen) <= 10_000
    assert len({(one.model.name, one.variant) for one in chosen}) == len(chosen)
    for one in chosen[:20]:
        assert one.label.isprintable()
        (again,) = select(registry, [one.label if one.variant else f"{one.model.name}/default"])
        assert again.variant == one.variant
