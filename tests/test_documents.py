"""What README and CONTRIBUTING say is true."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest

from suite.registry import discover
from suite.selection import select

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
PACKAGES = ("suite", "reports", "baselines", "cnn")


def modules() -> list[str]:
    found = (path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    return sorted(str(p.relative_to(ROOT)) for p in found if p.name != "__init__.py")


def said_of_modules() -> dict[str, str]:
    """What docs/layout.md says of each module, by its path."""
    text = (ROOT / "docs" / "layout.md").read_text()
    return dict(re.findall(r"^- \[`\w+\.py`\]\(\.\./(.+?)\): (.+)$", text, re.MULTILINE))


def first_sentence(module: str) -> str:
    docstring = ast.get_docstring(ast.parse((ROOT / module).read_text())) or ""
    return docstring.split("\n\n")[0].replace("\n", " ").rstrip(".")


def test_the_layout_tells_of_every_module_but_contributed_plugins_what_its_docstring_tells():
    plugins = {name for name in modules() if re.match(r"(baselines|cnn)/[^_]", name)}
    said = said_of_modules()
    assert set(modules()) - plugins <= set(said) <= set(modules())
    assert said == {name: first_sentence(name) for name in said}


def suite_commands() -> list[str]:
    lines = (README + CONTRIBUTING).replace("`", "\n").splitlines()
    found = (re.search(r"(?:python -m )?suite (\w+.*)$", line.split("  #")[0]) for line in lines)
    return sorted({match.group(1).strip() for match in found if match and "-" in match.group(1)})


@pytest.mark.parametrize("command", suite_commands())
def test_commands_name_options_that_exist(command):
    from typer.main import get_command

    from suite.cli import app

    verb, *arguments = shlex.split(command)
    options = {
        option
        for parameter in get_command(app).commands[verb].params  # type: ignore[attr-defined]
        for option in parameter.opts
    }
    assert {word for word in arguments if word.startswith("--")} <= options


def test_every_command_is_documented():
    from typer.main import get_command

    from suite.cli import app

    text = README + (ROOT / "CHANGELOG.md").read_text()
    verbs = get_command(app).commands  # type: ignore[attr-defined]
    assert not [verb for verb in verbs if not re.search(rf"suite {verb}\b|`{verb}`", text)]


def test_models_that_are_named_as_examples_exist():
    registry = discover()
    named = re.findall(r"--models '?([^'\s]+)'?", README)
    assert len(named) >= 3
    for selection in named:
        if not selection.startswith("./"):
            assert select(registry, [selection])


def test_the_rules_of_check_are_documented():
    from suite.checks.rules import FILE_RULES, RUN_RULES

    rows = [f"| `{rule.id}` | {rule.sentence} |" for rule in (*FILE_RULES, *RUN_RULES)]
    text = (ROOT / "docs" / "checks.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("| `")] == rows
