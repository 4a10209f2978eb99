"""Rules about what a model does. The first line of each docstring is what the rule asks."""

from __future__ import annotations

import math

import numpy as np

from suite.checks.evidence import (
    Breach,
    NotCheckedError,
    Place,
    RunEvidence,
    Step,
    Steps,
    done,
)

# Above the threads allowed: the system's own threads and handing over from one to another.
THREADS_ABOVE = 0.25
# Standard deviations of a guesser's accuracy: one in a thousand guessers does better (normal
# approximation of the binomial distribution).
ABOVE_CHANCE = 3.09
# How much less probable than the most probable class a predicted class may be: float32 rounding.
ROUNDING = 1e-6


def builds(run: RunEvidence) -> Breach | None:
    """`build` returns a classifier for each seed and for the parameters of each preset."""
    for steps in (run.first, run.again, run.other, run.longer):
        for name in ("build", "presets"):
            breach = _failure(steps, name, "build")
            if breach:
                return breach
    done(run.first, "build")
    return None


def runs(run: RunEvidence) -> Breach | None:
    """It is fitted and predicts, without an error, and within the time limit."""
    for steps in (run.first, run.again, run.other, run.longer):
        for name in ("fit", "predict"):
            step = steps.get(name)
            if step is None or step.ok or step.status == "invalid" or _is_write(step):
                continue
            return Breach(f"in {name}: {step.message}", step.line or _place(name))
    done(run.first, "fit")
    return None


def epochs(run: RunEvidence) -> Breach | None:
    """It tells `on_epoch` of each epoch once, in order, with accuracies as fractions of 1."""
    for steps in (run.first, run.again, run.other, run.longer):
        step = steps.get("fit")
        if step and step.status == "invalid":
            return Breach(step.message, step.line or "fit")
    done(run.first, "fit")
    return None


def read_only_input(run: RunEvidence) -> Breach | None:
    """It accepts arrays that can't be written to, and leaves them as they are."""
    for name in ("fit", "predict"):
        step = run.first.get(name)
        if step and _is_write(step):
            return Breach(f"in {name}: {step.message}", step.line or _place(name))
        if step and step.facts.get("changed"):
            return Breach(f"{name} changed {', '.join(step.facts['changed'])}", _place(name))
    done(run.first, "fit")
    return None


def predictions(run: RunEvidence) -> Breach | None:
    """`predict` returns a class number, an integer from 0 to 9, for each image."""
    for name in ("predict", "alone", "order"):
        step = run.first.get(name)
        if step and step.status == "invalid":
            return Breach(step.message, "predict")
    done(run.first, "predict")
    return None


def probabilities(run: RunEvidence) -> Breach | None:
    """`predict_proba`, if there is one, gives rows that sum to one and agree with `predict`."""
    breach = _failure(run.first, "probabilities", "predict_proba")
    if breach:
        return breach
    given = done(run.first, "probabilities").arrays.get("probabilities")
    if given is None:
        raise NotCheckedError("it has no predict_proba")
    chosen = done(run.first, "predict").arrays["predictions"]
    of_chosen = given[np.arange(len(given)), chosen]
    off = int((of_chosen < given.max(axis=1) - ROUNDING).sum())
    if off:
        return Breach(f"for {off} of {len(given)} images predict names another class than the "
                      "most probable one", "predict_proba")  # fmt: skip
    return None


def same_seed(run: RunEvidence) -> Breach | None:
    """The same seed gives the same predictions in another process, to the bit."""
    differing = _differing(run.first, run.again)
    if differing:
        return Breach(f"two runs with the same seed differ on {differing} of "
                      f"{len(run.labels)} images", "build")  # fmt: skip
    return None


def random(run: RunEvidence) -> Breach | None:
    """Another seed gives another model where `random` is true, and the same where it is not."""
    if _differing(run.first, run.again):
        raise NotCheckedError("the same seed gives different models")
    differing = _differing(run.first, run.other)
    if run.plugin.random and not differing:
        return Breach("random is True, but two seeds give the same model", "build")
    if not run.plugin.random and differing:
        return Breach(f"random is False, but two seeds differ on {differing} of "
                      f"{len(run.labels)} images", "build")  # fmt: skip
    return None


