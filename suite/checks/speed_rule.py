"""The rule about time, which has to be fair on a machine that others use as well."""

from __future__ import annotations

from suite.checks.evidence import Breach, NotCheckedError, RunEvidence, Step, Steps, done

SMOKE_SECONDS = 10.0
# A trial shared its core with other programs if it waited for it for more of its time than this.
WAITED = 0.2
# Work takes more processor time then, too: 0.99 to 1.57 times that of the records in 6 fits of 3
# models (2-core Intel Xeon, Sapphire Rapids, at a load of 8).
SLOWED = 2.0


def fast_smoke(run: RunEvidence) -> Breach | None:
    """Under the preset smoke it is fitted and predicts in less than 10 s, besides imports."""
    done(run.first, "predict")
    others = [steps for steps in (run.again, run.other) if "predict" in steps]
    trials = [run.first, *(steps for steps in others if steps["predict"].ok)]
    seconds = min(sum(map(_own_seconds, _steps(trial))) for trial in trials)
    if seconds <= SMOKE_SECONDS:
        return None
    told = f"{len(run.train_labels):,} images take {seconds:.1f} s"
    if seconds <= SLOWED * SMOKE_SECONDS and all(map(_waited, trials)):
        raise NotCheckedError(f"{told}, but other programs used the core; check it by itself")
    return Breach(f"{told}, expected less than {SMOKE_SECONDS:g}")


def _steps(trial: Steps) -> tuple[Step, Step]:
    return done(trial, "fit"), done(trial, "predict")


def _own_seconds(step: Step) -> float:
    """The time that a step would take if its core were always free."""
    wall, cpu, idle = (float(step.facts[n]) for n in ("wall_seconds", "cpu_seconds", "idle"))
    return min(wall, cpu + idle * wall) if step.facts["runnable"] is not None else wall


def _waited(trial: Steps) -> bool:
    wall = sum(float(step.facts["wall_seconds"]) for step in _steps(trial))
    return wall > 0 and 1 - sum(map(_own_seconds, _steps(trial))) / wall > WAITED
