"""What parameters mean is told where they are defined, and for every model of the project."""

from __future__ import annotations

from typing import Any

import pytest

from suite.contract import Plugin, Source
from suite.meanings import SHARED, meanings
from suite.registry import discover


def plugin(docstring: str | None, **params: Any) -> Plugin:
    def build(*, seed: int, threads: int, **params: Any) -> Any: ...

    build.__doc__ = docstring
    return Plugin(title="A model", family="own", view="flat", build=build, params=params,
                  parameters=len, source=Source(name="me"))  # fmt: skip


def test_a_section_of_the_docstring_tells() -> None:
    told = meanings(plugin(
        """A classifier.

        Params:
            alpha: Weight of the penalty,
                in both: of l1 and l2.
            C: Strength.
            gone: Of a parameter that there is no more.

        Raises:
            beta: This is no parameter.
        """,
        C=1, alpha=2, beta=3, epochs=4,
    ))  # fmt: skip
    assert told == {
        "C": "Strength.",
        "alpha": "Weight of the penalty, in both: of l1 and l2.",
        "epochs": SHARED["epochs"],
    }


@pytest.mark.parametrize("docstring", [None, "", "A classifier.", "Params:", "Params:\nC: odd"])
def test_without_such_a_section_only_shared_names_are_known(docstring: str | None) -> None:
    assert meanings(plugin(docstring, C=1)) == {}
    assert meanings(plugin(docstring, epochs=1)) == {"epochs": SHARED["epochs"]}


def test_a_plugin_may_say_better_what_a_shared_name_means() -> None:
    text = "A net.\n\nParams:\n    epochs: Passes over an enlarged set."
    assert meanings(plugin(text, epochs=1)) == {"epochs": "Passes over an enlarged set."}


def test_every_parameter_of_the_projects_models_has_a_meaning() -> None:
    models = discover().models
    silent = {
        f"{name}.{parameter}"
        for name, model in models.items()
        for parameter in set(model.plugin.params) - set(meanings(model.plugin))
    }
    assert len(models) >= 30
    assert silent == set()
