"""Gradient boosting by LightGBM."""

from __future__ import annotations

import re
from typing import Any

from baselines._helpers import tree_numbers
from suite.contract import Params, Plugin, Source


def build(*, seed: int, threads: int, **params: Any) -> Any:
    """An `LGBMClassifier` that repeats to the bit: one layout of histograms, none tried out.

    Params:
        n_estimators: Rounds; each adds a tree a class.
        learning_rate: Weight of each tree.
        num_leaves: Most leaves of a tree.
        max_bin: Steps that grey values are rounded to.
        colsample_bytree: Part of the pixels that each tree may use.
    """
    from lightgbm import LGBMClassifier

    return LGBMClassifier(
        deterministic=True,
        force_col_wise=True,
        random_state=seed % 2**31,  # LightGBM takes 31 bits
        n_jobs=threads,
        verbosity=-1,
        **params,
    )


def parameters(fitted: Any) -> int:
    """A split's feature, threshold and two children; a leaf's value."""
    leaves = [int(n) for n in re.findall(r"\nnum_leaves=(\d+)", fitted.booster_.model_to_string())]
    return tree_numbers(sum(leaves) - len(leaves), sum(leaves), values=1)


def cost(images: int, params: Params) -> float:
    """Processor seconds: binning, then rounds whose time goes with the share of pixels."""
    a_round = (0.33 + 8e-5 * images) * params["colsample_bytree"]
    return float(9e-5 * images + params["n_estimators"] * a_round)


PLUGIN = Plugin(
    title="LightGBM",
    family="classic",
    view="flat",
    build=build,
    params={
        "n_estimators": 100, "learning_rate": 0.1, "num_leaves": 31, "max_bin": 63,
        "colsample_bytree": 0.3,
    },
    presets={
        "smoke": {"n_estimators": 5, "max_bin": 31},
        "quick": {"n_estimators": 10, "max_bin": 31},
    },
    parameters=parameters,
    cost_hint=cost,
    requires=("lightgbm",),
    source=Source(
        name="LightGBM",
        url="https://lightgbm.readthedocs.io/en/stable/pythonapi/lightgbm.LGBMClassifier.html",
        changed="its defaults, but 63 bins and 3 of 10 pixels a tree, for speed; no result is "
        "published for them",
    ),
)  # fmt: skip
