"""All rules, each with what a contributor has to do where it is not kept."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from suite.checks import file_rules as f
from suite.checks import run_rules as r
from suite.checks.evidence import Breach, FileEvidence, RunEvidence
from suite.checks.speed_rule import fast_smoke

Evidence = TypeVar("Evidence", FileEvidence, RunEvidence)


@dataclass(frozen=True)
class Rule(Generic[Evidence]):
    """A rule for plugins.

    Attributes:
        check: Judges the evidence; raises `NotCheckedError` where it does not suffice.
        remedy: What to do where the rule is not kept.
    """

    check: Callable[[Evidence], Breach | None]
    remedy: str

    @property
    def id(self) -> str:
        """The rule's name."""
        return self.check.__name__

    @property
    def sentence(self) -> str:
        """What the rule asks."""
        return inspect.cleandoc(self.check.__doc__ or "").partition("\n")[0]


FILE_RULES: tuple[Rule[FileEvidence], ...] = (
    Rule(f.loads, "Run `python FILE` to see the whole error."),
    Rule(f.fields, "`suite/contract.py` says what each field of Plugin holds."),
    Rule(f.binds, "Write `def build(*, seed, threads, <names in params>)`."),
    Rule(f.source, 'Write `source=Source(name="paper, repository or library", url="https://…")`.'),
    Rule(f.docstrings, "Write a sentence there."),
    Rule(f.imports, "Leave data, splits, seeds and scores to the suite, and copy what is small."),
    Rule(f.light_import, "Do it inside `build` or `fit`; import libraries there, too."),
    Rule(f.hides_no_answers, "Have the model learn it from the images that `fit` gets."),
)

RUN_RULES: tuple[Rule[RunEvidence], ...] = (
    Rule(r.builds, "Mend that line; return an object with fit and predict, whatever the preset."),
    Rule(r.runs, "X is float32 in [0, 1], of the shape that `view` says, y uint8 from 0 to 9."),
    Rule(r.epochs, "Call context.on_epoch(epoch, epochs, metrics) after each; percent / 100."),
    Rule(r.read_only_input, "Copy what you change: X = X.copy()."),
    Rule(r.predictions, "Return one class number for each image, such as scores.argmax(axis=1)."),
    Rule(r.probabilities, "Make both from the same scores, or leave predict_proba out."),
    Rule(r.same_seed, "Pass `seed` to all that draws random numbers, and let no clock decide."),
    Rule(r.random, "Pass `seed` to all that draws random numbers, or say random=False."),
    Rule(r.shares_nothing, "Make all state in `build` or `fit`, and a generator of its own there."),
    Rule(r.one_image, "Use statistics of the training images, never of the images to predict."),
    Rule(r.order, "Predict each image from its own pixels alone."),
    Rule(r.beats_chance, "Look for mixed-up classes or pixels, and for `presets` that are low."),
    Rule(r.threads, "Pass `threads` to the library: n_jobs=threads, num_threads=threads."),
    Rule(r.leaves_no_process, "Join or close pools and child processes in `fit`."),
    Rule(r.leaves_no_file, "Write nothing, or inside `with tempfile.TemporaryDirectory()`."),
    Rule(r.reads_no_data, "Use X, y and context alone: `fit` and `predict` get all there is."),
    Rule(r.quiet, "Switch off `verbose`, and tell of epochs through context.on_epoch."),
    Rule(r.parameters, "Count every number that predicting needs; for Keras model.count_params()."),
    Rule(r.averaged_weights, "Average in the plugin and set those weights, or leave use_ema out."),
    Rule(fast_smoke, 'Lower what costs time for it: presets={"smoke": {"n_estimators": 5}}.'),
)  # fmt: skip
