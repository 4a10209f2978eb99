"""`suite check`: does a plugin keep the rules?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suite.cli import options as o
from suite.cli.say import say, say_json
from suite.errors import UsageError

if TYPE_CHECKING:
    from suite.checks.check import Report


def check(
    models: Annotated[
        list[str] | None,
        typer.Argument(metavar="MODEL or FILE...", help="Such as svm, svm/default, ./my_model.py."),
    ] = None,
    all_models: Annotated[
        bool, typer.Option("--all", help="Check all models that are installed.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", help="Models tried side by side.  \\[default: cores]"),
    ] = None,
    timeout: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Limit of each process: 90s, 5m.  \\[default: 5m]"),
    ] = None,
    require_sandbox: o.RequireSandbox = False,
    as_json: o.AsJson = False,
) -> None:
    """Check that plugins keep the rules: on small digits, in processes of their own.

    Exit status: 0 all rules are kept, 1 one is not, 2 bad usage.

    Examples: suite check ./my_model.py; suite check svm knn; suite check --all.
    """
    from suite.checks.check import TIMEOUT_SECONDS
    from suite.checks.check import check as run_checks
    from suite.config import parse_duration
    from suite.runner.sandbox import require

    if bool(models) == all_models:
        raise UsageError("name models or plugin files, or use --all")
    if require_sandbox:
        require()
    seconds = TIMEOUT_SECONDS if timeout is None else parse_duration(timeout)
    reports: list[Report] = []
    try:
        with closing(run_checks(models or (), lanes=jobs, timeout=seconds)) as running:
            for report in running:
                reports.append(report)
                if not as_json:
                    _show(report)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    failed = sum(len(report.failed) for report in reports)
    if as_json:
        facts = {"passed": not failed, "checks": [row for r in reports for row in _rows(r)]}
        say_json(facts)
    else:
        _summarise(reports)
        if all_models:
            _tell_left_out()
    if failed:
        raise typer.Exit(1)


def _rows(report: Report) -> Iterator[dict[str, Any]]:
    for outcome in report.outcomes:
        yield {"model": report.label, "path": str(report.path), **asdict(outcome)}


def _show(report: Report) -> None:
    from suite.loading import shown

    for outcome in report.outcomes:
        if outcome.status == "failed":
            where = f"{shown(report.path)}:{outcome.line}"
            say(f"{where}: {outcome.rule}: {report.label}: {outcome.message}")
            say(f"    {outcome.remedy}")
        elif outcome.status == "excepted":
            say(f"{report.label}: {outcome.rule}: known exception: {outcome.message}")
    say(f"{report.label}: {_counts([outcome.status for outcome in report.outcomes])}")


def _counts(statuses: list[str]) -> str:
    return ", ".join(f"{number} {status}" for status, number in Counter(statuses).items())


def _summarise(reports: list[Report]) -> None:
    bad = [report.label for report in reports if report.failed]
    checked = len({report.path for report in reports})
    files = f"{checked} {'file' if checked == 1 else 'files'}"
    say(f"{files} checked: {_counts([o.status for r in reports for o in r.outcomes])}")
    if bad:
        say(f"not all rules are kept by: {', '.join(dict.fromkeys(bad))}", err=True)


def _tell_left_out() -> None:
    from suite.registry import discover

    for model in discover().models.values():
        if model.missing:
            say(f"left out: {model.name}, not installed: {model.install_hint}", err=True)
