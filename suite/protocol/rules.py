"""Protocols and presets: what is trained on, for how long, and how often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from suite.contract import Params
from suite.errors import UsageError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How a dataset is divided and what is scored.

    Attributes:
        name: As on the command line and in the paths of records.
        summary: One sentence for people.
        validates: Whether a part of the training images is set aside for validation.
        folds: Number of folds, each a run of its own; 0 where the official test set is scored.
    """

    name: str
    summary: str
    validates: bool
    folds: int = 0


@dataclass(frozen=True, kw_only=True)
class Preset:
    """How much of a full training is done.

    Attributes:
        name: As on the command line and in the paths of records.
        max_images: Upper limit of training images (validation: a quarter of it); None for all.
        max_epochs: Upper limit of the parameter `epochs`; None for none.
        seeds: How many seeds are run unless told otherwise.
        publishable: Whether its records may stand on a published leaderboard.
        size: The training images that another preset was reduced to (`reduced`); None for the
            presets themselves.
    """

    name: str
    max_images: int | None
    max_epochs: int | None
    seeds: int
    publishable: bool
    size: int | None = None

    @property
    def plain(self) -> str:
        """Name of the preset that it was made of by `reduced`, or else its own."""
        return split_preset(self.name)[0]


_REDUCED = re.compile(r"(.+)-n([1-9][0-9]{0,8})", re.ASCII)

PROTOCOLS: dict[str, Protocol] = {
    p.name: p
    for p in (
        Protocol(
            name="holdout",
            summary="trained on a stratified 80 % of the training images, drawn anew for each "
            "seed; the other 20 % validate; scored once, at the end, on the official test images",
            validates=True,
        ),
        Protocol(
            name="full",
            summary="trained on all training images in an order shuffled by the seed, without "
            "validation; scored once, at the end, on the official test images",
            validates=False,
        ),
        Protocol(
            name="kfold",
            summary="5 stratified folds of the training images for each seed; each fold is scored "
            "by a model trained on the other four; the official test images are not touched",
            validates=False,
            folds=5,
        ),
    )
}

PRESETS: dict[str, Preset] = {
    p.name: p
    for p in (
        Preset(name="smoke", max_images=1_000, max_epochs=1, seeds=1, publishable=False),
        Preset(name="quick", max_images=6_000, max_epochs=3, seeds=3, publishable=False),
        Preset(name="standard", max_images=None, max_epochs=12, seeds=5, publishable=True),
        Preset(name="paper", max_images=None, max_epochs=None, seeds=5, publishable=True),
    )
}

# What `suite run` does unless told otherwise, and what all models are meant to be compared under.
DEFAULT_PROTOCOL = "holdout"
DEFAULT_PRESET = "standard"


def protocol_named(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        UsageError: There is none.
    """
    if name not in PROTOCOLS:
        raise UsageError(f"unknown protocol {name[:80]!r}.{did_you_mean(name, PROTOCOLS)}")
    return PROTOCOLS[name]


def preset_named(name: str) -> Preset:
    """The preset of that name: "quick", or "quick-n600" for one that is reduced to 600 images.

    Raises:
        UsageError: There is none.
    """
    preset = find_preset(name)
    if preset is None:
        raise UsageError(f"unknown preset {name[:80]!r}.{did_you_mean(name, PRESETS)}")
    return preset


def find_preset(name: str) -> Preset | None:
    """As `preset_named`, for names out of records; None for one that is not known."""
    plain, size = split_preset(name)
    preset = PRESETS.get(plain)
    return preset if preset is None or size is None else reduced(preset, size)


def split_preset(name: str) -> tuple[str, int | None]:
    """The parts of a preset's name: "standard-n600" is ("standard", 600)."""
    match = _REDUCED.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, None)


def reduced(preset: Preset, size: int) -> Preset:
    """A preset of fewer training images, and otherwise the same epochs and parameters.

    Its name is a table's name of its own, so that no run on fewer images stands among others.

    Args:
        preset: The preset; not a reduced one.
        size: Upper limit of training images.
    """
    return replace(
        preset,
        name=f"{preset.name}-n{size}",
        max_images=size,
        publishable=False,
        size=size,
    )


def preset_changes(
    params: Params, preset: Preset, overrides: Mapping[str, Params]
) -> dict[str, Any]:
    """What a preset changes in resolved parameters.

    Args:
        params: The resolved parameters.
        preset: The preset.
        overrides: The plugin's `presets`: an integer there is an upper limit for an integer,
            anything else replaces the value.

    Returns:
        Only the parameters whose value differs, with the value that the run uses.
    """
    changes: dict[str, Any] = {}
    for name, value in overrides.get(preset.plain, {}).items():
        changes[name] = _lower(params[name], value)
    if preset.max_epochs is not None and "epochs" in params:
        changes["epochs"] = _lower(changes.get("epochs", params["epochs"]), preset.max_epochs)
    return {name: value for name, value in changes.items() if value != params[name]}


def _lower(value: Any, limit: Any) -> Any:
    numbers = all(isinstance(v, int) and not isinstance(v, bool) for v in (value, limit))
    return min(value, limit) if numbers else limit
