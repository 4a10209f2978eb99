from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from suite import registry
from suite.cli import list as list_module
from suite.cli.list import list_models
from suite.errors import UsageError
from suite.registry import Registry, discover
from suite.source_hash import FAMILY_PACKAGES, PROJECT_ROOT

PLUGIN = """
from suite.contract import Plugin, Published, Source

print("loud")

def build(*, seed, threads, depth): ...

PLUGIN = Plugin(
    title="{title}", family="{family}", view="flat", build=build, params={{"depth": 3}},
    variants={{"deep": {{"depth": 9}}, "shallow": {{"depth": 1}}}}, parameters=lambda fitted: 0,
    requires={requires},
    source=Source(name="A paper", published=(
        Published(dataset="fashion", accuracy=0.89), Published(dataset="fashion", accuracy=0.9),
    )),
)
"""

# Typer may load pydantic by itself.
HEAVY = ("numpy", "scipy", "sklearn", "keras", "tensorflow", "xgboost", "lightgbm", "pandas")
_IN_A_PROCESS = f"""
import runpy, sys
sys.argv[1:] = {{arguments!r}}
try:
    runpy.run_module("suite", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
loaded = [name for name in {HEAVY!r} if name in sys.modules]
assert not loaded, loaded
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """The command over three plugins of its own, one of them broken and one not installed."""
    package = tmp_path / f"listed_{tmp_path.name}"
    package.mkdir()
    (package / "__init__.py").touch()
    tree = PLUGIN.format(title="A tree [fast]", family="classic", requires="()")
    net = PLUGIN.format(title="A net", family="deep", requires="('no_such_library',)")
    (package / "tree.py").write_text(tree)
    (package / "net.py").write_text(net)
    (package / "bad.py").write_text("x = 1\n1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)

    def found() -> Registry:
        return discover(packages={package.name: package})

    monkeypatch.setattr(registry, "entry_points", lambda group: [])
    monkeypatch.setattr(list_module, "discover", found)
    made = typer.Typer()
    made.command()(list_models)
    return made


def test_json_is_complete_and_alone_on_standard_output(
    app: typer.Typer, capfd: pytest.CaptureFixture[str]
) -> None:
    result = CliRunner().invoke(app, ["--json"])
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    tree, net = content["models"]
    assert (net["name"], net["installed"], tree["installed"]) == ("net", False, True)
    assert (net["missing"], net["install"]) == (["no_such_library"], "pip install no_such_library")
    assert tree["variants"] == ["deep", "shallow"]
    assert Path(tree["path"]).name == "tree.py"
    assert content["broken"][0]["line"] == 2
    assert capfd.readouterr().err == "loud\nloud\n"


@pytest.mark.parametrize("width", [60, 160])
def test_the_table_is_readable_at_any_width(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = CliRunner().invoke(app, []).stdout.splitlines()
    text = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= width
    for word in ("tree", "A tree [fast]", "deep", "shallow", "net", "no_such_library"):
        assert word in text
    assert ("A paper" in text) == (width == 160)


def test_each_broken_file_is_a_line_on_standard_error(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, [])
    broken = [line for line in result.stderr.splitlines() if line.startswith("broken: ")]
    assert len(broken) == 1
    assert broken[0].endswith("bad.py:2: ZeroDivisionError: division by zero")
    assert "bad.py" not in result.stdout


def test_families(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["--family", "Deep", "--json"])
    assert [model["name"] for model in json.loads(result.stdout)["models"]] == ["net"]
    result = CliRunner().invoke(app, ["--family", "deep,classic", "--json"])
    assert len(json.loads(result.stdout)["models"]) == 2
    result = CliRunner().invoke(app, ["--family", "clasic"])
    assert isinstance(result.exception, UsageError)
    assert "Did you mean classic" in str(result.exception)


def test_no_model_at_all(app: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_module, "discover", lambda: Registry(models={}))
    assert "no model" in CliRunner().invoke(app, []).stdout


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"]])
def test_listing_the_real_models_imports_no_heavy_library(arguments: list[str]) -> None:
    code = _IN_A_PROCESS.format(arguments=arguments)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    files = [f for p in FAMILY_PACKAGES for f in (PROJECT_ROOT / p).glob("[!_]*.py")]
    assert all(file.stem in done.stdout for file in files)
