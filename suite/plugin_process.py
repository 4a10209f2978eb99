"""The process that imports plugin files for the suite's own, shut off from labels and network.

A plugin file is code, and what stands outside its functions runs when the file is imported. The
suite's own process reads labels and scores runs: it learns what the files define from here.
"""

from __future__ import annotations

import inspect
import json
import os
import signal
import sys
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import fields
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any, get_args

from suite.contract import Params, Plugin, Published, Source
from suite.errors import PluginError, RunnerError
from suite.loading import (
    BrokenPluginError,
    Part,
    field_breaches,
    load_plugin,
    one_line,
    own_files,
    shown,
)
from suite.parents import die_with_parent
from suite.runner import sandbox

if TYPE_CHECKING:
    import subprocess

# Of one plugin file, or one question; files are imported in milliseconds when they import no
# library.
LIMIT_SECONDS = 60.0
# Of an answer; the longest of the project's own has 5,000.
MOST_CHARACTERS = 200_000
_UNSOUND = "the process that imported it gave no sound description of it"
_NO_ANSWER = (OSError, EOFError, ValueError, TypeError, RecursionError)
_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from suite.plugin_process import serve; serve(*map(int, sys.argv[2:4]), sys.argv[4])"
)


class PluginProcess:
    """The suite's end: starts the process when it is needed, and anew where a plugin ended it.

    It lives as long as this object, which the cost functions of the plugins hold. All plugins share
    it, so that one can lie about those behind it. What it says is therefore checked like any
    stranger's data, and is believed for what it is about: which runs there are. Each run loads its
    plugin itself.
    """

    def __init__(self, plugins: Iterable[tuple[Path, str | None]]) -> None:
        """Nothing is started yet.

        Args:
            plugins: Path and dotted name of each file that will be described; None as in
                `load_plugin`.
        """
        self._plugins = [(str(path), module) for path, module in plugins]
        self._lock = Lock()
        self._stream: IO[str] | None = None
        self._end: Callable[[], object]
        # What became of plugins that gave no answer: they are not asked again.
        self._silent: dict[Path, str] = {}

    def describe(self, path: Path, module: str | None) -> Plugin:
        """Have a plugin file imported.

        Args:
            path: The file, one of those told at first.
            module: Its dotted name, as there.

        Returns:
            What it defines. `build` and `parameters` have their docstrings alone, and raise
            `PluginError` when they are called; a function for the costs asks the process.

        Raises:
            BrokenPluginError: See `load_plugin`; also where the file ends the process, or is not
                imported within `LIMIT_SECONDS`.
            RunnerError: No process can be started.
            DataError: `$SUITE_DATA_DIR` is no folder.
        """
        answer = self._ask(path, module)
        try:
            if "broken" in answer:
                line, reason, part = answer["broken"]
                raise BrokenPluginError(path, int(line), one_line(str(reason)),
                                        part if part in get_args(Part) else "file")  # fmt: skip
            plugin = self._plugin(path, module, answer)
            breach = next(field_breaches(plugin), "")
        except BrokenPluginError:
            raise
        except Exception as error:
            raise BrokenPluginError(path, 1, _UNSOUND) from error
        if breach:
            raise BrokenPluginError(path, 1, breach, "fields")
        return plugin

    def _plugin(self, path: Path, module: str | None, facts: dict[str, Any]) -> Plugin:
        known: dict[str, float] = {}

        def cost(images: int, params: Params) -> float:
            key = json.dumps([images, dict(params)], sort_keys=True)
            if key not in known:
                answer = self._ask(path, module, images, dict(params))
                if "cost" not in answer:
                    raise BrokenPluginError(path, 1, f"cost_hint gave {answer}"[:200])
                known[key] = float(answer["cost"])
            return known[key]

        published = tuple(Published(**result) for result in facts["source"]["published"])
        hint = facts["cost_hint"]
        return Plugin(
            title=facts["title"],
            family=facts["family"],
            view=facts["view"],
            build=_absent(path, facts["build"]),
            parameters=_absent(path, facts["parameters"]),
            source=Source(**{**facts["source"], "published": published}),
            params=facts["params"],
            variants=facts["variants"],
            presets=facts["presets"],
            uses_validation=facts["uses_validation"] is True,
            random=facts["random"] is True,
            cost_hint=cost if hint is None else hint,
            requires=tuple(facts["requires"]),
        )

    def _ask(self, path: Path, module: str | None, *cost: object) -> dict[str, Any]:
        """The answer about a plugin.

        Raises:
            BrokenPluginError: There is none.
        """
        question = json.dumps([str(path), module, *cost])
        with self._lock:
            while path not in self._silent:
                fresh = self._stream is None
                stream = self._stream or self._started()
                try:
                    stream.write(question + "\n")
                    stream.flush()
                    return _read(stream)
                except BaseException as error:
                    status, self._stream = self._end(), None
                    if isinstance(error, TimeoutError):
                        self._silent[path] = f"was not imported within {LIMIT_SECONDS:g} s"
                    elif not isinstance(error, _NO_ANSWER):
                        raise
                    elif fresh:  # else a plugin imported before may have done it: ask a new one
                        ended = f"ended the process that imported it ({status})"
                        self._silent[path] = ended if isinstance(error, EOFError) else _UNSOUND
        raise BrokenPluginError(path, 1, self._silent[path])

    def _started(self) -> IO[str]:
        import socket
        import subprocess
        import tempfile

        first = json.dumps([self._plugins, [str(place) for place in _closed()]])
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.settimeout(LIMIT_SECONDS)
            stream = ours.makefile("rw", encoding="ascii")
            scratch = Path(tempfile.mkdtemp(prefix="suite-")).resolve()
            arguments = [json.dumps(sys.path), str(os.getpid()), str(theirs.fileno()), str(scratch)]
            try:
                process = subprocess.Popen(  # noqa: S603  # Python, with code of ours
                    [sys.executable, "-c", _START, *arguments],
                    env={**os.environ, **sandbox.homes(scratch)},
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=2,  # what a file prints while it is imported is no output of the suite
                    start_new_session=True,
                )
            except OSError as error:
                stream.close()
                scratch.rmdir()
                raise RunnerError(
                    f"no process can be started to import plugins: {error}"
                ) from error
        self._end = weakref.finalize(self, _end, process, stream, scratch)
        try:
            stream.write(first + "\n")
            stream.flush()
            _read(stream)
        except _NO_ANSWER as error:
            raise RunnerError("the process that imports plugins could not begin; standard error "
                              f"has its reason ({self._end()})") from error  # fmt: skip
        self._stream = stream
        return stream