def shares_nothing(run: RunEvidence) -> Breach | None:
    """Models that are built in one process share nothing, whichever is fitted last."""
    breach = _failure(run.first, "builds", "build")
    if breach:
        return breach
    step = done(run.first, "builds")
    if step.facts.get("unfit"):
        raise NotCheckedError(f"it can't be fitted under other labels: {step.facts['unfit']}")
    if step.facts["objects"] < 3:
        return Breach("build returned one object twice", "build")
    if not np.array_equal(step.arrays["before"], step.arrays["after"]):
        return Breach("a model predicts otherwise after another one was fitted", "build")
    if _differing(run.first, run.again):
        raise NotCheckedError("the same seed gives different models")
    if not np.array_equal(step.arrays["second"], step.arrays["third"]):
        return Breach("two models built and fitted alike, one after the other, predict otherwise",
                      "build")  # fmt: skip
    return None


def one_image(run: RunEvidence) -> Breach | None:
    """One image by itself is predicted as in a batch."""
    breach = _failure(run.first, "alone", "predict", invalid=False)
    if breach:
        return breach
    step, batch = done(run.first, "alone"), done(run.first, "predict").arrays["predictions"]
    chosen = step.arrays["chosen"]
    off = int((batch[chosen] != step.arrays["predictions"]).sum())
    if off:
        return Breach(f"{off} of {len(chosen)} images are predicted otherwise alone than in a "
                      f"batch of {len(batch)}", "predict")  # fmt: skip
    return None


def order(run: RunEvidence) -> Breach | None:
    """The order of the test images does not matter."""
    breach = _failure(run.first, "order", "predict", invalid=False)
    if breach:
        return breach
    step, batch = done(run.first, "order"), done(run.first, "predict").arrays["predictions"]
    off = int((batch[step.arrays["order"]] != step.arrays["predictions"]).sum())
    if off:
        return Breach(f"{off} of {len(batch)} images are predicted otherwise when the images "
                      "come in another order", "predict")  # fmt: skip
    return None


def beats_chance(run: RunEvidence) -> Breach | None:
    """Trained on small digits, it is right more often than a guesser."""
    needed, accuracy = _above_chance(run), _accuracy(run, run.first)
    told = f"{accuracy:.1%} of {len(run.labels)} images are right after {len(run.train_labels):,}"
    if accuracy <= needed and run.longer:
        accuracy = _accuracy(run, run.longer)
        told += f", and {accuracy:.1%} after {run.epochs} epochs of them"
    if accuracy > needed:
        return None
    return Breach(f"{told}; expected more than {needed:.1%}, which guessing hardly reaches",
                  "build")  # fmt: skip


def needs_longer(run: RunEvidence) -> bool:
    """Whether the first trial is no better than a guesser."""
    return _accuracy(run, run.first) <= _above_chance(run)


def _accuracy(run: RunEvidence, steps: Steps) -> float:
    return float((done(steps, "predict").arrays["predictions"] == run.labels).mean())


def _above_chance(run: RunEvidence) -> float:
    """The accuracy that a guesser hardly reaches, who always names the most frequent class."""
    counts = (np.bincount(labels, minlength=10) for labels in (run.train_labels, run.labels))
    chance = max(float(count.max() / count.sum()) for count in counts)
    return chance + ABOVE_CHANCE * math.sqrt(chance * (1 - chance) / len(run.labels))


def threads(run: RunEvidence) -> Breach | None:
    """It computes with no more threads than `build` was told."""
    breach = _failure(run.other, "threads", "build")
    if breach:
        return breach
    runnable = done(run.other, "threads").facts["runnable"]
    if runnable is None:
        raise NotCheckedError("this system does not tell which threads are busy")
    if runnable > run.threads + THREADS_ABOVE:
        return Breach(f"{runnable:.1f} threads are busy on average, {run.threads} allowed",
                      "build")  # fmt: skip
    return None


def leaves_no_process(run: RunEvidence) -> Breach | None:
    """No process that it started is there when it has predicted."""
    left = done(run.first, "left").facts["processes"]
    if left is None:
        raise NotCheckedError("the processes below this one can't be listed here")
    return Breach(f"it leaves {', '.join(left[:5])}", "fit") if left else None


