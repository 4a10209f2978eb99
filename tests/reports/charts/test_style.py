from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

import pytest

from reports.charts import style
from reports.charts.style import accuracy_axis, by_family, error, family_of, row_names
from reports.rows import build_rows
from suite.stats.scoring import Scored


@pytest.fixture
def rows(sweep: list[Scored], descriptions):
    return build_rows(sweep, descriptions)


def test_every_colour_has_one_for_the_dark_theme():
    rules = files("reports").joinpath("static", "chart_colours.css").read_text()
    families = [*style.FAMILY_STYLES.values(), *style.OTHER_STYLES]
    for colour in (style.INK, style.SOFT, style.PAPER, *(colour for colour, _ in families)):
        for property_ in ("fill", "stroke"):
            pattern = rf'\[{property_}="{colour}"\] {{ {property_}: light-dark\({colour}, #'
            assert re.search(pattern, rules), (property_, colour)
    assert f'[stroke="{style.GRID}"]' in rules


def test_families_differ_in_colour_and_in_shape(rows):
    colour, shape = by_family(rows)
    assert colour["scale"] == {"domain": ["classic", "cnn"], "range": ["#0072b2", "#d55e00"]}
    assert shape["scale"]["range"] == ["circle", "triangle-up"]
    others = [
        replace(row, family=name) for row, name in zip(rows, ["x", None, "cnn"], strict=False)
    ]
    colour, shape = by_family(others)
    assert colour["scale"]["domain"] == ["cnn", "other", "x"]
    assert len(set(colour["scale"]["range"])) == len(set(shape["scale"]["range"])) == 3
    assert [family_of(row) for row in others] == ["x", "other", "cnn"]


def test_a_single_family_needs_no_legend(rows):
    assert "legend" not in by_family(rows)[0]
    assert by_family(rows[:1])[0]["legend"] is None


def test_names_are_cut_between_words_and_stay_apart(rows):
    def named(*labels: str) -> list[str]:
        return row_names(replace(rows[0], label=label) for label in labels)

    assert named("svm", "knn") == ["svm", "knn"]
    assert named("fashion_mnist_report/one_layer_augmented") == [
        "fashion_mnist_report/\none_layer_augmented"
    ]
    assert named("random_forest[n_estimators=50,criterion=entropy]") == [
        "random_forest[n_estimators=50,\ncriterion=entropy]"
    ]
    assert named("x" * 300, "x" * 299, "x" * 300) == [
        f"{'x' * 30}\n{'x' * 29}…{end}" for end in ("", " #2", " #3")
    ]


def test_no_errors_are_half_an_error():
    assert error(1.0, 10_000) == 0.005
    assert error(0.9, 10_000) == 10.0
    axis = accuracy_axis([error(1.0, 10_000), 90.0], "accuracy", 15)
    assert axis["scale"]["domain"][0] > 0