def _read(stream: IO[str]) -> dict[str, Any]:
    line = stream.readline(MOST_CHARACTERS)
    if not line:
        raise EOFError
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise TypeError
    return answer


def _end(process: subprocess.Popen[bytes], stream: IO[str], scratch: Path) -> str:
    """End the process and what it started; returns how it ended."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    status = process.wait()
    with suppress(OSError):
        stream.close()
    sandbox.remove_tree(scratch)
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _absent(path: Path, docstring: str | None) -> Callable[..., Any]:
    """Stands for a function of a plugin."""

    def absent(*arguments: object, **named: object) -> Any:
        raise PluginError(f"{shown(path)}: the suite's own process has no code of plugins. Load it "
                          "with suite.loading.load_plugin")  # fmt: skip

    # As `inspect.getdoc` gives it, which would take the indentation of all lines but the first.
    absent.__doc__ = f"\n{docstring}" if isinstance(docstring, str) else None
    return absent


def _closed() -> list[Path]:
    """Where labels and records lie, for folders of the import path that hold such."""
    open_ = [folder.resolve() for folder in sandbox.readable()]
    if all(any(f.is_relative_to(o) for o in open_) for f in sandbox.import_folders([])):
        return []
    from suite.data.known import DATASETS
    from suite.data.sources import places
    from suite.source_hash import PROJECT_ROOT

    found = [place.path for info in DATASETS.values() for place in places(info)]
    return [*found, PROJECT_ROOT / "results", Path("results").absolute()]


def serve(parent: int, descriptor: int, scratch: str) -> None:
    """The whole life of the process, until the suite closes the socket or is gone.

    Args:
        parent: Process ID of the suite.
        descriptor: The process's end of the socket.
        scratch: A folder of its own.
    """
    die_with_parent(parent)
    with os.fdopen(descriptor) as questions, os.fdopen(os.dup(descriptor), "w") as answers:
        plugins, closed = json.loads(questions.readline())
        own: list[Path] = []
        for path, module in plugins:
            with suppress(Exception):  # loading it says what is wrong
                own += own_files(Path(path), module)
        _prepare({(Path(path).parent, module) for path, module in plugins if module})
        given = sandbox.enter(own, [Path(scratch)], map(Path, closed))
        _write(answers, json.dumps({"sandbox": given}))
        loaded: dict[str, Plugin] = {}
        for question in questions:
            _write(answers, _answer(loaded, *json.loads(question)))


def _write(stream: IO[str], line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


def _prepare(plugins: set[tuple[Path, str]]) -> None:
    """Look through the import path and write bytecode, neither of which can be done later.

    Args:
        plugins: Folder and dotted name of each that belongs to a package.
    """
    for top in {module.partition(".")[0] for _, module in plugins}:
        with suppress(ImportError, ValueError):
            find_spec(top)
    for folder in {folder for folder, _ in plugins} if not sys.dont_write_bytecode else ():
        for file in folder.glob("*.py"):
            with suppress(Exception):  # no Python
                SourceFileLoader(file.stem, str(file)).get_code(file.stem)


def _answer(loaded: dict[str, Plugin], path: str, module: str | None, *cost: Any) -> str:
    try:
        if path not in loaded:
            loaded[path] = load_plugin(Path(path), module)
        plugin = loaded[path]
        if cost:
            assert callable(plugin.cost_hint)
            return json.dumps({"cost": float(plugin.cost_hint(*cost))})
        return json.dumps(_facts(plugin))
    except BrokenPluginError as error:
        denied = isinstance(error.__cause__, PermissionError) and not sandbox.obstacle()
        reason = f"{error.reason}: closed to models" if denied else error.reason
        return json.dumps({"broken": [error.line, reason, error.part]})
    except BaseException as error:  # KeyboardInterrupt, or what its own classes raise
        return json.dumps({"broken": [1, f"raised {type(error).__name__}", "file"]})


def _facts(plugin: Plugin) -> dict[str, Any]:
    cost, source = plugin.cost_hint, plugin.source
    published = [_fields(Published, result) for result in source.published]
    return {
        "title": plugin.title,
        "family": plugin.family,
        "view": plugin.view,
        "build": inspect.getdoc(plugin.build),
        "parameters": inspect.getdoc(plugin.parameters),
        "source": _fields(Source, source) | {"published": published},
        "params": dict(plugin.params),
        "variants": {name: dict(values) for name, values in plugin.variants.items()},
        "presets": {name: dict(values) for name, values in plugin.presets.items()},
        "uses_validation": bool(plugin.uses_validation),
        "random": bool(plugin.random),
        "cost_hint": None if callable(cost) else cost,
        "requires": list(plugin.requires),
    }


def _fields(kind: type, value: object) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(kind)}
