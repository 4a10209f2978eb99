"""What all errors of ours have in common."""

from __future__ import annotations

from suite.errors import DataError, SuiteError, did_you_mean, place_of


def test_a_terminal_obeys_no_name_in_a_message() -> None:
    error = DataError("a\x1b[2Jb: expected a file.\nGet \u202eit again.")
    assert str(error) == r"a\x1b[2Jb: expected a file." "\n" r"Get \u202eit again."


def test_other_messages_stay_as_they_are() -> None:
    assert str(SuiteError("größer als 10 × 10")) == "größer als 10 × 10"


def test_a_hint_names_the_nearest_words_or_all() -> None:
    assert did_you_mean("fasion", ["fashion", "mnist"]) == " Did you mean fashion?"
    assert did_you_mean("x", ["b", "a"]) == " Known: a, b."
    assert did_you_mean("x", []) == ""


def test_a_place_is_one_line_whatever_names_lead_there() -> None:
    assert place_of(["dataset", "sums", 3]) == "dataset.sums.3"
    assert place_of(["dataset", "a\nb\x1b"]) == r"dataset.a\nb\x1b"
    assert len(place_of(["x" * 5_000])) == 100
    assert place_of([]) == "the file"
