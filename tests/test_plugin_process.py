"""What a plugin file does while it is imported reaches neither the suite's process nor labels."""

from __future__ import annotations

import builtins
import gc
import inspect
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from suite import plugin_process
from suite.contract import Plugin
from suite.errors import PluginError
from suite.identity import canonical_json
from suite.loading import BrokenPluginError, load_plugin
from suite.registry import discover
from suite.runner import sandbox
from suite.runner.plan import cost_of
from suite.stats import metrics

GOOD = '''
from suite.contract import Plugin, Published, Source


def build(*, seed, threads, depth, sizes):
    """A tree.

        Params:
          depth: How deep.
    """


def parameters(fitted):
    """Nothing."""
    return 0


def cost(images, params):
    return images / params["depth"]


PLUGIN = Plugin(
    title="A tree", family="own", view="flat", build=build, parameters=parameters, random=False,
    params={"depth": 3, "sizes": (1, 2.0, None)}, variants={"deep": {"depth": 9}},
    presets={"smoke": {"depth": 1}}, uses_validation=True, cost_hint=cost, requires=["json"],
    source=Source(name="test", published=[Published(dataset="mnist", accuracy=0.5)]),
)
'''
# What the process says of a plugin is put in place of what it is.
FORGED = """
import suite.plugin_process as process
sound = process._facts
process._facts = lambda plugin: {forged}
"""
needs_sandbox = pytest.mark.skipif(bool(sandbox.obstacle()), reason=sandbox.obstacle() or "-")


@pytest.fixture
def plant(tmp_path):
    def written(text, name="mine"):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        return path

    return written


def described(*paths: Path) -> dict[str, Plugin]:
    return {name: model.plugin for name, model in discover(paths, packages={}).models.items()}


def same(one: Plugin, other: Plugin) -> bool:
    """Whether two plugins have the same fields, and functions with the same docstrings."""
    plain = ("title", "family", "view", "uses_validation", "random")
    sets = ("params", "variants", "presets")
    return (
        all(getattr(one, name) == getattr(other, name) for name in plain)
        and all(_json(getattr(one, name)) == _json(getattr(other, name)) for name in sets)
        and inspect.getdoc(one.build) == inspect.getdoc(other.build)
        and inspect.getdoc(one.parameters) == inspect.getdoc(other.parameters)
        and tuple(one.requires) == tuple(other.requires)
        and one.source.name == other.source.name
        and tuple(one.source.published) == tuple(other.source.published)
        and callable(one.cost_hint) == callable(other.cost_hint)
        and cost_of(one, 600, one.params) == cost_of(other, 600, other.params)
    )


def _json(values):
    return canonical_json({name: v if not hasattr(v, "items") else dict(v)
                           for name, v in values.items()})  # fmt: skip


def test_a_description_is_what_the_file_defines(plant):
    path = plant(GOOD)
    plugin = described(path)["mine"]
    assert same(plugin, load_plugin(path, None))
    assert plugin.params["sizes"] == [1, 2.0, None]
    assert [type(size) for size in plugin.params["sizes"]] == [int, float, type(None)]
    for function in (plugin.build, plugin.parameters):
        with pytest.raises(PluginError, match=r"mine\.py: .* suite\.loading\.load_plugin"):
            function(seed=0)


def test_the_projects_models_are_described_as_they_are():
    models = discover().models
    assert len(models) >= 30
    wrong = [name for name, model in models.items()
             if not same(model.plugin, load_plugin(model.path, model.module))]  # fmt: skip
    assert not wrong


@needs_sandbox
@pytest.mark.parametrize(
    ("code", "denied"),
    [
        ("open('LABELS').read()", "LABELS"),
        ("open(f'/proc/{os.getppid()}/environ').read()", "/environ"),
        ("open('/tmp/suite-left-for-a-run', 'w')", "left-for-a-run"),
        ("open(__file__, 'w')", "mine.py"),
        ("import socket; socket.create_server(('127.0.0.1', 0))", "Permission denied"),
        pytest.param(
            "os.kill(os.getppid(), 9)", "not permitted",
            marks=pytest.mark.skipif(sandbox._abi() < 6, reason="Landlock 6 is about signals"),
        ),
    ],
)  # fmt: skip
def test_what_is_closed_to_runs_is_closed_while_a_file_is_imported(plant, tmp_path, code, denied):
    labels = tmp_path / "t10k-labels-idx1-ubyte"
    labels.write_bytes(b"label")
    path = plant("import os\n" + code.replace("LABELS", str(labels)) + GOOD)
    with pytest.raises(BrokenPluginError, match="closed to models") as caught:
        described(path)
    assert denied.replace("LABELS", str(labels)) in caught.value.reason
    assert caught.value.line == 2


@needs_sandbox
@pytest.mark.parametrize("data", ["inside", "elsewhere"])
def test_a_folder_of_the_import_path_is_closed_if_it_holds_labels(
    plant, tmp_path, monkeypatch, data
):
    library = tmp_path / "lib"
    for folder in (library / "inside" / "fashion", tmp_path / "elsewhere" / "fashion"):
        folder.mkdir(parents=True)
    (library / f"library_{data}.py").touch()
    place = {"inside": library / "inside", "elsewhere": tmp_path / "elsewhere"}[data]
    monkeypatch.setenv("SUITE_DATA_DIR", str(place))
    monkeypatch.syspath_prepend(library)
    path = plant(f"import library_{data}" + GOOD)
    if data == "inside":
        with pytest.raises(BrokenPluginError, match="library_inside"):
            described(path)
    else:
        assert described(path)


