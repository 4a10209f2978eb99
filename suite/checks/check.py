"""Checks plugins: finds them, tries them in processes of their own, and judges by all rules."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

import numpy as np

from suite.checks.evidence import Breach, FileEvidence, NotCheckedError, RunEvidence, Step
from suite.checks.isolated import Ground, Trials
from suite.checks.known import KnownException, known_exceptions
from suite.checks.rules import FILE_RULES, RUN_RULES, Evidence, Rule
from suite.checks.run_rules import needs_longer
from suite.checks.targets import Target, find_targets
from suite.checks.trial import ESSENTIAL, LARGEST_SEED
from suite.data.datasets import load
from suite.errors import UsageError
from suite.loading import shown
from suite.protocol.rules import PRESETS, PROTOCOLS
from suite.protocol.seeds import model_seed
from suite.protocol.splits import make_split
from suite.records.machine import usable_cores
from suite.runner.plan import Job, make_plan
from suite.selection import Selection
from suite.source_hash import FAMILY_PACKAGES

DATASET, SEED = "digits", 0
TIMEOUT_SECONDS = 300.0
# What networks that learn slowly get where an epoch on small digits leaves them at chance.
LONGER_EPOCHS = 12
_LEAVE_ALONE = "A plugin has to leave the pipes of its process alone."
_FIRST = (*ESSENTIAL, "probabilities", "count", "alone", "order", "builds", "presets", "left")
_AGAIN = (*ESSENTIAL, "probabilities", "count")
_OTHER = (*ESSENTIAL, "probabilities", "threads")

Status = Literal["passed", "failed", "excepted", "not checked"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one rule.

    Attributes:
        rule: Its name.
        status: "excepted" is a known exception: a model of the project that need not keep it.
        message: What was found, why it is excepted, or why it could not be checked.
        line: The line of the plugin file that it is about.
        remedy: What to do about it; empty unless it failed.
    """

    rule: str
    status: Status
    message: str = ""
    line: int = 1
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of the rules about a file, or of those about a model with its parameters.

    Attributes:
        model: The model's name.
        label: The model with its parameters; the model's name in the report about its file.
        path: The plugin file.
        outcomes: One a rule.
    """

    model: str
    label: str
    path: Path
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The rules that are not kept."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == "failed")


def check(
    models: Sequence[str] = (),
    *,
    lanes: int | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> Generator[Report, None, None]:
    """Check models.

    Args:
        models: Models as `suite.grammar` has them; none means all that are installed.
        lanes: How many are tried side by side; None for as many as there are cores.
        timeout: Limit of each process in seconds.

    Yields:
        A report for each file, and one for each of its models with parameters.

    Raises:
        UsageError: A name is unknown, or its libraries are not installed.
        PluginError: There is no such file.
        RunnerError: No process can be started.
    """
    lanes = len(usable_cores()) if lanes is None else lanes
    if lanes < 1:
        raise UsageError(f"--jobs {lanes}: expected 1 or more")
    ground = _ground(1, timeout)
    importer = Trials(ground, ())
    try:
        targets = find_targets(models, importer.imported)
    finally:
        importer.close()
    lanes = max(min(lanes, sum(len(target.selections) for target in targets)), 1)
    ground = replace(ground, lanes=lanes)
    jobs = {id(s): _job(s, ground) for target in targets for s in target.selections}
    trials = Trials(ground, tuple(jobs.values()))
    free: SimpleQueue[int] = SimpleQueue()
    for lane in range(lanes):
        free.put(lane)

    def tried(target: Target, selection: Selection) -> Report:
        lane = free.get()
        try:
            return _check_run(trials, lane, target, selection, jobs[id(selection)], ground)
        finally:
            free.put(lane)

    pool = ThreadPoolExecutor(max_workers=lanes)
    try:
        reports: list[Future[Report]] = []
        for target in targets:
            reports.append(pool.submit(_check_file, trials, target))
            reports += [pool.submit(tried, target, chosen) for chosen in target.selections]
        for report in reports:
            yield report.result()
    finally:
        trials.stop()
        pool.shutdown(cancel_futures=True)
        trials.close()


def _ground(lanes: int, timeout: float) -> Ground:
    dataset = load(DATASET)
    labels, tested = dataset.labels("train"), len(dataset.labels("test"))
    split = make_split(labels, tested, PROTOCOLS["holdout"], PRESETS["smoke"], SEED)
    return Ground(dataset=dataset, split=split, timeout=timeout, lanes=lanes)


def _job(selection: Selection, ground: Ground) -> Job:
    presets, protocol = {DATASET: [PRESETS["smoke"]]}, PROTOCOLS["holdout"]
    plan = make_plan([selection], presets, protocol, (SEED,), split_of=lambda key: ground.split)
    return plan.jobs[0]


def _check_file(trials: Trials, target: Target) -> Report:
    imported = target.imported or trials.imported(target.path, target.module)
    evidence = FileEvidence(
        path=target.path,
        module=target.module,
        imported=imported,
        plugin=target.plugin if imported.ok else None,
    )
    return Report(
        model=target.name,
        label=target.name,
        path=target.path,
        outcomes=tuple(_outcomes(FILE_RULES, evidence, evidence, _exceptions(target, None))),
    )


def _check_run(
    trials: Trials, lane: int, target: Target, selection: Selection, job: Job, ground: Ground
) -> Report:
    exceptions = _exceptions(target, selection)
    evidence = _tried(trials, lane, selection, job, ground, set(exceptions))
    file = FileEvidence(
        path=target.path, module=target.module, imported=Step(status="ok"), plugin=target.plugin
    )
    return Report(
        model=target.name,
        label=selection.label,
        path=target.path,
        outcomes=tuple(_outcomes(RUN_RULES, evidence, file, exceptions)),
    )


def _exceptions(target: Target, selection: Selection | None) -> dict[str, KnownException]:
    """Only models of the project have exceptions."""
    if (target.module or "").partition(".")[0] not in FAMILY_PACKAGES or selection is None:
        return {}
    return known_exceptions(target.name, selection.variant)


def _tried(
    trials: Trials,
    lane: int,
    selection: Selection,
    job: Job,
    ground: Ground,
    excepted: set[str],
) -> RunEvidence:
    seed = model_seed(SEED, None)
    evidence = RunEvidence(
        plugin=selection.model.plugin,
        threads=job.threads,
        first=trials.tried(lane, job, _FIRST, seed=seed),
        labels=np.asarray(ground.dataset.labels("test"))[ground.split.test],
        train_labels=np.asarray(ground.dataset.labels("train"))[ground.split.train],
    )
    if any(name not in evidence.first or not evidence.first[name].ok for name in ESSENTIAL):
        return evidence
    evidence = replace(
        evidence,
        again=trials.tried(lane, job, _AGAIN, seed=seed, global_seed=1),
        other=trials.tried(lane, job, _OTHER, seed=LARGEST_SEED),
    )
    epochs = min(selection.params.get("epochs", 0), LONGER_EPOCHS)
    if epochs and "beats_chance" not in excepted and needs_longer(evidence):
        changes = {"epochs": epochs}
        longer = trials.tried(lane, job, ESSENTIAL, seed=seed, changes=changes)
        evidence = replace(evidence, longer=longer, epochs=epochs)
    return evidence


def _outcomes(
    rules: Sequence[Rule[Evidence]],
    evidence: Evidence,
    file: FileEvidence,
    exceptions: Mapping[str, KnownException],
) -> Iterator[Outcome]:
    for rule in rules:
        exception = exceptions.get(rule.id)
        try:
            breach = rule.check(evidence)
        except NotCheckedError as why:
            yield Outcome(rule=rule.id, status="not checked", message=str(why))
            continue
        except Exception as odd:  # the process of a plugin told what none of ours tells
            breach = Breach(f"its process told what can't be understood ({type(odd).__name__}: "
                            f"{odd})", remedy=_LEAVE_ALONE)  # fmt: skip
        if breach and exception:
            yield Outcome(rule=rule.id, status="excepted", message=exception.reason)
        elif breach:
            line = file.line(breach.place)
            remedy = breach.remedy or rule.remedy.replace("FILE", shlex.quote(shown(file.path)))
            yield Outcome(rule=rule.id, status="failed", message=breach.message, line=line,
                          remedy=remedy)  # fmt: skip
        elif exception:
            yield Outcome(
                rule=rule.id, status="failed",
                message=f"it keeps the rule, but is a known exception ({exception.reason})",
                remedy="Take the exception out of suite/checks/known.py.",
            )  # fmt: skip
        else:
            yield Outcome(rule=rule.id, status="passed")
