from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from suite.records.arrays import RunArrays
from suite.records.record import Count, DatasetFacts, Environment, Record, RunError, make_record


@pytest.fixture
def make_run() -> Callable[..., tuple[Record, RunArrays | None]]:
    """Makes a record with its arrays; a `status` other than "ok" makes one without."""

    def make(**changes: Any) -> tuple[Record, RunArrays | None]:
        status = changes.get("status", "ok")
        arrays = None
        content: dict[str, Any] = {
            "model": "svm",
            "variant": "",
            "parameters": {"C": 10.0, "max_depth": None},
            "source_hash": "a" * 64,
            "dataset": DatasetFacts(name="digits", sums={"train": "b" * 64}),
            "protocol": "holdout",
            "preset": "smoke",
            "split_hash": "c" * 64,
            "train_images": 100,
            "seed": 0,
            "threads": 1,
            "status": status,
            "environment": Environment(
                processor="P", cores=2, memory_mib=8, system="S", python="3.11", packages={}
            ),
            "started_at": "2026-01-01T00:00:00+00:00",
        }
        if status == "ok":
            arrays = RunArrays(
                predictions=np.arange(10, dtype=np.uint8),
                confidence=np.full(10, 65_535, dtype=np.uint16),
                validation_predictions=np.zeros(3, dtype=np.uint8),
            )
            content |= {
                "fit_wall_seconds": 0.1,
                "parameter_count": Count(total=5, trainable=3),
                "history": ({"epoch": 1, "loss": 0.5},),
                "arrays_sha256": arrays.sha256(),
            }
        else:
            content["error"] = RunError(type="ValueError", message="no <b> 'x'\n\x00")
        return make_record(**(content | changes)), arrays

    return make
