"""Learning rates by the step, as Keras's optimisers take them, for a training of known length."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cnn._backend import load_keras


def by_step(rate: Callable[[Any], Any], name: str) -> Any:
    """A Keras learning-rate schedule out of a function of the step.

    Args:
        rate: Float32 tensor of the step, from 0, to the learning rate, in `keras.ops`.
        name: What the schedule is called.
    """
    keras = load_keras()

    class Schedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc, name-defined]
        def __call__(self, step: Any) -> Any:
            return rate(keras.ops.cast(step, "float32"))

        def get_config(self) -> dict[str, str]:
            return {"name": name}

    return Schedule()


def linear(peak: float, steps: int, *, warmup: float = 0.0) -> Any:
    """Rises linearly from 0 to the peak, then falls linearly to 0; taken in the middle of a step.

    Args:
        peak: Highest learning rate.
        steps: Steps of the whole training.
        warmup: Share of the steps in which it rises.
    """
    ops = load_keras().ops

    def rate(step: Any) -> Any:
        done = (step + 0.5) / steps
        falling = ops.maximum(1 - done, 0.0) / (1 - warmup)
        return peak * (ops.minimum(done / warmup, falling) if warmup else falling)

    return by_step(rate, "linear")


def cosine(peak: float, steps: int, *, warmup: float = 0.0) -> Any:
    """Rises linearly from 0 to the peak, then falls to 0 as half a cosine; mid-step as `linear`.

    Args:
        peak: Highest learning rate.
        steps: Steps of the whole training.
        warmup: Share of the steps in which it rises.
    """
    return _by_parts(peak, steps, warmup, start=0.0, end=0.0, rise=lambda share: share)


def one_cycle(
    peak: float, steps: int, *, warmup: float = 0.25, start: float = 1 / 25, end: float = 1e-5 / 25
) -> Any:
    """Rises and falls as half cosines: the one-cycle policy, with the defaults of fastai.

    Args:
        peak: Highest learning rate.
        steps: Steps of the whole training.
        warmup: Share of the steps in which it rises.
        start: First learning rate, as a fraction of the peak.
        end: Last learning rate, as a fraction of the peak.
    """
    ops = load_keras().ops
    return _by_parts(
        peak, steps, warmup, start, end, rise=lambda share: (1 - ops.cos(math.pi * share)) / 2
    )


def _by_parts(
    peak: float,
    steps: int,
    warmup: float,
    start: float,
    end: float,
    rise: Callable[[Any], Any],
) -> Any:
    """A schedule that rises from `start` to the peak and falls to `end` as half a cosine."""
    ops = load_keras().ops

    def rate(step: Any) -> Any:
        done = (step + 0.5) / steps
        rising = start + (1 - start) * rise(ops.minimum(done / warmup, 1.0)) if warmup else 1.0
        share = ops.clip((done - warmup) / (1 - warmup), 0.0, 1.0)
        falling = end + (1 - end) * (1 + ops.cos(math.pi * share)) / 2
        return peak * ops.where(done < warmup, rising, falling)

    return by_step(rate, "cosine")