def leaves_no_file(run: RunEvidence) -> Breach | None:
    """No file that it wrote is there when it has predicted."""
    left = done(run.first, "left").facts["files"]
    return Breach(f"it leaves {', '.join(left[:5])}", "fit") if left else None


def reads_no_data(run: RunEvidence) -> Breach | None:
    """It opens no data, no records, and nothing of another run: what it learns from it is given."""
    for steps in (run.first, run.again, run.other, run.longer):
        for name, step in steps.items():
            for read in step.facts.get("reads", ()):
                place = "build" if name == "build" else _place(name)
                return Breach(f"in {name} it opens {read['path']} ({read['what']}), which is "
                              "closed to models", read["line"] or place)  # fmt: skip
    done(run.first, "predict")
    return None


def quiet(run: RunEvidence) -> Breach | None:
    """It prints nothing: progress goes to `on_epoch`."""
    heard = done(run.first, "left").facts["printed"]
    if heard["characters"]:
        return Breach(f"it printed {heard['characters']:,} characters, which begin "
                      f"{heard['beginning'][:60]!r}", "fit")  # fmt: skip
    return None


def parameters(run: RunEvidence) -> Breach | None:
    """`parameters` counts the numbers that the fitted model has."""
    breach = _failure(run.first, "count", "parameters") or _failure(
        run.again, "count", "parameters"
    )
    if breach:
        return breach
    facts = done(run.first, "count").facts
    total, trainable, known = facts["total"], facts["trainable"], facts["known"]
    if total < 1:
        return Breach(f"parameters is {total}, expected 1 or more", "parameters")
    if trainable is not None and trainable > total:
        return Breach(f"parameters has {trainable:,} trainable of {total:,} numbers", "parameters")
    if known and (total < known["total"] or (known["exact"] and total != known["total"])):
        return Breach(f"parameters is {total:,}, but {known['how']} gives {known['total']:,}",
                      "parameters")  # fmt: skip
    if known and known["trainable"] not in {None, total if trainable is None else trainable}:
        return Breach(f"parameters has {trainable or total:,} trainable numbers, the network has "
                      f"{known['trainable']:,}", "parameters")  # fmt: skip
    stored = facts["stored_bytes"]
    if stored is not None and total > stored:
        return Breach(f"parameters is {total:,}, but the whole fitted model is stored in "
                      f"{stored:,} bytes", "parameters")  # fmt: skip
    if _differing(run.first, run.again):
        raise NotCheckedError("the same seed gives different models")
    other = done(run.again, "count").facts["total"]
    if other != total:
        return Breach(f"parameters is {total:,} and then {other:,} for the same model",
                      "parameters")  # fmt: skip
    return None


def averaged_weights(run: RunEvidence) -> Breach | None:
    """If its optimiser averages the weights (`use_ema` of Keras), it predicts with the average."""
    if done(run.first, "count").facts["ignores_averages"]:
        return Breach("its optimiser has use_ema=True, but it predicts with other weights than "
                      "their moving average", "build")  # fmt: skip
    return None


def _failure(steps: Steps, name: str, place: Place, *, invalid: bool = True) -> Breach | None:
    """A step that a rule is about, and that did not end well; `invalid` answers among them."""
    step = steps.get(name)
    if step is None or step.ok or (step.status == "invalid" and not invalid):
        return None
    return Breach(step.message, step.line or place)


def _is_write(step: Step) -> bool:
    """Whether it failed because NumPy or Cython refused to write to an array."""
    return step.status == "failed" and "read-only" in step.message


def _place(name: str) -> Place:
    return "fit" if name == "fit" else "predict"


def _differing(one: Steps, two: Steps) -> int:
    """Images on which two models differ, by their probabilities where both gave some."""
    given = [steps["probabilities"].arrays.get("probabilities") for steps in (one, two)
             if "probabilities" in steps]  # fmt: skip
    if len(given) == 2 and given[0] is not None and given[1] is not None:
        return int((given[0] != given[1]).any(axis=1).sum())
    first, second = (done(steps, "predict").arrays["predictions"] for steps in (one, two))
    return int((first != second).sum())