def test_nothing_of_a_file_is_in_the_suites_process(plant, capfd):
    accuracy, modules = metrics.accuracy, set(sys.modules)
    described(plant(
        "import builtins, os, suite.stats.metrics\n"
        "suite.stats.metrics.accuracy = lambda *arguments: 1.0\n"
        "builtins.cheated = True\n"
        "os.environ['CHEATED'] = 'yes'\n"
        "os.write(1, b'loud')\n" + GOOD
    ))  # fmt: skip
    assert metrics.accuracy is accuracy
    assert not hasattr(builtins, "cheated")
    assert "CHEATED" not in os.environ
    assert not [name for name in set(sys.modules) - modules if name.startswith("suite_plugin")]
    assert capfd.readouterr() == ("", "loud")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
        ("import os; os._exit(3)", "ended the process that imported it (exit status 3)"),
        ("import os; os.kill(os.getpid(), 9)", "ended the process that imported it (signal 9)"),
        ("while True: pass", "was not imported within 2 s"),
        ("import os\nfor n in range(3, 20):\n  try: os.close(n)\n  except OSError: pass", "ended"),
        (GOOD.replace('"A tree"', "5"), "title is 5, expected some text"),
        (GOOD.replace("3,", "'x' * 10**7,"), "params is longer than 10,000 characters"),
        (GOOD + FORGED.format(forged="sound(plugin) | {'title': 5}"), "title is 5"),
        (GOOD + FORGED.format(forged="sound(plugin) | {'title': 'x' * 10**6}"), "no sound"),
        (
            GOOD
            + FORGED.format(
                forged="sound(plugin) | {'presets': {}, 'variants': {}, 'params': "
                "{'a': 'x' * 20000}}"
            ),
            "params is longer than 10,000",
        ),
        (GOOD + FORGED.format(forged="sound(plugin) | {'params': {'a b': 1}}"), "no sound"),
        (GOOD + FORGED.format(forged="sound(plugin) | {'variants': 3}"), "no sound"),
        (GOOD + FORGED.format(forged="sound(plugin) | {'requires': 3}"), "no sound"),
        (GOOD + FORGED.format(forged="sound(plugin) | {'source': {}}"), "no sound"),
        (GOOD + FORGED.format(forged="sound(plugin) | {'cost_hint': -1}"), "cost_hint is -1"),
        (GOOD + FORGED.format(forged="{'broken': 3}"), "no sound"),
        (GOOD + FORGED.format(forged="{'broken': [7, 'a\\nb' + 'c' * 10**5, 8]}"), "a bccc"),
        (GOOD + FORGED.format(forged="[]"), "no sound"),
        (GOOD + FORGED.format(forged="{}"), "no sound"),
    ],
)
def test_a_file_that_can_not_be_described_is_broken_and_the_others_are_not(
    plant, tmp_path, monkeypatch, text, reason
):
    monkeypatch.setattr(plugin_process, "LIMIT_SECONDS", 2)
    package = tmp_path / f"package_{tmp_path.name}"
    package.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    for name, content in (("a", GOOD), ("b", text), ("c", GOOD)):
        (package / f"{name}.py").write_text(content)
    registry = discover(packages={package.name: package})
    assert set(registry.models) >= {"a"}
    assert [broken.path.stem for broken in registry.broken][:1] == ["b"]
    assert reason in registry.broken[0].message
    assert len(registry.broken[0].message) <= 400
    if "process._facts" not in text:  # else it speaks for those behind it, too
        assert set(registry.models) == {"a", "c"}


def test_a_file_is_not_blamed_for_what_one_before_it_did(plant):
    slow = "import time; time.sleep(1)\n" + GOOD
    killer = "import os, threading; threading.Timer(0.5, os._exit, [0]).start()\n" + GOOD
    models = described(plant(killer, "killer"), plant(slow, "slow"), plant(GOOD, "last"))
    assert set(models) >= {"killer", "slow", "last"}


def test_costs_are_asked_for_as_long_as_the_plugin_is_there(plant, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gc.collect()
    children = set(psutil.Process().children())
    plugin = described(plant(GOOD))["mine"]
    assert plugin.cost_hint(12, {"depth": 3}) == 4.0
    (process,) = set(psutil.Process().children()) - children
    process.kill()
    process.wait()
    assert plugin.cost_hint(12, {"depth": 3}) == 4.0  # which is known
    assert plugin.cost_hint(12, {"depth": 4}) == 3.0
    assert list(tmp_path.glob("suite-*"))
    del plugin
    gc.collect()
    assert set(psutil.Process().children()) <= children
    assert not list(tmp_path.glob("suite-*"))


@pytest.mark.parametrize(
    "body", ["1 / 0", "import os; os._exit(0)", "while True: pass", "return 'dear'"]
)
def test_a_cost_that_can_not_be_told(plant, monkeypatch, body):
    monkeypatch.setattr(plugin_process, "LIMIT_SECONDS", 2)
    plugin = described(plant(GOOD.replace('return images / params["depth"]', body)))["mine"]
    with pytest.raises(PluginError, match=r"mine\.py"):
        plugin.cost_hint(60_000, plugin.params)
    started = time.monotonic()
    assert cost_of(plugin, 60_000, plugin.params) == 0.0
    assert time.monotonic() - started < 1  # it is not waited for again
