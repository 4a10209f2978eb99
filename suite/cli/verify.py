"""`suite verify MODEL`: do recorded runs again, and compare."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli import options as o
from suite.cli.say import say, say_json
from suite.cli.validate import known_facts
from suite.errors import UsageError
from suite.protocol.rules import preset_named, protocol_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suite.audit.verdict import Verdict
    from suite.audit.verify import Task

_LIMIT = 3


def verify(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="svm (all its records), or 'svm[C=1]'.")
    ],
    dataset: Annotated[
        str | None, typer.Option(help="Only this dataset.", show_default=False)
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Only this protocol.", show_default=False)
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Only this preset.", show_default=False)
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="LIST", help="Only these seeds: 3, or 0,1,2.")
    ] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, help="At most so many runs, the quickest of a seed.")
    ] = _LIMIT,
    timeout: o.Timeout = None,
    results: o.RecordsFolder = Path("results"),
    data_dir: o.DataDir = None,
    require_sandbox: o.RequireSandbox = False,
    as_json: o.AsJson = False,
) -> None:
    """Do recorded runs again and compare them with their records; nothing is stored.

    On the same machine with the same versions and code predictions must be identical, elsewhere the
    accuracy within a tolerance (docs/records.md). Says first how long it will take. Exits with 0 if
    all records are confirmed, 1 if one is not, 2 where there is nothing to verify.

    Examples: suite verify decision_tree; suite verify 'svm[C=1]' --dataset fashion --seeds 0,1.
    """
    from suite.audit.verify import Wanted, choose, estimate, named_models
    from suite.audit.verify import verify as run_again
    from suite.config import parse_duration
    from suite.data.known import info_of
    from suite.progress import duration
    from suite.records.machine import total_memory
    from suite.records.store import scan
    from suite.runner.isolate import MEMORY_SHARE, Limits
    from suite.selection import plugin_files
    from suite.sweep import DEFAULT_TIMEOUT

    o.check_records(results)
    limits = Limits(
        seconds=parse_duration(timeout) if timeout else DEFAULT_TIMEOUT,
        bytes=int(total_memory() * MEMORY_SHARE),
        require_sandbox=require_sandbox,
    )
    for name, check in ((dataset, info_of), (protocol, protocol_named), (preset, preset_named)):
        if name is not None:
            check(name)
    known = known_facts(list(plugin_files([model])), data_dir)
    models, exact = named_models(known.registry, model)
    wanted = Wanted(models=models, exact=exact, dataset=dataset, protocol=protocol, preset=preset,
                    seeds=_seeds(seeds))  # fmt: skip
    found = scan(results, models={*models, *(name for name, _ in exact)})
    tasks, more, damaged = choose(found, wanted, known, limit)
    count = sum(task.job is not None for task in tasks)
    say(
        f"{count} run{'s' * (count != 1)} to do again, about {duration(estimate(tasks))}"
        + (f"; {more} more left out, see --limit" if more else ""),
        err=as_json,
    )
    verdicts = []
    for verdict in run_again(tasks, known, limits):
        verdicts.append(verdict)
        if not as_json:
            _print(verdict)
    if as_json:
        _print_json(tasks, verdicts, more)
    for damage in damaged:
        say(f"damaged: {damage.path}: {damage.reason}", err=True)
    if damaged or not all(verdict.agrees for verdict in verdicts):
        raise typer.Exit(1)


def _seeds(text: str | None) -> tuple[int, ...] | None:
    """Seeds as a list; one number is that seed, where `run` takes it for how many."""
    from suite.config import parse_seeds

    if text is None:
        return None
    if not text.strip():
        raise UsageError("no seed is named; use --seeds 3 or --seeds 0,1,2")
    # What is no number is quoted as it was typed.
    return parse_seeds(f"{text}," if text.strip().isdecimal() else text)


def _print(verdict: Verdict) -> None:
    say(f"{verdict.outcome}: {verdict.path}: {verdict.reason}")
    if verdict.accuracies is not None:
        recorded, now = verdict.accuracies
        say(f"  accuracy recorded {100 * recorded:.2f} %, now {100 * now:.2f} %")
    for name, recorded_as, found in verdict.differences:
        say(f"  {name}: recorded {recorded_as}, now {found}")


def _print_json(tasks: Sequence[Task], verdicts: Sequence[Verdict], more: int) -> None:
    content = {
        "verified": sum(verdict.agrees for verdict in verdicts),
        "chosen": len(tasks),
        "left_out": more,
        "verdicts": [asdict(verdict) for verdict in verdicts],
    }
    say_json(content)
